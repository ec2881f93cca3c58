"""The ranking of compared runs at one share of their budget, and how it changed. Pure.

A value is the newest one of the metric that is not after the share of the budget up to which all
runs were measured: one that was measured later than another is not compared with its earlier value.
Runs without a value come last. Ranks say nothing of significance: the board names the noise floor
for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.latest_metrics import floors_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.significance import distance_from_best

__all__ = ["Standing", "rank_lines", "standings_at"]


@dataclass(frozen=True)
class Standing:
    """A line of the leader board.

    Attributes:
        place: the run, as a place among those that are compared.
        rank: from 0; the best value first.
        value: of the metric, None before the first measurement.
        step: the training step of the value, -1 without one.
        change: places won since the measurement before; negative where it fell.
    """

    place: int
    rank: int
    value: float | None
    step: int
    change: int


def standings_at(runs: Sequence[RunState], name: str, spent: float, better: str) -> list[Standing]:
    """Return the ranking of runs by a curve, the best first.

    Args:
        runs: those that are compared.
        name: of the curve, such as "quality/sliced-w2".
        spent: share of each run's budget, from 0 to 1.
        better: "lower", "higher", or "near" its noise floor.
    """
    newest = [(run, _value(run, name, spent)) for run in runs]
    shares = [run_comparison.share(run, value[0]) for run, value in newest if value is not None]
    spent = min([spent, *shares])
    now = [_value(run, name, spent) for run in runs]
    earlier = [share for share in _shares(runs, name) if share <= spent]
    before = [_value(run, name, earlier[-2]) for run in runs] if len(earlier) > 1 else now
    floors = _floors(runs, name)
    ranks, ranks_before = _ranks(now, better, floors), _ranks(before, better, floors)
    found = [
        Standing(
            place, ranks[place], None if value is None else value[1],
            -1 if value is None else value[0],
            ranks_before[place] - ranks[place] if value and before[place] else 0,
        )
        for place, value in enumerate(now)
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.rank)


def rank_lines(
    runs: Sequence[RunState], name: str, spent: float, better: str
) -> tuple[list[float], list[list[int]]]:
    """Return the shares of the budget at which runs were measured, up to ``spent``, and the rank of
    each run at each of them: one list a run. Shares before every run has a value are left out.
    """
    shares = [
        share
        for share in _shares(runs, name)
        if share <= spent and all(_value(run, name, share) is not None for run in runs)
    ]
    floors = _floors(runs, name)
    ranks = [_ranks([_value(run, name, share) for run in runs], better, floors) for share in shares]
    return shares, [[each[place] for each in ranks] for place in range(len(runs))]


def _shares(runs: Sequence[RunState], name: str) -> list[float]:
    """Return the shares of the budget at which any of the runs was measured, in order. Those of two
    runs that differ by less than a thousandth are one.
    """
    found = {
        round(run_comparison.share(run, int(step)), 3)
        for run in runs
        if (series := run.series.get(name)) is not None
        for step in series.steps
    }
    return sorted(found)


def _value(run: RunState, name: str, spent: float) -> tuple[int, float] | None:
    """Return the step and the value of a curve at a share of the budget, None before the first."""
    series = run.series.get(name)
    if series is None or not len(series):
        return None
    total = max(1, run.total, run.step)
    # Shares are rounded to a thousandth, see `_shares`.
    place = int(np.searchsorted(series.steps, (spent + 5e-4) * total, side="right")) - 1
    if place < 0 or not np.isfinite(series.values[place]):
        return None
    return int(series.steps[place]), float(series.values[place])


def _floors(runs: Sequence[RunState], name: str) -> list[float | None]:
    """Return the noise floor of a curve for each run, None where it is unknown."""
    slug = name.removeprefix(QUALITY)
    return [floors_of(run, slug).get(slug) for run in runs]


def _ranks(
    values: Sequence[tuple[int, float] | None], better: str, floors: Sequence[float | None]
) -> list[int]:
    """Return the rank of each value; equal ones keep their order, missing ones come last."""
    keys = [
        np.inf if each is None else distance_from_best(better, each[1], floor)
        for each, floor in zip(values, floors, strict=True)
    ]
    order = np.argsort(np.asarray(keys), kind="stable")
    ranks = np.empty(len(keys), int)
    ranks[order] = np.arange(len(keys))
    return [int(rank) for rank in ranks]
