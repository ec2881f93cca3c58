"""Curves of any length as what a screen can show: one column of pixels at a time. Pure numpy.

A loss of a million steps has no more than a few hundred columns of pixels. For each column the
lowest, the highest and the mean value are kept, so that no spike is lost; the smoothed line is
made from the means.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.text import metric_reference
from pushforward.studio.significance import edges

__all__ = ["Columns", "Curve", "columns", "envelope", "nearest_index", "smoothed"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve: rising ``steps`` and ``values``, both (n,).

    ``dots`` marks sparse values (metrics). ``floor`` is the reference, called ``bar``; ``floors``
    (n,) its value at each step if the numbers of samples differ, and ``spreads`` (n,) its standard
    deviation; ``band`` extends ``reach`` of these around it, ``better`` gives the direction.
    ``counts`` (n,) are the numbers of samples: values of different ones are not joined. ``said``
    shows labels of the floor and the counts.
    """

    name: str
    title: str
    ink: str
    steps: Doubles
    values: Doubles
    dots: bool = False
    floor: float | None = None
    floors: Doubles | None = None
    counts: Doubles | None = None
    bar: str = "floor"
    spreads: Doubles | None = None
    said: bool = True
    reach: float = metric_reference.SEEN
    better: str = ""

    @property
    def band(self) -> tuple[Doubles, Doubles] | None:
        """Between what a value is not distinguishable from real, two (n,): see `held.band`. Of few
        samples it is drawn, too: that it is as wide as the curve says how little these tell.
        """
        if self.floors is None or self.spreads is None or self.bar == metric_reference.BASELINE:
            return None
        if not self.floors.size or not np.isfinite(self.spreads).all():
            return None
        pairs = zip(self.floors.tolist(), self.spreads.tolist(), strict=True)
        ends = np.array([edges(*each, self.reach, self.better) for each in pairs])
        return ends[:, 0], ends[:, 1]

    @property
    def parts(self) -> list["Curve"]:
        """The curve of each number of samples, that of most values first; itself for one."""
        if self.counts is None:
            return [self]
        numbers, often = np.unique(self.counts, return_counts=True)
        return [self._part(self.counts == n) for n in numbers[np.argsort(-often, kind="stable")]]

    @property
    def by_size(self) -> list["Curve"]:
        """The parts, that of the largest number of samples first: it says most, and a band around
        its floor says nothing of the others.
        """
        return sorted(self.parts, key=lambda part: -_count(part))

    def _part(self, of: NDArray[np.bool_]) -> "Curve":
        floors = None if self.floors is None else self.floors[of]
        counts = None if self.counts is None else self.counts[of]
        spreads = None if self.spreads is None else self.spreads[of]
        return replace(
            self, steps=self.steps[of], values=self.values[of], floors=floors, counts=counts,
            spreads=spreads,
        )  # fmt: skip


def _count(part: Curve) -> float:
    return float(part.counts[0]) if part.counts is not None and part.counts.size else 0.0


@dataclass(frozen=True, eq=False)
class Columns:
    """A curve by columns of pixels: where each begins in ``x``, its ``low``, ``high``, ``mean``
    (NaN where it has no finite value), all (m,).
    """

    x: Doubles
    low: Doubles
    high: Doubles
    mean: Doubles


def columns(steps: Doubles, values: Doubles, x0: float, x1: float, count: int) -> Columns:
    """Reduce a curve to at most ``count`` columns of x0..x1; outside values are left out.

    The first column is at the first point and the last at the last one, so that the ends of the
    curve are where they are.
    """
    first = int(np.searchsorted(steps, x0, side="left"))
    last = int(np.searchsorted(steps, x1, side="right"))
    steps, values = steps[first:last], values[first:last]
    if steps.size == 0:
        nothing = np.empty(0)
        return Columns(nothing, nothing, nothing, nothing)
    # A diverged value is a gap: it must not stretch the axis to infinity.
    finite = np.where(np.isfinite(values), values, np.nan)
    if steps.size <= count:
        return Columns(steps, finite, finite, finite)
    edges = np.linspace(steps[0], steps[-1], max(2, count) + 1)[:-1]
    starts = np.unique(np.searchsorted(steps, edges, side="left"))
    starts = starts[starts < steps.size]
    low, high = np.fmin.reduceat(finite, starts), np.fmax.reduceat(finite, starts)
    known = np.isfinite(finite)
    n = np.add.reduceat(known.astype(np.float64), starts)
    total = np.add.reduceat(np.where(known, finite, 0.0), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
    x = steps[starts].astype(np.float64)
    x[-1] = steps[-1]
    return Columns(x, low, high, mean)


def envelope(found: Columns) -> tuple[Doubles, Doubles]:
    """Return a line (x, y) that goes through the lowest and highest value of each column."""
    return np.repeat(found.x, 2), np.stack([found.low, found.high], axis=1).reshape(-1)


def smoothed(mean: Doubles, width: float) -> Doubles:
    """Return a curve averaged over about ``width`` of its points, with no lag and true ends.

    A window that shrinks towards the ends, computed from running sums; NaN stays where it is.
    """
    n = mean.size
    if n < 3 or width < 1:
        return mean
    known = np.isfinite(mean)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, mean, 0.0))])
    count = np.concatenate([[0.0], np.cumsum(known)])
    index = np.arange(n)
    reach = np.minimum(int(width), np.minimum(index, n - 1 - index))
    above, below = index + reach + 1, index - reach
    with np.errstate(invalid="ignore", divide="ignore"):
        average = (total[above] - total[below]) / (count[above] - count[below])
    return np.where(known, average, np.nan)


def nearest_index(steps: Doubles, step: float) -> int:
    """Return the index of the point nearest to a step, -1 where there is none."""
    if steps.size == 0:
        return -1
    right = int(np.clip(np.searchsorted(steps, step), 0, steps.size - 1))
    left = max(0, right - 1)
    return left if abs(steps[left] - step) <= abs(steps[right] - step) else right
