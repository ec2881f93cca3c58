"""What is known of each datum of several samples, and how far what is generated is from what is
real. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.distribution_bins import (
    WassersteinDistance,
    inside,
    shares_of,
    spread_of,
    spread_within,
    wasserstein_distance,
)
from pushforward.studio.app.core.data_type import Arrays, Kind, Measured
from pushforward.studio.app.core.selection import NONE, Rows, Source
from pushforward.studio.app.data.distance_table import ALL
from pushforward.studio.app.data.statistics import measured_of

__all__ = [
    "CARDS",
    "Found",
    "Part",
    "Sample",
    "class_shares",
    "found_in",
    "in_order",
    "in_part",
    "looking_at",
    "shares_among",
    "with_distances",
]

CARDS = 12  # numbers that are looked at: a table may have hundreds of columns
CLASSES = 40  # of a word that are looked at: more are no classes
Part = tuple[float, float] | str
"""A range of a number, its upper end left out, or a class."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Samples of one column: real ones with ``key`` "", or those of a run at ``place`` among the
    compared runs. ``source`` is their source if selectable, and ``origin`` describes them.
    """

    key: str
    title: str
    arrays: Arrays
    source: Source | None = None
    place: int = 0
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Found:
    """Samples, the real one first and that of the selected run second, with what was ``measured``
    of each; ``names`` are the numbers that are known of the real data, those first that matter most
    to their kind, ``words`` their classes. ``far`` is how far each model's sample is from the first
    one, by number. Of a ``part``, a word and one of its classes, only the ``rows`` of that are
    looked at, of all where it is None; ``by_class`` is how far the second sample is from the first
    one, of all data (`ALL`) and of each class of the first word, by number; ``order`` is the one
    that classes have in the data.
    """

    samples: tuple[Sample, ...]
    measured: tuple[Measured, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    far: Mapping[str, tuple[WassersteinDistance | None, ...]] = field(default_factory=dict)
    part: tuple[str, str] | None = None
    rows: tuple[Rows | None, ...] = ()
    by_class: Mapping[str, Mapping[str, WassersteinDistance | None]] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @property
    def classes(self) -> list[str]:
        """The classes of the first word, in the order of the data."""
        return in_order(self.measured[0][self.words[0]], self.order) if self.words else []

    def each(self, sample: int, name: str) -> NDArray[Any]:
        """Return a quantity of each sample, (n,), or element, (n, k); empty if unknown."""
        values = np.asarray(self.measured[sample].get(name, np.empty(0)))
        rows = self.rows[sample] if self.rows else None
        return values if rows is None or not len(values) else values[rows]

    def of(self, sample: int, name: str) -> NDArray[Any]:
        """Return what is known of data or of their elements in a row, (m,)."""
        values = self.each(sample, name)
        return values if values.ndim == 1 else values[np.isfinite(values)]

    def spread(self, name: str, edges: NDArray[np.float64], sample: int) -> NDArray[np.float64]:
        """Return the standard deviation of a sample's fractions per bin, (m,), accounting for
        several elements per sample.
        """
        values = self.each(sample, name)
        if values.ndim > 1:
            return spread_within(values, edges)
        return spread_of(shares_of(values, edges), len(values))

    def count(self, sample: int) -> int:
        """Return how many data of a sample are looked at."""
        rows = self.rows[sample] if self.rows else None
        return len(self.samples[sample].arrays["x"]) if rows is None else len(rows)

    def rows_in(self, sample: int, name: str, part: Part) -> Rows:
        """Return the rows with a quantity in a range or class."""
        found = in_part(self.each(sample, name), part)
        places = np.flatnonzero(found if found.ndim == 1 else found.any(axis=1))
        rows = self.rows[sample] if self.rows else None
        return places if rows is None else rows[places]

    def values_among(self, sample: int, name: str, rows: Rows) -> NDArray[Any]:
        """Return what is known of those of some rows of a sample that are looked at, in a row."""
        values = np.asarray(self.measured[sample].get(name, np.empty(0)))
        kept = self.rows[sample] if self.rows else None
        rows = rows[rows < len(values)]
        found = values[rows if kept is None else rows[np.isin(rows, kept)]]
        return found if found.ndim == 1 else found[np.isfinite(found)]


def found_in(
    samples: Sequence[Sample],
    kind: Kind,
    columns: Sequence[str],
    before: Found | None = None,
    part: tuple[str, str] | None = None,
    order: Sequence[str] = (),
) -> Found:
    """Measure samples, and look at a ``part``; of those that were measured ``before`` nothing is
    measured anew. How far they are from each other is not measured yet.
    """
    known = {}
    if before is not None:
        pairs = zip(before.samples, before.measured, strict=True)
        known = {(sample.key, id(sample.arrays["x"])): each for sample, each in pairs}
    measured = []
    for sample in samples:
        each = known.get((sample.key, id(sample.arrays["x"])))
        measured.append(_all_of(kind, sample.arrays, columns) if each is None else each)
    real, made = measured[:2]
    words = [
        name
        for name, values in real.items()
        if not _number(values) and name in made and len(np.unique(values)) <= CLASSES
    ]
    numbers = [name for name, values in real.items() if _number(values)]
    first = [name for name in kind.first if name in numbers]
    names = (*first, *(name for name in numbers if name not in first))
    found = Found(tuple(samples), tuple(measured), names, tuple(words), order=tuple(order))
    return looking_at(found, part)


def looking_at(found: Found, part: tuple[str, str] | None) -> Found:
    """Return the same with only a part of the data looked at, all for None."""
    if part is not None and part[0] not in found.words:
        part = None
    rows: tuple[Rows | None, ...] = ()
    if part is not None:
        word, name = part
        rows = tuple(np.flatnonzero(each.get(word, NONE) == name) for each in found.measured)
    return replace(found, part=part, rows=rows, far={})


def with_distances(found: Found, names: Sequence[str], before: Found | None = None) -> Found:
    """Measure how far samples are from the real one, by some numbers; what was measured ``before``
    class by class of the same samples is not measured anew.
    """
    by_class = _by_class(found, names, before)
    known = {name: by_class[name][ALL] for name in names} if found.part is None else {}
    return replace(found, far=_distances(found, names, known), by_class=by_class)


def _all_of(kind: Kind, arrays: Arrays, columns: Sequence[str]) -> Measured:
    """Measure data and their elements."""
    elements = kind.elements(arrays)
    return {
        **dict(measured_of(kind, arrays, columns)),
        **{kind.called_element(name): values for name, values in elements.items()},
        **dict(kind.several(arrays)),
    }


def in_order(classes: NDArray[Any], order: Sequence[str]) -> list[str]:
    """Return the classes that there are, in an order; others follow by name."""
    there = sorted(set(classes.astype(str).tolist()))
    return [*(each for each in order if each in there), *(e for e in there if e not in order)]


def _number(values: NDArray[Any]) -> bool:
    return bool(np.issubdtype(values.dtype, np.number))


def _distances(
    found: Found, names: Sequence[str], known: Mapping[str, WassersteinDistance | None]
) -> dict[str, tuple[WassersteinDistance | None, ...]]:
    """Measure how far all models are from the real sample; of the first one some may be known."""

    def far(name: str, model: int) -> WassersteinDistance | None:
        if model == 1 and name in known:
            return known[name]
        return wasserstein_distance(found.each(model, name), found.each(0, name))

    models = range(1, len(found.samples))
    return {name: tuple(far(name, model) for model in models) for name in names}


def _by_class(
    found: Found, names: Sequence[str], before: Found | None
) -> dict[str, Mapping[str, WassersteinDistance | None]]:
    """Measure the distances of the second sample, of all data and class by class."""
    every = [slice(None), slice(None)]
    sides: list[tuple[str, list[Any]]] = [(ALL, every)]
    if found.words:
        classes = [np.asarray(found.measured[sample][found.words[0]]) for sample in (0, 1)]
        for each in in_order(classes[0], found.order):
            sides.append((str(each), [np.flatnonzero(side == each) for side in classes]))
    made: dict[str, Mapping[str, WassersteinDistance | None]] = {}
    known = _same(found, before)
    for name in names:
        if name in known:
            made[name] = known[name]
            continue
        real, other = (np.asarray(found.measured[sample].get(name, ())) for sample in (0, 1))
        made[name] = {
            each: wasserstein_distance(other[rows[1]], real[rows[0]]) if len(other) else None
            for each, rows in sides
        }
    return made


def _same(
    found: Found, before: Found | None
) -> Mapping[str, Mapping[str, WassersteinDistance | None]]:
    """Return the distances class by class that were measured of the same two samples before."""
    if before is None:
        return {}
    same = all(
        one.arrays["x"] is other.arrays["x"]
        for one, other in zip(found.samples[:2], before.samples[:2], strict=True)
    )
    return before.by_class if same else {}


def in_part(values: NDArray[Any], part: Part) -> NDArray[np.bool_]:
    """Return which values (n,), or (n, k), are in a range, or of a class."""
    if isinstance(part, str):
        return np.asarray(values == part)
    return inside(np.asarray(values, np.float64), *part)


def shares_among(values: NDArray[Any], names: Sequence[str] | NDArray[Any]) -> NDArray[np.float64]:
    """Return which share of all values is each of some classes, (k,)."""
    return np.array([(values == name).mean() if len(values) else 0.0 for name in names])


def class_shares(
    real: NDArray[Any], made: NDArray[Any], order: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the real classes in an order, their fractions in generated and real data, and the
    standard deviation of the difference, (k,) each.
    """
    names = in_order(real, order)
    shares, others = shares_among(real, names), shares_among(made, names)
    chance = 1 / max(1, len(made)) + 1 / max(1, len(real))
    return tuple(names), others, shares, np.sqrt(shares * (1 - shares) * chance)
