"""What is known of each datum of several samples, and how far what is generated is from what is
real. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.app.kinds.kind import Arrays, Kind, Measured
from studio.app.kinds.statistics import measured_of
from studio.app.plots.shares import Apart, apart, inside
from studio.app.state.selection import Source

__all__ = [
    "CARDS",
    "Found",
    "Part",
    "Sample",
    "class_shares",
    "found_in",
    "in_part",
    "shares_among",
]

CARDS = 12  # numbers that are looked at: a table may have hundreds of columns
CLASSES = 40  # of a word that are looked at: more are no classes
Part = tuple[float, float] | str
"""A range of a number, its upper end left out, or a class."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Data of one place: real ones, ``key`` is "" for these, or what a run makes, of which
    ``place`` is that among the compared runs. ``source`` is what its rows are rows of, where they
    can be selected.
    """

    key: str
    title: str
    arrays: Arrays
    source: Source | None = None
    place: int = 0


@dataclass(frozen=True, eq=False)
class Found:
    """Samples, the real one first and that of the selected run second, with what was ``measured``
    of each; ``names`` are the numbers that are known of the real data, ``words`` their classes;
    ``far`` is how far the second sample is from the first.
    """

    samples: tuple[Sample, ...]
    measured: tuple[Measured, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    far: Mapping[str, Apart | None] = field(default_factory=dict)

    def of(self, sample: int, name: str) -> NDArray[Any]:
        """Return what is known of each datum of a sample, (n,); nothing where nobody knows."""
        return np.asarray(self.measured[sample].get(name, np.empty(0)))


def found_in(
    samples: Sequence[Sample], kind: Kind, columns: Sequence[str], before: Found | None = None
) -> Found:
    """Measure samples; of those that were measured ``before`` nothing is measured anew."""
    known = {}
    if before is not None:
        pairs = zip(before.samples, before.measured, strict=True)
        known = {(sample.key, id(sample.arrays["x"])): each for sample, each in pairs}
    measured = []
    for sample in samples:
        each = known.get((sample.key, id(sample.arrays["x"])))
        measured.append(measured_of(kind, sample.arrays, columns) if each is None else each)
    real, made = measured[:2]
    numbers = [name for name, values in real.items() if np.issubdtype(values.dtype, np.number)]
    words = [
        name
        for name, values in real.items()
        if name not in numbers and name in made and len(np.unique(values)) <= CLASSES
    ]
    far = {name: apart(made[name], real[name]) for name in numbers[:CARDS] if name in made}
    return Found(tuple(samples), tuple(measured), tuple(numbers), tuple(words), far)


def in_part(values: NDArray[Any], part: Part) -> NDArray[np.bool_]:
    """Return which values (n,) are in a range, or of a class."""
    if isinstance(part, str):
        return np.asarray(values == part)
    return inside(np.asarray(values, np.float64), *part)


def shares_among(values: NDArray[Any], names: Sequence[str] | NDArray[Any]) -> NDArray[np.float64]:
    """Return which share of all values is each of some classes, (k,)."""
    return np.array([(values == name).mean() if len(values) else 0.0 for name in names])


def class_shares(
    real: NDArray[Any], made: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the classes that are real, their shares of generated data, of real ones, and how far
    by chance two samples of these sizes are apart, (k,) each.
    """
    names, counts = np.unique(real, return_counts=True)
    shares = counts / max(1, len(real))
    others = shares_among(made, names)
    chance = 1 / max(1, len(made)) + 1 / max(1, len(real))
    return tuple(map(str, names)), others, shares, np.sqrt(shares * (1 - shares) * chance)
