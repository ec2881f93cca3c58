"""Rows, masks and files of operators on the command line, used as their help describes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.images import ImageSet
from pushforward.studio.__main__ import main
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import discover as discover_formats
from pushforward.studio.formats.registry import importers
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.cli.exported import read_arrays, read_pictures
from tests.cli.terminal import in_a_terminal

discover()
discover_formats()
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    project = tmp_path_factory.mktemp("digits") / "project"
    settings = (
        "training.steps=2", "training.batch=8", "training.particles=8", "training.frames=2",
        "training.evaluate_every=0", "training.evaluate_samples=16", "training.device=cpu",
        "metrics=label-balance", "family.net=mlp", "family.net.width=8",
    )  # fmt: skip
    sets = [word for text in settings for word in ("--set", text)]
    assert main(["run", "edm@digits", "--out", str(project), *sets]) == 0
    (run,) = Project.open(project).runs()
    return run


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*arguments: Any) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(each) for each in arguments])
        return status, *capsys.readouterr()

    return run


def test_a_slice_of_the_data_is_edited_and_written_as_a_picture(
    say: Say, digits: RunFolder, tmp_path: Path
) -> None:
    """E2 and E7: all 20,000 rows were taken, everything computed, and the picture then refused."""
    edit = ("do", digits.path, "sdedit", "--rows", "rows=data[3:8]", "--set", "sampler=heun")
    edit = (*edit, "--set", "sampler.steps=2")
    status, out, err = say(*edit, "--out", tmp_path / "edited.png")
    assert (status, err) == (0, "")
    assert "This format stores the rows only; .npz and .h5 also store" in out
    assert len(read_pictures(tmp_path / "edited.png")[0]) > 0
    assert say(*edit, "--out", tmp_path / "edited.npz")[0] == 0
    found = read_arrays(tmp_path / "edited.npz")
    assert found["x"].shape == (5, 1, 8, 8)
    assert len(found.keys() - {"x"}) > 0
    status, _, err = say("do", digits.path, "sdedit", "--rows", "rows=data[9000:]")
    assert status == 1
    assert "the slice is empty. There are 1," in err
    assert "data[:100]" in err


@pytest.mark.parametrize("how", ["left", "file", "json"])
def test_a_mask_is_a_region_an_image_file_or_json(
    say: Say, digits: RunFolder, tmp_path: Path, how: str
) -> None:
    """E3: a mask was JSON of the shape (n, 1, 8, 8) alone."""
    known = np.zeros((8, 8), np.uint8)
    known[:, :4] = 255
    Image.fromarray(known).save(tmp_path / "mask.png")
    named = {"left": "left", "file": tmp_path / "mask.png", "json": [[(known > 0).tolist()]]}
    mask = str(named[how]).replace("True", "1").replace("False", "0")
    out = tmp_path / "done.npz"
    words = ("inpaint", "--rows", "rows=data[:2]", "--rows", f"known={mask}", "--out", out)
    few = ("--set", "sampler=heun", "--set", "sampler.steps=2")
    status, _, err = say("do", digits.path, *words, *few)
    assert (status, err) == (0, "")
    x = read_arrays(out)["x"]
    # What is known is whole sixteenths, as the digits are; what is sampled is not.
    assert np.equal(x[..., :4] * 16, np.round(x[..., :4] * 16)).all()
    assert not np.equal(x[..., 4:] * 16, np.round(x[..., 4:] * 16)).all()


def test_a_mask_that_does_not_fit_says_what_would(
    say: Say, digits: RunFolder, tmp_path: Path
) -> None:
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(tmp_path / "small.png")
    (tmp_path / "no.png").write_text("text")
    for mask, words in (
        ("nowhere.png", "there is no such file; name an image file"),
        (tmp_path / "small.png", "has 6 x 5 pixels, and the data have 8 x 8; resize it"),
        (tmp_path / "no.png", "is no PNG, JPEG, BMP, GIF or WebP picture"),
    ):
        rows = ("--rows", "rows=data[:2]", "--rows", f"known={mask}")
        status, _, err = say("do", digits.path, "inpaint", *rows)
        assert status == 2
        assert words in err


def test_what_is_not_finite_is_counted_where_it_is_written() -> None:
    """E1: a model that had hardly trained exported infinities without a word."""
    from pushforward.models.operators.base import Outcome
    from pushforward.studio.engine.run.not_finite import describe_not_finite

    x = torch.zeros(4, 1, 2, 2)
    spec = ImageSet(x).spec()
    assert describe_not_finite(Outcome(Batch(x)), spec) == ""
    x[1, 0, 0, 0], x[2, 0, 1, 1] = torch.inf, torch.nan
    said = describe_not_finite(Outcome(Batch(x)), spec)
    assert said.startswith("2 of 4 images hold values that are not finite: train for more steps")
    jets = torch.zeros(2, 3, 3)
    jets[1, 0, 2] = 100.0  # log of a momentum: finite, and its exponential is not
    mask = torch.ones(2, 3, dtype=torch.bool)
    assert kind_of("jets").finite(Batch(jets, mask)).tolist() == [True, False]


@pytest.mark.parametrize("name", ["a.csv.gz", "b.smi.gz", "c.csv.xz"])
def test_a_compressed_file_is_refused_with_what_to_do(name: str) -> None:
    """E16."""
    with pytest.raises(FormatError) as found:
        importers.check_suffix(Path(name))
    assert "is compressed" in str(found.value)
    assert name.rpartition(".")[0] in found.value.hint


@pytest.mark.parametrize("what", ["models", "datasets", "samplers", "metrics", "networks"])
def test_lists_fit_a_terminal_of_80_columns(
    say: Say, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E5: they were 151 wide."""
    for columns in (80, 100):
        in_a_terminal(monkeypatch, columns)
        _, out, _ = say("list", what)
        table, _, rest = out.rpartition("\n\n")
        assert max(map(len, out.splitlines())) <= columns
        assert f"{len(table.splitlines()) - 2} {what}." in rest  # a line each


def test_an_operator_offers_the_guidance_that_it_accepts(say: Say) -> None:
    """E12: `show inpaint` offered guidance that `do inpaint` refuses."""
    _, out, _ = say("show", "inpaint")
    (line,) = (line for line in out.splitlines() if line.strip().startswith("method ="))
    assert "repaint" in line
    assert "classifier-free" not in line


def test_titles_of_operators_are_distinct() -> None:
    """E14: two were called Translate."""
    from pushforward.models.registry import registry

    titles = [entry.title.partition(" (")[0] for entry in registry.all("operator")]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("run", "edm@digit"), "did you mean digits?"),
        (("run", "edm@two-moons", "--set", "family.lr=1"), "family.optimizer.lr"),
        (("run", "edm@two-moons", "--set", "lr=1"), "family.optimizer.lr"),
        (("run", "edm@two-moons", "--set", "training.step=9"), "training.steps"),
    ],
)
def test_what_is_mistyped_is_met_by_what_was_meant(
    say: Say, words: tuple[str, ...], hint: str, tmp_path: Path
) -> None:
    """E4."""
    status, _, err = say(*words, "--out", tmp_path / "project")
    assert status == 2
    assert hint in err
