"""What the samples of a lab are compared with: real data, by which figure, and how sure that is."""

import math
from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import Pick, decode
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.contracts.family import Family
from pushforward.models.entries import MetricEntry
from pushforward.models.metrics.base import Evidence, Metric, NotApplicable, SampleMetric
from pushforward.models.operators.base import Operation, Progress
from pushforward.models.operators.judge_training import train_judge
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

__all__ = [
    "DISTANCE",
    "distance_of",
    "half_width",
    "halves",
    "is_distance",
    "judge_for",
    "source_of",
]

DISTANCE = "distance"
"""What a metric is picked for that `distance_of` takes, as `is_distance` says."""

_SPLIT, _FIGURE = 3023, 3024  # streams of the seed
_PROBE = 64  # real data that a figure is tried with


def distance_of(pick: Pick, family: Family[Any]) -> tuple[Metric[Any], MetricEntry]:
    """Return the metrics that compare samples with data: what is picked, else the first distance
    among the figures of their kind.

    Raises:
        ValueError: there is none such, or it is no distance of such samples from data.
    """
    kind = registry.get("kind", family.spec.kind)
    known = {entry.slug: entry for entry in registry.all("metric")}
    usual = (slug for slug in kind.metrics if slug in known and is_distance(known[slug]))
    slug = pick.slug or next(usual, "")
    if not slug:
        raise ValueError(
            f"none of the usual figures of {kind.many} is a distance from data: choose another one."
        )
    if slug not in known:
        raise ValueError(f"there is no metric {slug!r}; there are {', '.join(known)}.")
    entry = known[slug]
    if entry.kinds and kind.slug not in entry.kinds:
        raise ValueError(f"{entry.title} is for {' and '.join(entry.kinds)}, not {kind.many}.")
    if not is_distance(entry):
        raise ValueError(f"{entry.title} is no distance of samples from data.")
    return entry.make(decode(entry.config, pick.config)), entry


def is_distance(entry: MetricEntry) -> bool:
    """Whether a metric is a distance of samples from data: what `distance_of` takes."""
    make = entry.make
    if not issubclass(make, SampleMetric) or make.compares_training:
        return False
    return entry.better == "lower"


class _Wanted(Exception):
    """A figure asks the judge of the data."""


class _Probe(Evidence):
    """A few real data that only show whether a metric needs the judge; they may be too few to be
    measured.
    """

    def get_judge(self) -> Judge:
        raise _Wanted


def judge_for(
    operation: Operation, figure: Metric[Any], at: Progress
) -> Generator[Progress, None, Judge | None]:
    """Return the judge of the data where the figure asks for one, as it says of a few real data."""
    real, other = halves(source_of(operation), _PROBE, 0)
    try:
        figure.bar(_Probe(real, make_generator(0, _FIGURE), other=other))
    except _Wanted:
        return (yield from train_judge(operation, at))
    except NotApplicable:
        pass  # what is measured with is more, and says it if that is too few, too
    return None


def source_of(operation: Operation) -> RowSource:
    """Return the data that samples are compared with: those that were not learned from, where some
    are set apart.

    Raises:
        ValueError: there are none.
    """
    held = operation.held() if operation.held is not None else None
    source = held if held is not None else operation.data() if operation.data is not None else None
    if source is None or len(source) < 2:
        raise ValueError("a comparison needs the data of the run, and there are none.")
    return source


def halves(source: RowSource, n: int, seed: int) -> tuple[RowSource, RowSource]:
    """Return two sets of real data, of at most n rows, with none in common."""
    rows = torch.randperm(len(source), generator=make_generator(seed, _SPLIT))
    half = min(n, len(rows) // 2)
    return source.take(rows[:half]), source.take(rows[half : 2 * half])


def half_width(values: Tensor, among: int = 1) -> Tensor:
    """Return half the width of the 95 % interval of the mean over the last axis, by Student's t:
    of two repeats the spread alone says little. Of one it has no end. Where it is one of several
    intervals (``among``) that are all to hold, each is as much wider (Bonferroni).
    """
    from scipy.special import stdtrit  # late: nobody's start waits for it

    n = values.shape[-1]
    if n < 2:
        return torch.full(values.shape[:-1], torch.inf)
    factor = float(stdtrit(n - 1, 1 - 0.025 / among)) / math.sqrt(n)
    return factor * values.std(dim=-1)
