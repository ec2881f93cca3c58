"""The start line: whether trainings can race, and their run folders, made on equal terms."""

import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.engine.process.devices import choose
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.race.budgets import Spending, check_budget
from pushforward.studio.engine.race.participant import Entrant
from pushforward.studio.engine.race.race_job import Changed, RaceJob
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.engine.run.settings import FEWEST_SAMPLES
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.messages import Budget
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder

__all__ = ["all_valid", "create_race", "going_on", "line_up", "lock_all"]

FEWEST, MOST = 2, 8


def all_valid(validator: Validator, specs: Sequence[RunSpec], project: Path) -> list[Resolved]:
    """Check the specs of a race, each as that of a single run.

    Raises:
        Refused: the first problem of the first that has one, with its name.
    """
    runs = []
    for place, spec in enumerate(specs):
        found = validator.validate(spec, project)
        if found.resolved is None:
            error = found.problems[0]
            raise Refused(
                f"{spec.name}: {error.message}",
                error.hint,
                kind=error.kind,
                path=f"specs.{place}.{error.path}".rstrip("."),
            )
        runs.append(found.resolved)
    return runs


def create_race(runs: Sequence[Resolved], budget: Budget, project: Path) -> list[RunFolder]:
    """Create the run folders of a race and complete their specs.

    The budget fixes the number of steps unless it is a time. All participants use all requested
    metrics with the same number of samples, at most the smallest particle population.

    Raises:
        Refused: they are too few or too many, the budget buys nothing, or they do not start from
            the same points; the difference is named.
        StoreError: the disk refused.
    """
    if not FEWEST <= len(runs) <= MOST:
        raise Refused(f"A race has {FEWEST} to {MOST} participants, not {len(runs)}.", path="specs")
    check_budget(budget, [run.training.batch for run in runs])
    _require_equal(runs)
    if any(run.training.devices > 1 for run in runs):
        raise Refused(
            "The participants of a race train in one process.",
            "Set Processes to 1.",
            path="training.devices",
        )
    race = f"race-{uuid.uuid4().hex[:12]}"
    folders: list[RunFolder] = []
    try:
        for spec in _on_equal_terms(runs, budget):
            folders.append(new_run(check(spec), project, race=race, budget=budget))
            folders[-1].update_status(state="queued", total=int(spec.training["steps"]))
    except BaseException:
        # All or none: one alone has nobody to race with.
        for folder in folders:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folders


@contextmanager
def lock_all(folders: Sequence[RunFolder]) -> Iterator[None]:
    """Hold the locks of some runs within a block.

    Raises:
        StoreError: another process has one of them; then none is held.
    """
    with ExitStack() as stack:
        for folder in folders:
            stack.enter_context(folder.owned())
        yield


def going_on(folders: Sequence[RunFolder]) -> list[RunFolder]:
    """Return those of a race's runs that have not spent their budget, to go on with.

    Raises:
        Refused: they are not of one race, or all have finished.
    """
    races = {folder.record.race for folder in folders}
    if len(races) != 1 or "" in races:
        raise Refused("These runs were not in the same race.", path="runs")
    left = [folder for folder in folders if folder.status().state != "finished"]
    if not left:
        raise Refused("The race is over: all participants have finished.", path="runs")
    for folder in left:
        check(folder.record.spec)
    return left


def line_up(
    folders: Sequence[RunFolder], sink: Sink, changed: Changed, name: Callable[[RunFolder], str]
) -> RaceJob:
    """Create the job of a race from its run folders; ``name`` names each participant's job. The job
    of the race has the name of the race in the records.
    """
    race, budget = folders[0].record.race, folders[0].record.budget
    assert budget is not None  # a record with a race has its budget
    entrants = []
    for folder in folders:
        folder.update_status(state="queued", error=None, background=False)
        entrants.append(Entrant(name(folder), folder, sink, race=race))
    return RaceJob(race, entrants, budget, sink, changed)


def _on_equal_terms(runs: Sequence[Resolved], budget: Budget) -> list[RunSpec]:
    metrics: dict[str, Pick] = {}
    for run in runs:
        for pick in run.spec.metrics:
            metrics.setdefault(pick.slug, pick)
    samples = max(FEWEST_SAMPLES, min(map(_samples, runs)))
    specs = []
    for run in runs:
        training = {**run.spec.training, "evaluate_samples": samples}
        steps = Spending(budget, run.training.batch).steps
        if steps is not None:
            training["steps"] = steps
        specs.append(
            msgspec.structs.replace(run.spec, metrics=list(metrics.values()), training=training)
        )
    return specs


def _samples(run: Resolved) -> int:
    """How many samples the evaluations of a run can have."""
    wanted = run.training.evaluate_samples
    if "population" not in run.family.entry.capabilities:
        return wanted
    return min(wanted, int(run.spec.family.config.get("population", wanted)))


def _require_equal(runs: Sequence[Resolved]) -> None:
    """Make sure that all learn the same points on the same device, from the same particles."""
    first, *others = runs
    for other in others:
        for path, mine, yours in _conditions(first, other):
            if mine != yours:
                raise Refused(
                    f"{first.spec.name} and {other.spec.name} differ: {path} is {mine} in one and "
                    f"{yours} in the other.",
                    "In a race, data and particles must be the same: make them equal.",
                    path=path,
                )


def _conditions(first: Resolved, other: Resolved) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = [
        ("dataset", first.spec.dataset.slug, other.spec.dataset.slug)
    ]
    mine, yours = first.spec.dataset.config, other.spec.dataset.config
    pairs += [(f"dataset.{name}", mine.get(name), yours.get(name)) for name in {**mine, **yours}]
    names = ["seed", "threads"] + (["samples"] if first.dataset is not None else [])
    pairs += [
        (f"training.{name}", getattr(first.training, name), getattr(other.training, name))
        for name in names
    ]
    devices = [str(choose(run.training.device)[0]) for run in (first, other)]
    return [*pairs, ("training.device", devices[0], devices[1])]
