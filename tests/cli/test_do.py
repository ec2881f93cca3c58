"""`pushforward do`: what a run can do, done from the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.cli.test_kept import sets


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("do") / "project"
    small = sets("training.steps=20")
    assert main(["run", "edm@eight-gaussians", "--out", str(folder), *small]) == 0
    return Project.open(folder).runs()[0]


def test_the_list_says_what_a_run_can_do_and_why_not(run: RunFolder, capsys: Any) -> None:
    capsys.readouterr()
    assert main(["do", str(run.path), "--list"]) == 0
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines() if line[:1].strip()]  # none that goes on
    can = {words[0]: words[1] for words in lines if len(words) > 1}
    assert (can["generate"], can["likelihood"]) == ("yes", "yes")
    refused = ("morph", "guidance-lab", "diffusion-classifier", "averaging-lengths")
    assert {can[each] for each in refused} == {"no"}
    assert "recommend" not in can, "it is for other data"
    assert "more apply to other data types than points" in out
    said = [words[1] for words in lines[1:] if len(words) > 1 and words[1] in ("yes", "no")]
    assert said == sorted(said, reverse=True), "what it can do is said first"


def test_it_is_done_into_the_run_or_a_file(run: RunFolder, tmp_path: Path, capsys: Any) -> None:
    words = ["--set", "n=30", "--set", "sampler=heun", "--set", "sampler.steps=4"]
    assert main(["do", str(run.path), "generate", *words]) == 0
    [result] = run.results.all()
    assert result.record.config["sampler"]["config"]["steps"] == 4
    assert "results/0001-generate" in capsys.readouterr().out
    file = tmp_path / "x.csv"
    rows = f"rows={json.dumps([[0.0, 1.0], [1.0, 0.0]])}"
    assert main(["do", str(run.path), "likelihood", "--rows", rows, "--out", str(file)]) == 0
    assert np.loadtxt(file, delimiter=",", skiprows=1).shape == (2, 3)
    assert len(run.results.all()) == 1


@pytest.mark.parametrize(
    ("words", "options", "settings"),
    [
        (["generate"], ["--count", "7", "--seed", "3"], ["n=7", "seed=3"]),
        (["interpolate", "--rows", "rows=[[0,1],[1,0]]"], ["--count", "7"], ["count=7"]),
    ],
    ids=["generate", "interpolate"],
)
def test_the_number_and_the_seed_are_options_of_each_operator_that_has_them(
    run: RunFolder, tmp_path: Path, words: list[str], options: list[str], settings: list[str]
) -> None:
    """Equal to the settings, whatever an operator calls its number."""
    made = []
    for index, more in enumerate((options, [w for each in settings for w in ("--set", each)])):
        file = tmp_path / f"{index}.npz"
        assert main(["do", str(run.path), *words, *more, "--out", str(file)]) == 0
        with np.load(file) as arrays:
            made.append({name: arrays[name] for name in arrays})
    assert made[0].keys() == made[1].keys()
    for name, values in made[0].items():
        np.testing.assert_array_equal(values, made[1][name])
    assert any(7 in values.shape for values in made[0].values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["likelihood", "--count", "3"], "--count: likelihood has no such setting; its settings"),
        (["invert", "--seed", "3"], "--seed: invert has no such setting; its settings are steps"),
        (["features", "--seed", "3"], "--seed: features has no such setting; it has no settings"),
    ],
)
def test_an_operator_without_a_number_or_a_seed_refuses_the_option(
    run: RunFolder, capsys: Any, words: list[str], said: str
) -> None:
    assert main(["do", str(run.path), *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_where_it_is_to_be_written_is_looked_at_before_the_work(
    run: RunFolder, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "nowhere" / "x.csv"
    assert main(["do", str(run.path), "generate", "--out", str(file)]) == 2
    said = capsys.readouterr().err
    assert f"x.csv cannot be written: there is no folder {file.parent}." in said
    assert "moved or deleted" not in said


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["do", "generate", "--set", "n=5"], "precious.h5"),
        (["sample", "--count", "5"], "precious.csv"),
        (["export"], "precious.safetensors"),
    ],
)
def test_a_file_that_is_there_is_replaced_only_by_who_says_so(
    run: RunFolder, tmp_path: Path, capsys: Any, words: list[str], name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"mine")
    command = [words[0], str(run.path), *words[1:], "--out", str(file)]
    assert main(command) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"{file} is there already." in said
    assert "Choose another name, or use --overwrite." in said
    assert file.read_bytes() == b"mine"
    assert main([*command, "--overwrite"]) == 0
    assert file.stat().st_size > len(b"mine")
    assert list(tmp_path.glob(".*")) == []  # it was written beside, and renamed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generat"], "no operator is called 'generat'; did you mean generate"),
        (["generate", "--set", "m=3"], "unknown setting"),
        (["generate", "--set", "n"], "NAME=VALUE"),
        (["generate", "--given", "label=3"], "no condition 'label'"),
        (["likelihood"], "needs rows"),
        (["likelihood", "--rows", "roows=data"], "no input 'roows'; did you mean rows?"),
        (["generate", "--rows", "rows=data"], "it has no inputs"),
        (["generate", "--given", "label"], "--given label: write it as NAME=VALUE"),
    ],
)
def test_mistakes_are_said(run: RunFolder, capsys: Any, words: list[str], said: str) -> None:
    capsys.readouterr()
    assert main(["do", str(run.path), *words]) != 0
    assert said in capsys.readouterr().err
