"""Read what the runs of a sweep have reached."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pushforward.models.registry import registry
from pushforward.studio.engine.race.standings import standing
from pushforward.studio.significance import Measured, compare_with_floor, distance_from_best
from pushforward.studio.store.run import RunFolder
from pushforward.studio.sweeps.analysis import Outcome

__all__ = ["SweepResults", "outcome_of", "reached_floor", "read_results"]


@dataclass
class SweepResults:
    """The finished runs of a sweep, in the order of their numbers, and the metric that ranks them;
    "" where none was measured.
    """

    metric: str
    outcomes: list[Outcome] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def read_results(runs: Iterable[RunFolder], metric: str = "") -> SweepResults:
    """Read the results of the runs of a sweep; without a ``metric`` the first of the first run.

    Raises:
        StoreError: a run cannot be read.
    """
    found = SweepResults(metric)
    for run in runs:
        found.metric = found.metric or next(iter(standing(run).values), "")
        outcome = outcome_of(run, found.metric) if run.status().state == "finished" else None
        if outcome is None:
            found.unfinished.append(run.name)
        else:
            found.outcomes.append(outcome)
    return found


def outcome_of(run: RunFolder, metric: str) -> Outcome | None:
    """Return the outcome of a run by a metric, None if it was not measured."""
    found, trial = standing(run), run.record.trial
    value = found.values.get(metric)
    if value is None:
        return None
    values = {} if trial is None else {**trial.values, "seed": str(trial.seed)}
    better, floor = registry.get("metric", metric).better, found.floors.get(metric)
    rank = distance_from_best(better, value, floor)
    return Outcome(run.name, values, rank, value, found.steps, found.seconds)


def reached_floor(run: RunFolder, metric: str) -> bool:
    """Return whether a run is within the noise floor of a metric, by the rule of the verdict."""
    found, entry = standing(run), registry.get("metric", metric)
    value = found.values.get(metric)
    if value is None:
        return False
    measured = Measured(
        metric, value, found.n, found.floors, entry.better, entry.bar_is, entry.conditional
    )
    return compare_with_floor(measured) in ("same", "better")
