"""``pushforward sweep``: runs of several values and seeds, stopping, resuming, results."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.engine.jobs import headless
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.sweeps import list_sweeps, read_sweep
from pushforward.studio.sweeps.plan import Sweep
from pushforward.studio.workflows import sweep_driver
from pushforward.studio.workflows.sweep_driver import SweepDriver, runs_of
from tests.cli.conftest import sets

SWEEP = ["sweep", "edm@two-moons", *sets("lr=1e-4,1e-2")]


class Here:
    """Trains in this process; ``most`` runs, then it is to stop. ``deaths`` are ends of processes
    that leave a run behind as a killed one does.
    """

    def __init__(self, most: int = 99, deaths: int = 0) -> None:
        self.started: list[str] = []
        self.most, self.deaths = most, deaths
        self._ended: list[RunFolder] = []

    at_once = 1
    is_elsewhere = False

    def start(self, run: RunFolder) -> None:
        self.started.append(run.name)
        if self.deaths:
            self.deaths -= 1
            run.update_status(state="running", pid=0)
        else:
            headless.run(run.path)
        self._ended.append(run)

    def take_ended(self) -> list[RunFolder]:
        ended, self._ended = self._ended, []
        return ended

    def is_full(self) -> bool:
        return len(self.started) >= self.most

    def ask_to_stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def planned(project: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """A sweep that is written down and not begun."""
    monkeypatch.setattr(sweep_driver, "POLL", 0.0)
    monkeypatch.setattr(SweepDriver, "run", lambda _self: False)
    assert main([*SWEEP, "--seeds", "2", "--out", str(project)]) == 130
    monkeypatch.undo()
    monkeypatch.setattr(sweep_driver, "POLL", 0.0)
    [name] = list_sweeps(project)
    return read_sweep(project, name, Sweep)


def test_a_sweep_is_resumed_and_its_results_are_those_of_its_runs(
    planned: Sweep, project: Path, capsys: Any
) -> None:
    first = Here(most=2)
    assert not SweepDriver(planned, project, first, stop=first.is_full).run()
    lines: list[str] = []
    second = Here(deaths=1)
    assert SweepDriver(planned, project, second, report=lines.append).run()
    assert second.started == ["0003-edm-two-moons", "0003-edm-two-moons", "0004-edm-two-moons"]
    assert "its process ended; resumed from step 0" in lines[0]
    runs = runs_of(project, planned.name)
    key = "family.optimizer.lr"
    trials = [run.record.trial for run in runs]
    assert [(trial.values[key], trial.seed) for trial in trials if trial is not None] == [
        ("1e-4", 0),
        ("1e-4", 1),
        ("1e-2", 0),
        ("1e-2", 1),
    ]
    for run in runs:  # what is written down is what was trained
        rate = run.record.spec.family.config["optimizer"]["lr"]
        assert run.record.trial is not None
        assert float(run.record.trial.values[key]) == rate
        assert run.record.seed == run.record.trial.seed
    capsys.readouterr()
    assert main(["sweep", planned.name, "--results", "--json", "--out", str(project)]) == 0
    found = json.loads(capsys.readouterr().out)
    values = {each["run"]: each["value"] for each in found["runs"]}
    assert values == {
        run.name: run.metrics.read()[0][f"quality/{found['metric']}"][1][-1] for run in runs
    }
    assert main(["sweep", planned.name, "--results", "--out", str(project)]) == 0
    out = capsys.readouterr().out
    best = min(values, key=lambda name: values[name])
    assert out.splitlines()[2].startswith(best)
    assert "Share of the variance" in out


def test_a_run_whose_process_always_ends_is_given_up(planned: Sweep, project: Path) -> None:
    lines: list[str] = []
    dying = Here(deaths=3)
    driver = SweepDriver(planned, project, dying, report=lines.append)
    assert driver.run()
    assert driver.failed == ["0001-edm-two-moons"]
    assert any("given up" in line for line in lines)
    assert len(dying.started) == 6


def test_the_floor_ends_a_sweep(
    planned: Sweep, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sweep_driver, "reached_floor", lambda run, metric: run.name.startswith("0002")
    )
    here = Here()
    stops = msgspec.structs.replace(planned, stop_at_floor=True)
    driver = SweepDriver(stops, project, here)
    assert driver.run()
    assert driver.reached == "0002-edm-two-moons"
    assert len(here.started) == 2


def test_a_plan_is_listed_without_a_run(project: Path, capsys: Any) -> None:
    words = [*SWEEP, "--set", "ema=random:0.9..0.99", "--trials", "3", "--dry-run"]
    assert main([*words, "--out", str(project)]) == 0
    out = capsys.readouterr().out
    assert "3 points drawn at random = 3 runs" in out
    assert "family.optimizer.lr" in out
    assert not project.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "lrr=1,2"], "unknown setting"),
        (["--set", "lr=1..2"], "needs the number of values"),
        (["--set", "lr=-1,1e-3"], "lr=-1"),
        (["--set", "width=8"], "two runs"),
        (["--set", "lr=random:0.1..1", "--search", "grid"], "drawn at random"),
        (["--set", "lr=1e-4,1e-3", "--seeds", "1,1"], "different seeds"),
        (["--set", "lr=1e-4,1e-3", "--metric", "mdd"], "did you mean mmd"),
        (["--set", "lr=1e-4,1e-3", "--stop-at-floor", "--set", "evaluate_samples=64"], "1,000"),
        (["--set", "lr=1e-4,1e-3", "--set", "family.optimizer.lr=1,2"], "twice"),
        (["--set", "lr=0.01..1:200", "--set", "ema=0.5..0.9:200"], "more than 10,000"),
        (["--set", "lr=1e-4,1e-3", "--at-once", "0"], "1 or more"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_made(
    words: list[str], message: str, project: Path, capsys: Any
) -> None:
    assert main(["sweep", "edm@two-moons", *words, "--out", str(project)]) == 2
    assert message in capsys.readouterr().err
    assert not project.exists()


def test_a_sweep_trains_in_processes_and_leaves_none(project: Path) -> None:
    words = [*SWEEP, "--at-once", "2", "--out", str(project)]
    assert main(words) == 0
    runs = Project.open(project).runs()
    assert [run.status().state for run in runs] == ["finished"] * 2
    assert not any(run.alive() for run in runs)
    assert all(run.record.spec.training["threads"] >= 1 for run in runs)


def test_optuna_proposes_better_points_and_continues_from_runs() -> None:
    pytest.importorskip("optuna", reason="the extra optuna is not installed")
    from pushforward.studio.protocol.spec import Pick, RunSpec
    from pushforward.studio.sweeps.axes import parse_axis
    from pushforward.studio.workflows.sweep_search import open_search

    spec = RunSpec(name="a", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    axes = [parse_axis("lr=log-random:1e-5..1"), parse_axis("net=mlp,resnet")]
    sweep = Sweep(name="s", spec=spec, axes=axes, search="optuna", trials=40)

    def loss(point: dict[str, str]) -> float:
        return (math.log10(float(point["lr"])) + 3) ** 2 + (point["net"] == "mlp")

    search, told = open_search(sweep), []
    for number in range(20):
        point = search.propose(number)
        assert point is not None
        told.append((point, loss(point)))
        search.tell(number, point, loss(point))
    again = open_search(sweep)
    for number, (point, value) in enumerate(told):
        again.tell(number, point, value)
    later = []
    for number in range(20, 40):
        point = again.propose(number)
        assert point is not None
        later.append(loss(point))
        again.tell(number, point, later[-1])
    assert again.propose(40) is None
    first = sorted(value for _, value in told)[10]
    assert sorted(later)[10] < first / 2
