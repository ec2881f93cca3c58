"""Run a sweep: make its runs, keep an executor busy, stop early, go on where it ended.

Nothing but the runs themselves is the state of a sweep: a run records its trial, and its folder
says how far it is. So a driver that was killed is replaced by another one.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.sweeps.plan import Sweep, count_runs
from pushforward.studio.workflows.create import create
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.executor import Executor
from pushforward.studio.workflows.settings import apply
from pushforward.studio.workflows.sweep_results import outcome_of, reached_floor, read_results
from pushforward.studio.workflows.sweep_search import open_search

__all__ = ["SweepDriver", "runs_of", "spec_at"]

POLL = 0.2  # seconds between two looks at the runs
RETRIES = 2  # times that a run whose process died is resumed
Report = Callable[[str], None]
Todo = tuple[Trial, RunFolder | None]


def spec_at(sweep: Sweep, point: dict[str, str], seed: int, project: Path | None) -> RunSpec:
    """Return the spec of a point of a sweep.

    Raises:
        UsageError: it has no such setting.
    """
    spec = apply(sweep.spec, [f"{key}={value}" for key, value in point.items()], project)
    return msgspec.structs.replace(spec, training={**spec.training, "seed": seed})


def runs_of(project: Path, sweep: str) -> list[RunFolder]:
    """Return the runs of a sweep, by point and seed."""
    if not (project / "project.toml").is_file():
        return []
    found = [
        (trial.number, trial.seed, run.number, run)
        for run in Project.open(project).runs()
        if (trial := run.record.trial) is not None and trial.sweep == sweep
    ]
    return [run for *_, run in sorted(found, key=lambda each: each[:3])]


class SweepDriver:
    """Trains the runs of a sweep that are not finished.

    Attributes:
        reached: the name of the run that ended the sweep by its stop rule, "" if none did.
        failed: names of the runs that failed.
    """

    def __init__(
        self,
        sweep: Sweep,
        project: Path,
        executor: Executor,
        *,
        report: Report = lambda line: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sweep, self._project, self._executor = sweep, project, executor
        self._report, self._stop = report, stop
        self._search = open_search(sweep)
        self._metric = sweep.metric
        self._scores: dict[int, list[float]] = {}
        self._tries: dict[str, int] = {}
        self.reached = ""
        self.failed: list[str] = []

    def run(self) -> bool:
        """Train until all runs have ended, the floor is reached, or ``stop()``; return whether no
        run is left to train.

        Raises:
            StoreError: the project cannot be written.
        """
        left, todo, active = False, self._todo(), 0
        ended = False
        while True:
            for run in self._executor.take_ended():
                active -= 1
                if self._end(run):
                    self._start(run)
                    active += 1
            if not ended and (self._stop() or self.reached):
                ended, left = True, not self.reached
                self._executor.ask_to_stop()
            while not ended and active < self._executor.at_once:
                following = next(todo, None)
                if following is None:
                    break
                active += self._begin(*following)
            if not active:
                return not left
            time.sleep(POLL)

    def _todo(self) -> Iterator[Todo]:
        """Yield the trials to train, each with its run if it has one already."""
        runs = runs_of(self._project, self._sweep.name)
        trials = {(t.number, t.seed): t for run in runs if (t := run.record.trial) is not None}
        known = dict(zip(trials, runs, strict=True))
        for (number, _), run in known.items():
            if run.status().state == "finished":
                self._note(number, run)
        for number in range(count_runs(self._sweep) // len(self._sweep.seeds)):
            old = next((trial for (n, _), trial in trials.items() if n == number), None)
            point = self._search.propose(number) if old is None else old.values
            for seed in self._sweep.seeds:
                old_run = known.get((number, seed))
                done = old_run is not None and old_run.status().state == "finished"
                if point is not None and not done:
                    name = self._sweep.name
                    yield Trial(sweep=name, number=number, seed=seed, values=point), old_run

    def _begin(self, trial: Trial, run: RunFolder | None) -> bool:
        """Make the run of a trial if there is none, and start it; False if it cannot be trained."""
        try:
            if run is None:
                spec = spec_at(self._sweep, trial.values, trial.seed, self._project)
                run = create(spec, self._project, trial, self._executor.is_elsewhere)
        except UsageError as error:
            self.failed.append(f"trial {trial.number}")
            self._report(f"trial {trial.number} {_describe(trial)}: {error}")
            self._tell(trial.number, math.inf)
            return False
        self._start(run)
        return True

    def _start(self, run: RunFolder) -> None:
        self._tries[run.name] = self._tries.get(run.name, -1) + 1
        self._executor.start(run)

    def _end(self, run: RunFolder) -> bool:
        """Take in how a run ended; return whether it is to be resumed."""
        trial, status = run.record.trial, run.status()
        assert trial is not None
        if status.state == "finished":
            self._report(f"{run.name} {_describe(trial)}: {self._note(trial.number, run)}")
            if self._sweep.stop_at_floor and self._metric and reached_floor(run, self._metric):
                self.reached = run.name
            return False
        if status.state == "failed":
            self.failed.append(run.name)
            why = status.error.message if status.error is not None else "failed"
            self._report(f"{run.name} {_describe(trial)}: {why}")
            self._tell(trial.number, math.inf)
            return False
        if status.state == "paused" or self._stop() or self.reached:
            self._report(f"{run.name} {_describe(trial)}: stopped at step {status.step:,}")
            return False
        if self._tries[run.name] < RETRIES:
            at = max(run.checkpoints.steps(), default=0)
            self._report(f"{run.name}: its process ended; resumed from step {at:,}")
            return True
        self.failed.append(run.name)
        self._report(f"{run.name}: its process ended {RETRIES + 1} times; given up")
        self._tell(trial.number, math.inf)
        return False

    def _note(self, number: int, run: RunFolder) -> str:
        """Take in the result of a finished run; return it in words."""
        self._metric = self._metric or read_results([run]).metric
        found = outcome_of(run, self._metric) if self._metric else None
        self._tell(number, math.inf if found is None else found.score)
        return "not measured" if found is None else f"{self._metric} {found.value:.4g}"

    def _tell(self, number: int, score: float) -> None:
        scores = self._scores.setdefault(number, [])
        scores.append(score)
        if len(scores) == len(self._sweep.seeds):
            point = self._point(number)
            self._search.tell(number, point, statistics.fmean(scores))

    def _point(self, number: int) -> dict[str, str]:
        for run in runs_of(self._project, self._sweep.name):
            if run.record.trial is not None and run.record.trial.number == number:
                return run.record.trial.values
        return {}


def _describe(trial: Trial) -> str:
    values = [f"{key.rpartition('.')[2]}={value}" for key, value in trial.values.items()]
    return " ".join([*values, f"seed={trial.seed}"])
