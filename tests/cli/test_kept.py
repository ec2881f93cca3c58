"""What is done with a trained run from the command line: sample, evaluate, export."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from pushforward.studio.__main__ import main
from pushforward.studio.significance import RULE
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

TINY = (
    "training.steps=60",
    "training.batch=32",
    "training.samples=400",
    "training.particles=64",
    "training.frames=4",
    "training.evaluate_every=0",
    "training.checkpoint_steps=20",
    "training.device=cpu",
)


def sets(*more: str) -> list[str]:
    return [word for text in (*TINY, *more) for word in ("--set", text)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: one with a denoiser, and a newer one without."""
    folder = tmp_path_factory.mktemp("kept") / "project"
    made = ["--out", str(folder)]
    assert main(["run", "edm@eight-gaussians", *made, *sets("family.net.width=16")]) == 0
    assert main(["run", "gan@eight-gaussians", *made, *sets()]) == 0
    return folder


@pytest.fixture
def edm(project: Path) -> RunFolder:
    return Project.open(project).runs()[0]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: Any) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(each) for each in arguments])
        return status, *capsys.readouterr()

    return run


def newest(run: RunFolder) -> np.ndarray:
    samples = run.samples
    return samples.read(samples.paths()[-1]).x


def test_samples_go_into_the_run_and_the_seed_chooses_them(say: Any, edm: RunFolder) -> None:
    drawn = []
    for seed in (0, 0, 1):
        status, out, err = say("sample", edm.path, "--count", "1,000", "--seed", seed)
        assert (status, err) == (0, "")
        assert "1,000 points of step 60 are in results/" in out
        drawn.append(newest(edm))
    assert drawn[0].shape == (1000, 2)
    assert np.isfinite(drawn[0]).all()
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0


def test_samples_go_to_a_file_by_its_suffix(say: Any, edm: RunFolder, tmp_path: Path) -> None:
    for command in ("sample", "export"):
        for suffix in ("csv", "npz", "h5"):
            file = tmp_path / command / f"x.{suffix}"
            file.parent.mkdir(exist_ok=True)
            status, out, _ = say(command, edm.path, "--count", 50, "--out", file)
            assert status == 0
            assert str(file) in out
            assert file.stat().st_size > 0
    assert (tmp_path / "sample" / "x.csv").read_text().count("\n") >= 50
    same = [np.load(tmp_path / command / "x.npz")["x"] for command in ("sample", "export")]
    np.testing.assert_array_equal(*same)
    status, _, err = say("export", edm.path, "--out", tmp_path / "x.xyz")
    assert status == 2
    assert err.endswith(
        "cannot be written as .xyz.\nUse one of .csv, .npz, .h5, .hdf5, .parquet.\n"
    )


def test_an_earlier_step_and_another_sampler(say: Any, edm: RunFolder) -> None:
    newer = say("sample", edm.path, "--count", 64)
    latest = newest(edm)
    status, out, _ = say("sample", edm.path, "--count", 64, "--step", 45)
    assert (newer[0], status) == (0, 0)
    assert "of step 40" in out
    assert np.abs(newest(edm) - latest).max() > 0
    status, out, _ = say("sample", edm.path, "--count", 64, "--sampler", "heun", "--set", "steps=5")
    assert status == 0
    samples = edm.samples
    told = samples.read(samples.paths()[-1]).attrs["sampler"]
    assert (told["slug"], told["config"]["steps"]) == ("heun", 5)


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["--step", "5"], 1, "has no checkpoint up to step 5"),
        (["--sampler", "hoin"], 2, "no sampler is called 'hoin'"),
        (["--sampler", "heun", "--set", "stepz=5"], 2, "did you mean steps"),
        (["--sampler", "heun", "--set", "steps=0"], 2, "sampler.steps"),
    ],
)
def test_what_cannot_be_sampled_is_said(
    say: Any, edm: RunFolder, arguments: list[str], status: int, reason: str
) -> None:
    done, _, err = say("sample", edm.path, "--count", 10, *arguments)
    assert done == status
    assert reason in err
    assert err.count("\n") <= 2
    assert "Traceback" not in err


def test_a_project_stands_for_its_newest_run(say: Any, project: Path, tmp_path: Path) -> None:
    status, out, _ = say("sample", project, "--count", 10)
    assert status == 0
    assert "of step 60" in out
    gan = Project.open(project).runs()[-1]
    assert newest(gan).shape == (10, 2)
    status, _, err = say("sample", project, "--count", 10, "--sampler", "heun")
    assert status == 2
    assert "has no denoiser, so it takes no sampler" in err
    empty = Project.create(tmp_path / "empty", "empty")
    for path, reason in ((empty.path, "has no run yet"), (tmp_path, "is not a run folder")):
        status, _, err = say("evaluate", path)
        assert status == 2
        assert reason in err


