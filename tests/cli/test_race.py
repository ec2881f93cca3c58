"""Races from the command line, with real runs of a second."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli.race_progress import RaceBar
from pushforward.studio.protocol.messages import Log, Metrics, Progress
from pushforward.studio.store.project import Project

SMALL = [
    "training.batch=32",
    "training.samples=400",
    "training.particles=64",
    "training.frames=4",
    "training.evaluate_samples=64",
    "training.device=cpu",
]
PAIR = ["edm@eight-gaussians", "gan@eight-gaussians"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


def race(project: Path, *words: str, targets: list[str] = PAIR) -> int:
    sets = [word for text in SMALL for word in ("--set", text)]
    return main(["race", *targets, "--out", str(project), *sets, *words])


def test_a_race_ends_with_a_table_of_figures_and_floors(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert race(project, "--budget-samples", "960") == 0
    runs = Project.open(project).runs()
    out = capsys.readouterr().out
    assert [run.status().step for run in runs] == [30, 30]
    assert len({run.record.race for run in runs}) == 1
    lines = out.splitlines()
    head = next(line for line in lines if line.startswith("run "))
    for name in ("sliced-", "energy-", "authenti", "steps", "seconds", "state"):
        assert name in head
    rows = [line.split() for line in lines if line.startswith(tuple(run.name for run in runs))]
    nfe = {row[0]: int(row[-2]) for row in rows}
    assert sorted(nfe) == [run.name for run in runs]
    assert nfe[runs[1].name] == 1 < nfe[runs[0].name]
    figures = [float(row[1]) for row in rows]
    assert figures == sorted(figures)
    floor = next(line for line in lines if line.startswith("real against real"))
    assert float(floor.split()[3]) == pytest.approx(
        runs[0].metrics.read()[1]["sliced-w2"], rel=1e-3
    )
    assert "100%" in out


def test_a_race_of_seconds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert race(project, "--budget-seconds", "0.3") == 0
    for run in Project.open(project).runs():
        assert run.status().seconds == pytest.approx(0.3, abs=0.15)
        assert run.status().state == "finished"
    assert "100%" in capsys.readouterr().out


def test_ctrl_c_saves_all_and_the_race_goes_on_from_there(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if len(list(project.glob("runs/*/metrics.jsonl"))) == 2:
                os.kill(os.getpid(), signal.SIGINT)
                return

    hand = threading.Thread(target=interrupt)
    # A shell that starts tests in the background lets them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hand.start()
    status = race(project, "--budget-steps", "300")
    hand.join()
    signal.signal(signal.SIGINT, before)
    assert status == 128 + signal.SIGINT
    runs = Project.open(project).runs()
    assert {run.status().state for run in runs} == {"paused"}
    steps = [run.status().step for run in runs]
    assert 0 < min(steps) < 300
    assert [run.checkpoints.steps()[-1] for run in runs] == steps
    [hint] = re.findall(r"Resume with: pushforward (.+)", capsys.readouterr().out)
    assert main(hint.split()) == 0
    assert [run.status().step for run in runs] == [300, 300]
    assert "finished" in capsys.readouterr().out


def test_one_that_fails_is_told_and_the_other_is_in_the_table(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pushforward.studio.engine.process.failures import NumericFailure
    from pushforward.studio.engine.watch.curves import Curves

    drain, seen = Curves.drain, []

    def failing(self: Curves) -> None:
        drain(self)
        seen.append(self)
        if self is seen[0] and len(seen) > 3:
            raise NumericFailure("The loss is not finite any more.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Curves, "drain", failing)
        assert race(project, "--budget-steps", "30") == 1
    captured = capsys.readouterr()
    assert sorted(run.status().state for run in Project.open(project).runs()) == [
        "failed",
        "finished",
    ]
    assert "The loss is not finite any more." in captured.err
    assert "finished" in captured.out


MISTAKES = [
    (["edm@eight-gaussians"], ["--budget-steps", "5"], "2 to 8"),
    (PAIR, [], "--budget-steps"),
    (["edm@eight-gaussians", "gan@two-moons"], ["--budget-steps", "5"], "differ: dataset is"),
    (PAIR, ["--budget-steps", "0"], "greater than 0"),
    (PAIR, ["--budget-samples", "5"], "is less than one step of batch"),
    (["edm@eight-gaussians", "gann@eight-gaussians"], ["--budget-steps", "5"], "gann"),
    (PAIR, ["--resume"], "--resume"),
]


@pytest.mark.parametrize(("targets", "words", "said"), MISTAKES)
def test_mistakes_are_explained(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    targets: list[str],
    words: list[str],
    said: str,
) -> None:
    assert race(project, *words, targets=targets) == 2
    assert said in capsys.readouterr().err
    assert not list(project.glob("runs/*"))


def test_the_bar_shows_the_race_and_how_good_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    bar = RaceBar("race-1", {"0001-a": "a", "0002-b": "b"})
    bar(Metrics(job="0002-b", columns={"quality/sliced-w2": ([5], [0.25])}))
    bar(Metrics(job="0001-a", columns={"loss": ([5], [0.5])}))
    common = {"steps_per_second": 1.0, "seconds_left": 61.0, "memory": 0}
    bar(Progress(job="0001-a", step=1, total=4, **common))
    bar(Progress(job="race-1", step=2, total=4, **common))
    bar(Log(level="warning", text="It is late.", job="0002-b"))
    bar.close()
    out = capsys.readouterr().out
    assert "50%" in out
    assert "1:01 left  b 0.25" in out
    assert "25%" not in out
    assert "b: It is late." in out
