"""The newest figure of a metric of a run: of its training, or of an evaluation. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pushforward.studio.app.core.run_comparison import interval_at, samples_at
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import metric_reference
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.significance import ENOUGH

__all__ = ["Newest", "figure_of", "first_metric", "floors_of", "newest_figure", "samples_of"]


@dataclass(frozen=True)
class Newest:
    """The newest metric value with its context.

    Attributes:
        step: at which it was measured.
        value: the value.
        n: number of samples, None if unknown.
        floors: for this number of samples, with their spreads, by metric.
        ends: 95 % interval, None if unknown.
        asked: whether it is of an evaluation on request, not of the training.
    """

    step: int
    value: float
    n: int | None
    floors: Mapping[str, float]
    ends: tuple[float, float] | None
    asked: bool = False


def newest_figure(run: RunState, metric: str) -> Newest | None:
    """Return the value of a metric that stands for a run: the one of its latest evaluation on
    request, or the newest of its training.

    The later one counts; a requested one of fewer samples that are too few (`significance.ENOUGH`)
    only where that of the training is outdated (`metric_reference.is_outdated`). A requested one of
    more samples also counts while it is not outdated itself, so that a small evaluation of the
    training does not replace it at once. None where it was not measured.
    """
    series = run.series.get(QUALITY + metric) if metric else None
    asked = _requested_evaluation(run, metric)
    if series is None or not len(series):
        return asked
    step = int(series.steps[-1])
    n = samples_at(run, step)
    if asked is not None:
        enough = (asked.n or 0) >= min(n or 0, ENOUGH)
        replaces = enough or metric_reference.is_outdated(step, run.step)
        later = replaces and (asked.step, asked.n or 0) >= (step, n or 0)
        larger = (asked.n or 0) > (n or 0) and not metric_reference.is_outdated(
            asked.step, run.step
        )
        if later or larger:
            return asked
    value, ends = float(series.values[-1]), interval_at(run, metric, step)
    return Newest(step, value, n, run.floors, ends)


def _requested_evaluation(run: RunState, metric: str) -> Newest | None:
    found = run.evaluated
    if found is None or metric not in found.values:
        return None
    many, ends = found.counts.get(metric), found.intervals.get(metric)
    return Newest(found.step, found.values[metric], many, found.floors, ends, True)


def first_metric(run: RunState) -> str:
    """Return the slug of the first metric that a run has a figure of, "" where it has none."""
    named = (name for name, each in run.series.items() if name.startswith(QUALITY) and len(each))
    return next(named, "").removeprefix(QUALITY)


def figure_of(run: RunState, metric: str) -> tuple[int, float] | None:
    """Return the newest value of a metric, with the step that it is of; None if there is none."""
    found = newest_figure(run, metric)
    return (found.step, found.value) if found is not None else None


def samples_of(run: RunState, metric: str) -> int | None:
    """Return the sample size of the newest value of a metric, None if unknown."""
    found = newest_figure(run, metric)
    return found.n if found is not None else None


def floors_of(run: RunState, metric: str) -> Mapping[str, float]:
    """Return the floors for the newest value of a metric."""
    found = newest_figure(run, metric)
    return found.floors if found is not None else run.floors
