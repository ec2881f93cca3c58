"""An h over the critic's values, and what it does to the particles that have them. Pure numpy.

Particles move along h'(d + C) grad d. Where h' is next to nothing they stand still although the
critic knows better (vanishing); where few have a slope far above that of all others they are thrown
about (explosive); where it is negative they are sent away from the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.text import number_format

__all__ = ["Bars", "Doubles", "Shape", "Verdict", "bars", "judge", "span_of", "values_at"]

Doubles = NDArray[np.float64]
Level = Literal["good", "warm", "danger"]

VANISHING = 0.01  # of the slope 1 that h(u) = u has
EXPLOSIVE = 100.0  # times the median: the fastest of a hundred particles
STUCK = 0.05  # the share of particles that hardly move that is worth a word
ASTRAY = 0.01  # the share of particles sent away that is worth a word
LEAST = 4.0  # what of the critic's values is shown on either side of 0 in any case
BINS = 96


@dataclass(frozen=True, eq=False)
class Shape:
    """A tabulated h: rising ``u`` (k,), ``h`` and ``slope`` there, and the shift C."""

    title: str
    u: Doubles
    h: Doubles
    slope: Doubles
    shift: float = 0.0

    @classmethod
    def of(
        cls,
        title: str,
        u: Sequence[float],
        h: Sequence[float],
        slope: Sequence[float],
        shift: float = 0.0,
    ) -> "Shape":
        """Make a shape of plain lists."""
        at, height, pull = (np.asarray(each, dtype=np.float64) for each in (u, h, slope))
        return cls(title, at, height, pull, shift)

    def height(self, d: Doubles) -> Doubles:
        """Return h(d + C); beyond the table as a straight line."""
        at = d + self.shift
        inside: Doubles = np.interp(at, self.u, self.h)
        first, last = self.u[0], self.u[-1]
        below, above = np.minimum(at - first, 0.0), np.maximum(at - last, 0.0)
        straight: Doubles = inside + below * self.slope[0] + above * self.slope[-1]
        return straight

    def pull(self, d: Doubles) -> Doubles:
        """Return h'(d + C), what multiplies the critic's slope; beyond the table as an exponential
        with the rate it has at the end, which is exact for every h that is a power of p/q there.
        """
        at = d + self.shift
        found: Doubles = np.interp(at, self.u, self.slope)
        for end, inner in ((0, 1), (-1, -2)):
            a, b = self.slope[end], self.slope[inner]
            beyond = at < self.u[0] if end == 0 else at > self.u[-1]
            if a * b > 0 and beyond.any():
                rate = np.log(a / b) / (self.u[end] - self.u[inner])
                with np.errstate(over="ignore"):
                    found[beyond] = a * np.exp(rate * (at[beyond] - self.u[end]))
        return found


@dataclass(frozen=True)
class Verdict:
    """What an h does to the particles: a word, a sentence with figures, and how bad it is."""

    word: str
    text: str
    level: Level
    median: float


def values_at(extra: NDArray[np.float32], t: NDArray[np.float32], now: float) -> Doubles:
    """Return the critic (n,) at a flow time from its values (T, n) at the times t, finite only."""
    d = extra[0].astype(np.float64)
    if len(extra) > 1:
        right = int(np.clip(np.searchsorted(t, now), 1, len(t) - 1))
        width = max(float(t[right] - t[right - 1]), 1e-9)
        w = float(np.clip((now - t[right - 1]) / width, 0.0, 1.0))
        d = (1 - w) * extra[right - 1].astype(np.float64) + w * extra[right]
    known: Doubles = d[np.isfinite(d)]
    return known


def judge(shape: Shape, d: Doubles) -> Verdict | None:
    """Return what an h does to particles whose critic is d, None without particles."""
    if d.size == 0:
        return None
    pull = shape.pull(d)
    size = np.abs(pull)
    median, top = float(np.median(pull)), float(np.quantile(size, 0.99))
    astray = float(np.mean(pull < 0))
    figure = number_format.figure(median)
    if astray > ASTRAY:
        text = (
            f"h′ is negative at {100 * astray:.0f} % of the particles, which move away from the "
            f"data. Median h′ {figure}."
        )
        return Verdict("leads away", text, "danger", median)
    if np.median(size) < VANISHING:
        text = (
            f"Median h′ at the particles {figure}: particles are slowed to this fraction of the "
            "critic's gradient."
        )
        return Verdict("vanishing", text, "danger", median)
    stuck = float(np.mean(size < VANISHING))
    if stuck > STUCK:
        text = (
            f"h′ is below {VANISHING:g} at {100 * stuck:.0f} % of the particles, which hardly "
            f"move. Median h′ {figure}."
        )
        return Verdict("vanishing for some", text, "warm", median)
    if top > EXPLOSIVE * abs(median):
        text = (
            f"One particle in a hundred has h′ above {number_format.figure(top)}, "
            f"{top / abs(median):,.0f} times the median {figure}."
        )
        return Verdict("explosive", text, "warm", median)
    low, high = np.quantile(pull, (0.05, 0.95))
    least, most = (number_format.figure(float(bound)) for bound in (low, high))
    text = f"Median h′ at the particles {figure}; nine in ten between {least} and {most}."
    return Verdict("well scaled", text, "good", median)


@dataclass(frozen=True, eq=False)
class Bars:
    """A histogram: ``edges`` (k + 1,) and the ``share`` of particles in each (k,)."""

    edges: Doubles
    share: Doubles


def span_of(d: Doubles) -> tuple[float, float]:
    """Return which values of the critic are shown: those of nearly all particles, and 0."""
    if d.size == 0:
        return -LEAST, LEAST
    low, high = (float(q) for q in np.quantile(d, (0.002, 0.998)))
    room = 0.12 * max(high - low, 1.0)
    return min(low - room, -LEAST), max(high + room, LEAST)


def bars(d: Doubles, span: tuple[float, float]) -> Bars:
    """Count particles by the value of their critic."""
    counts, edges = np.histogram(d, bins=BINS, range=span)
    return Bars(edges, counts / max(1, d.size))