def test_the_figures_stand_beside_their_floors(say: Any, edm: RunFolder) -> None:
    status, out, err = say("evaluate", edm.path, "--count", 200)
    assert status == 0
    assert re.fullmatch(r"Measuring. The result follows.\nMeasured in [\d.]+ s.\n", err)
    [line] = [line for line in out.splitlines() if line.startswith("sliced-w2")]
    _, value, floor, sign, spread, below, limit, n, better, *unit = line.split()
    assert below == "<="
    assert float(limit) > float(floor) + float(spread)
    assert float(value) > float(floor) > float(spread) > 0
    assert sign == "±"
    assert (n, better, unit[:2]) == ("200", "lower", ["data", "units"])
    assert " ".join(unit[2:]) in ("differs", "n too small"), "200 never show that there is none"
    said = " ".join(out.split())
    differs = any(line.endswith("differs") for line in out.splitlines())
    assert ("Differs from real data by" in said) == differs
    assert RULE.partition(" (")[0] in said
    assert "Step 60; 200 samples against as many real ones, seed 0; " in out
    assert f"{edm.name}: measuring 200 samples against as many real points\n" in out
    left_out = " ".join(out.split()).partition(
        "Not measured, since the run does not request them: "
    )[2]
    assert "mode-balance" in left_out
    assert "sliced-w2" not in left_out
    _, out, _ = say("evaluate", edm.path, "--count", 100, "--metric", "mode-balance")
    told = " ".join(out.split())
    assert "mode-balance, each: mode 1 " in told
    assert all(f"mode {k} " in told for k in range(1, 9))


def test_other_metrics_and_figures_for_programs(say: Any, edm: RunFolder) -> None:
    status, out, _ = say(
        *("evaluate", edm.path, "--count", 100, "--metric", "mode-balance", "--metric", "mmd"),
        *("--step", 20, "--seed", 3, "--json"),
    )
    assert status == 0
    told = json.loads(out)
    assert (told["step"], told["n"], told["seed"]) == (20, 100, 3)
    assert [row["metric"] for row in told["figures"]] == ["mode-balance", "mmd"]
    assert told["figures"][0]["better"] == "higher"
    for metric, reason in (
        ("frechet-judge", "measures images"),
        ("fid", "no metric is called"),
        ("mode-balanse", "did you mean mode-balance"),
    ):
        status, _, err = say("evaluate", edm.path, "--metric", metric)
        assert status == 2
        assert reason in err
        assert "Measuring" not in err


def test_weights_are_exported_with_their_step(say: Any, edm: RunFolder, tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    status, out, _ = say("export", edm.path, "--out", file, "--step", 50)
    assert status == 0
    assert out == f"The weights of step 40 are in {file}.\n"
    assert load_file(file)
    status, _, err = say("export", edm.path, "--out", file, "--sampler", "heun")
    assert status == 2
    assert "weights have no sampler" in err
    status, _, err = say("export", edm.path, "--out", file, "--step", 1)
    assert status == 2
    assert "has no checkpoint up to step 1" in err


def test_a_count_is_a_whole_number(edm: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("0", "-3", "many"):
        with pytest.raises(SystemExit):
            main(["sample", str(edm.path), "--count", text])
        assert "a whole number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sample", "export"])
def test_conditions_are_given_to_samples(
    say: Any, edm: RunFolder, tmp_path: Path, command: str
) -> None:
    out = ("--out", tmp_path / "x.csv")
    status, _, err = say(command, edm.path, "--count", 5, "--given", "label=3", *out)
    assert status != 0
    assert "The model has no condition 'label'." in err
    if command == "export":
        weights = ("--out", tmp_path / "w.safetensors")
        status, _, err = say(command, edm.path, "--given", "label=3", *weights)
        assert status == 2
        assert "weights have no conditions" in err


def test_a_setting_of_the_sampler_is_refused_by_the_name_that_was_typed(
    say: Any, edm: RunFolder, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "x.csv")
    status, _, err = say("export", edm.path, "--set", "n=20", *out)
    assert status == 2
    assert "--set n: use --count VALUE" in err
    status, _, err = say("export", edm.path, "--set", "stebs=20", *out)
    assert status == 2
    assert "--set stebs: unknown setting; did you mean steps" in err
    assert "sampler." not in err
