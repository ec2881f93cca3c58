"""Training and evaluation data: registered data sets, procedural or finite. For data imported into
a project, see `studio.engine.data.imported_data`.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from weakref import WeakValueDictionary

import torch

from pushforward.models.config import Config, ConfigError
from pushforward.models.contracts.data import Judge, Outline, RowSource, Splits
from pushforward.models.contracts.spec import LABEL
from pushforward.models.entries import DatasetEntry
from pushforward.models.metrics.base import fresh_pairs, split_pairs
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.data.target import Target
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.randomness import SUBSET
from pushforward.studio.store.dataset import points_hash

__all__ = [
    "LARGE",
    "Dataset",
    "edited",
    "halves",
    "hash_of",
    "in_memory",
    "labelled",
    "labelled_rows",
    "outline_of",
    "registered",
    "subset",
]

_STATISTICS = 20_000
MOST_CACHED = 100_000  # rows of a procedural set that are kept until another set is drawn
_LOOKED_AT = 1000
LARGE = 2**28
"""Bytes of rows beyond which an imported set stays on the disk. It is part of what a run repeats:
rows that are streamed come in another order than those in memory.
"""


@dataclass(frozen=True)
class Dataset:
    """The training data of a run and independent data to evaluate with.

    Attributes:
        rows: training data in data units; for fresh batches, a sample for statistics.
        hash: hash of the rows, to detect changes.
        draw: samples n rows for a seed; None for a finite set.
        pair: returns two independent real samples of at most n rows: `pair(n, seed)`; validation
            rows if there are any.
        judging: provides the reference classifier for metrics.
        unseen: held-out rows, if there is a split.
        most: largest n for `pair`; None if unlimited.
        every: reads all rows including held-out ones; None if they are ``rows``.
        held: rows to evaluate models that generate no samples; None if rows can be sampled.
        validates: whether ``pair`` and ``held`` are the validation split, ``unseen`` then being the
            test split.
        own: whether ``pair`` uses training rows because too few are held out.
        ruled: whether a validity rule was chosen, which may change over time.
        drawn: what keeps the rows of a procedural set from being drawn again meanwhile.
    """

    rows: RowSource
    hash: str
    draw: Callable[[int, int], RowSource] | None
    pair: Callable[[int, int], tuple[RowSource, RowSource]]
    judging: Judging | None = None
    unseen: RowSource | None = None
    most: int | None = None
    every: Callable[[], RowSource] | None = None
    held: RowSource | None = None
    validates: bool = False
    own: bool = False
    ruled: bool = False
    drawn: object = None

    def some(self, n: int, seed: int) -> RowSource:
        """Return n rows to measure a model with that makes no samples, chosen by the seed: where so
        many make a pair that no other is left, all that are held out.
        """
        if self.held is None:
            return self.pair(n, seed)[1]
        if self.most is None or n >= self.most:
            return self.held
        return self.held.take(subset(len(self.held), n, seed))

    def untouched(self, n: int, seed: int) -> tuple[RowSource, RowSource]:
        """Return a pair as ``pair`` does, from the test split if there is a validation split."""
        if not self.validates or self.unseen is None:
            return self.pair(n, seed)
        return halves(self.unseen, n, seed)

    def all_rows(self) -> RowSource:
        """Return all rows, including held-out ones, in their original order."""
        return self.rows if self.every is None else self.every()

    def judge(self) -> Generator[bool, None, Judge | None]:
        """Return the judge of the data, None where they have none; yields False while it is
        trained.
        """
        return None if self.judging is None else (yield from self.judging.prepare())


def registered(
    entry: DatasetEntry, config: Config, n: int, seed: int, *, first: bool = False
) -> Dataset:
    """Return a registered data set: n rows of a procedural set (0: a sample for statistics), n of
    a finite one (0: all), chosen by the seed, or with ``first`` the first rows of its files.

    Raises:
        Refused: invalid settings or missing files; the path is "dataset...".
    """
    with _refuse_bad_settings():
        if entry.finite:
            return _finite(entry, config, n, seed, first=first)
        return _procedural(entry, config, n, seed)


@contextmanager
def _refuse_bad_settings() -> Iterator[None]:
    """Put what a data set says of its settings at their place in a form."""
    try:
        yield
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error
    except ValueError as error:
        raise Refused(f"The data set cannot be generated: {error}", path="dataset") from error


def outline_of(entry: DatasetEntry, config: Config, n: int) -> Outline:
    """Return the outline of a registered set with n rows (0 as in `registered`) without reading it;
    a finite set that must be read for this is cached.

    Raises:
        Refused: as `registered`.
    """
    with _refuse_bad_settings():
        if not entry.finite:
            # Drawing some is a matter of milliseconds, and they say all.
            few: RowSource = entry.make(config, min(n, _LOOKED_AT) or _LOOKED_AT, 0)
            return Outline(few, n or _STATISTICS)
        found = _read_outline(entry, config) if entry.outline is None else entry.outline(config)
    assert isinstance(found, Outline)
    return replace(found, rows=min(n or found.rows, found.rows))


@lru_cache(maxsize=64)
def _read_outline(entry: DatasetEntry, config: Config) -> Outline:
    train = entry.make(config).train
    return Outline(train.take(slice(0, _LOOKED_AT)), len(train))


def hash_of(rows: RowSource) -> str:
    """Return the hash by which a run knows its data again."""
    return points_hash(rows.rows(slice(None)).x.numpy(), rows.columns)


def _procedural(entry: DatasetEntry, config: Config, n: int, seed: int) -> Dataset:
    def draw(count: int, seed: int) -> RowSource:
        rows: RowSource = entry.make(config, count, seed)
        return rows

    def pair(count: int, seed: int) -> tuple[RowSource, RowSource]:
        return fresh_pairs(entry.make, config, count)(seed)

    count = n or _STATISTICS
    drawn = _draw_cached(entry, config, count, seed) if count <= MOST_CACHED else None
    drawn = drawn or _draw_large(entry, config, count, seed)
    return Dataset(drawn.rows, drawn.hash, draw, pair, drawn=drawn)


class _Drawn:
    """Rows of a procedural set and their hash."""

    def __init__(self, entry: DatasetEntry, config: Config, n: int, seed: int) -> None:
        self.rows: RowSource = entry.make(config, n, seed)
        self.hash = hash_of(self.rows)


@lru_cache(maxsize=1)
def _draw_cached(entry: DatasetEntry, config: Config, n: int, seed: int) -> _Drawn:
    """Return rows of a procedural set. A run is created and then opened with the same ones, and
    some take half a minute.
    """
    return _Drawn(entry, config, n, seed)


_large: "WeakValueDictionary[tuple[object, ...], _Drawn]" = WeakValueDictionary()
"""Larger sets, for as long as somebody uses them."""


def _draw_large(entry: DatasetEntry, config: Config, n: int, seed: int) -> _Drawn:
    key = (entry, config, n, seed)
    found = _large.get(key)
    if found is None:
        found = _large[key] = _Drawn(entry, config, n, seed)
    return found


def _finite(entry: DatasetEntry, config: Config, n: int, seed: int, *, first: bool) -> Dataset:
    splits: Splits = entry.make(config)
    train, test = splits.train, splits.test
    rows = train.take(subset(len(train), n, seed, first=first))
    held = test if splits.validation is None else splits.validation
    return Dataset(
        rows,
        hash_of(rows),
        None,
        partial(halves, held),
        Judging.find(entry.holds, train, entry.slug),
        test,
        len(held) // 2,
        held=held,
        validates=splits.validation is not None,
    )


def subset(total: int, n: int, seed: int, *, first: bool = False) -> torch.Tensor:
    """Return n of ``total`` row numbers, ascending; all if n is 0 or too large. They are random
    unless ``first``, since files are often sorted by class.
    """
    if first or not 0 < n < total:
        return torch.arange(min(n or total, total))
    return torch.randperm(total, generator=make_generator(seed, SUBSET))[:n].sort().values


def halves(data: RowSource, count: int, seed: int) -> tuple[RowSource, RowSource]:
    """Return two disjoint random parts of the data, ``count`` rows each or half of them."""
    return split_pairs(data, count)(seed)


def labelled_rows(rows: RowSource) -> RowSource:
    """Return rows with their class labels.

    Raises:
        Refused: the data have no classes, or are too large for memory.
    """
    known = rows.spec().given.get(LABEL)
    found = rows if known is not None and known.classes else None
    if found is None and not isinstance(rows, StoredRows):
        found = kind_of(rows.spec().kind).labelled(rows)
    if found is None:
        raise Refused(
            "These data have no labels, and the model learns from labels.",
            "Choose data with classes, or another model.",
            path="dataset",
        )
    return found


def labelled(data: Dataset) -> Dataset:
    """Return data that say the class of each row.

    Raises:
        Refused: they have no classes.
    """
    rows = labelled_rows(data.rows)
    kind = kind_of(rows.spec().kind)

    def with_labels(some: RowSource) -> RowSource:
        return kind.labelled(some) or some

    def pair(count: int, seed: int) -> tuple[RowSource, RowSource]:
        one, other = data.pair(count, seed)
        return with_labels(one), with_labels(other)

    def draw(count: int, seed: int) -> RowSource:
        assert data.draw is not None
        return with_labels(data.draw(count, seed))

    unseen, held = (
        None if some is None else with_labels(some) for some in (data.unseen, data.held)
    )
    fresh = None if data.draw is None else draw
    return replace(data, rows=rows, draw=fresh, pair=pair, unseen=unseen, held=held)


def edited(data: Dataset, target: Target | None) -> Dataset:
    """Return a data set with the rows of a target: a finite one."""
    if target is None or not target.done:
        return data
    rows = kind_of(data.rows.spec().kind).with_target(data.rows, target)
    return replace(
        data,
        rows=rows,
        hash=hash_of(rows),
        draw=None,
        pair=partial(halves, rows),
        most=len(rows) // 2,
        held=None,
        validates=False,
    )


def in_memory(rows: RowSource) -> RowSource:
    """Return rows in memory; a large set is thinned to evenly spaced rows."""
    if not isinstance(rows, StoredRows):
        return rows
    mean = rows.outline().mean
    return rows.few(max(1, LARGE // (mean.numel() * mean.element_size())))
