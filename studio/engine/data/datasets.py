"""From a pick to data: registered sets, procedural or finite, and imported ones of the project."""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from models.config import Config, ConfigError
from models.contracts.data import Judge, Outline, RowSource, Splits
from models.entries import DatasetEntry
from models.metrics.base import fresh_pairs, split_pairs
from models.tensors import make_generator
from studio.engine.data.judging import Judging
from studio.engine.data.stored import StoredRows, facts_of
from studio.engine.data.target import FEWEST, Target
from studio.engine.kinds.base import kind_of
from studio.engine.process.failures import Refused
from studio.engine.run.randomness import SUBSET
from studio.store.dataset import DatasetFolder, points_hash
from studio.store.errors import StoreError
from studio.store.project import Project
from studio.store.splits import SHARES, Split, shares

__all__ = [
    "PROJECT_PREFIX",
    "Dataset",
    "edited",
    "find_imported",
    "find_outline",
    "find_shares",
    "find_where_it_lies",
    "hash_of",
    "imported_kind",
    "imported_outline",
    "in_memory",
    "labelled",
    "labelled_rows",
    "measured",
    "outline_of",
    "project_name",
    "registered",
]

T = TypeVar("T")
PROJECT_PREFIX = "project:"
_STATISTICS = 20_000
_LOOKED_AT = 1000
_FEW = 64
LARGE = 2**28
"""Bytes of rows beyond which an imported set stays on the disk. It is part of what a run repeats:
rows that are streamed come in another order than those in memory.
"""


@dataclass(frozen=True)
class Dataset:
    """Data to learn from, and independent ones to measure with.

    Attributes:
        rows: the training data, in data units; with fresh batches, a sample for statistics.
        hash: of them, by which a run knows when they changed.
        draw: draws n rows for a seed, None for a finite set.
        pair: two independent real samples of (at most) n rows each: `pair(n, seed)`; of imported
            data with shares of their own, from those that validate.
        judging: how the data come by the judge that their metrics ask.
        unseen: the data that nothing is learned from, where some are set apart.
        most: the most rows that `pair` can give, None where there is no end of them.
        every: reads all rows that there are, those that are held out, too; None where they are
            ``rows``.
        held: all rows that a model which makes no samples is measured with; None where any can be
            drawn.
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

    def some(self, n: int, seed: int) -> RowSource:
        """Return n rows to measure a model with that makes no samples, chosen by the seed: where so
        many make a pair that no other is left, all that are held out.
        """
        if self.held is None:
            return self.pair(n, seed)[1]
        if self.most is None or n >= self.most:
            return self.held
        return self.held.take(_subset(len(self.held), n, seed, first=False))

    def whole(self) -> RowSource:
        """Return all rows that there are, those that are held out, too, in their own order."""
        return self.rows if self.every is None else self.every()

    def judge(self) -> Generator[bool, None, Judge | None]:
        """Return the judge of the data, None where they have none; yields False while it is
        trained.
        """
        return None if self.judging is None else (yield from self.judging.prepare())


def registered(
    entry: DatasetEntry, config: Config, n: int, seed: int, *, first: bool = False
) -> Dataset:
    """Make a registered set: n rows of a procedural one (0: only a sample for statistics), n of a
    finite one (0: all), chosen by the seed, or with ``first`` those that come first in its files.

    Raises:
        Refused: the settings cannot be met, or files are missing; the path is "dataset...".
    """
    with _told():
        if entry.finite:
            return _finite(entry, config, n, seed, first=first)
        return _procedural(entry, config, n, seed)


@contextmanager
def _told() -> Iterator[None]:
    """Put what a data set says of its settings at their place in a form."""
    try:
        yield
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error
    except ValueError as error:
        raise Refused(f"The data set cannot be drawn: {error}", path="dataset") from error


def outline_of(entry: DatasetEntry, config: Config, n: int) -> Outline:
    """Return what is known of a registered set, of which n rows are wanted (0 as in `registered`),
    before it is read; a finite set that can only be read for it is read, and remembered.

    Raises:
        Refused: as `registered`.
    """
    with _told():
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

    rows = draw(n or _STATISTICS, seed)
    return Dataset(rows, hash_of(rows), draw, pair)


def _finite(entry: DatasetEntry, config: Config, n: int, seed: int, *, first: bool) -> Dataset:
    splits: Splits = entry.make(config)
    train, test = splits.train, splits.test
    rows = train.take(_subset(len(train), n, seed, first=first))
    most = len(test) // 2
    judging = Judging.of(entry.holds, train, entry.slug)
    halves = partial(_halves, test)
    return Dataset(rows, hash_of(rows), None, halves, judging, test, most, held=test)


def _subset(total: int, n: int, seed: int, *, first: bool) -> torch.Tensor:
    """Return the numbers of n of so many rows, ascending; all where n is 0 or more than there are.
    Files are often sorted: those that come first may be all of one class.
    """
    if first or not 0 < n < total:
        return torch.arange(min(n or total, total))
    return torch.randperm(total, generator=make_generator(seed, SUBSET))[:n].sort().values


def _halves(data: RowSource, count: int, seed: int) -> tuple[RowSource, RowSource]:
    return split_pairs(data, count)(seed)


def imported(name: str, project: Path) -> Dataset:
    """Open a data set that was imported into a project: in memory, or where it lies if it is large.

    Raises:
        Refused: the project has no such data set, or it has too few rows; the path is "dataset".
        StoreError: its file is damaged.
    """
    folder = _folder(name, project)
    record = folder.record
    if record.stored == "hdf5":
        # Sets of before are learned from whole, and measured against themselves.
        rows = kind_of(record.kind).from_parts({"x": folder.read()}, facts_of(folder))
        return Dataset(rows, record.hash, None, partial(_halves, rows), most=len(rows) // 2)
    large = _is_large(name, project)
    if not large:
        folder.verify()
    parts = _shares(folder, large=large)
    train, unseen = parts["train"], parts["test"]
    if len(train) < FEWEST:
        raise _too_few(folder, len(train))
    real = next((parts[s] for s in ("validation", "test") if len(parts[s]) >= FEWEST), train)
    # Who is held out measures, however few: two halves are another matter.
    held = next((parts[s] for s in ("validation", "test") if len(parts[s])), None)
    judging = None if large else Judging.of(record.kind, train, folder.name)

    def every() -> RowSource:
        rows = StoredRows(folder, np.arange(record.rows), facts_of(folder))
        return rows if large else rows.take(slice(None))

    return Dataset(
        train,
        record.hash,
        None,
        partial(_halves, real),
        judging,
        unseen if len(unseen) else None,
        len(real) // 2,
        every,
        held,
    )


def where_it_lies(name: str, project: Path) -> RowSource:
    """Return the rows of an imported set that are learned from, without reading them: on the disk,
    however few they are. Those that can only be read whole are in memory.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    if folder.record.stored == "hdf5" or kind_of(folder.record.kind).whole:
        return imported(name, project).rows
    train = _shares(folder, large=True)["train"]
    if len(train) < FEWEST:
        raise _too_few(folder, len(train))
    return train


def imported_outline(name: str, project: Path) -> Outline:
    """Return what is known of an imported set before it is read.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    record = folder.record
    if kind_of(record.kind).whole:
        whole = _whole(folder, record.hash)
        return Outline(whole.take(slice(0, _FEW)), len(whole))
    if record.stored != "hdf5":
        numbers = np.arange(min(record.rows, _LOOKED_AT))
        few = StoredRows(folder, numbers, facts_of(folder))
        return Outline(few.few(_FEW), record.rows)
    zeros = np.zeros((1, len(record.columns)), np.float32)
    made_up = {"x": np.concatenate([zeros, zeros + 1])}
    return Outline(kind_of(record.kind).from_parts(made_up, facts_of(folder)), record.rows)


def imported_kind(slug: str, project: Path | None) -> str | None:
    """Return the kind of an imported set, None where it cannot be told."""
    name = project_name(slug)
    if name is None or project is None:
        return None
    try:
        return Project.open(project).dataset(name).record.kind
    except StoreError:
        return None  # whoever opens it says why


def _folder(name: str, project: Path) -> DatasetFolder:
    folder = Project.open(project).dataset(name)
    if folder.record.rows < FEWEST:
        raise _too_few(folder, folder.record.rows)
    return folder


def _too_few(folder: DatasetFolder, n: int) -> Refused:
    rows = kind_of(folder.record.kind).counted(n)
    return Refused(
        f"The data set {folder.name!r} has {rows}: too few.", kind="data", path="dataset"
    )


def _shares(folder: DatasetFolder, *, large: bool) -> dict[str, RowSource]:
    """Return the rows of each of `studio.store.splits.SHARES`, on the disk or in memory."""
    record, facts = folder.record, facts_of(folder)
    whole = _whole(folder, record.hash) if kind_of(record.kind).whole else None
    share_of = _remembered(record.rows if whole is None else len(whole), record.split)
    found: dict[str, RowSource] = {}
    for place, share in enumerate(SHARES):
        numbers = np.flatnonzero(share_of == place)
        if whole is not None:
            found[share] = whole.take(torch.from_numpy(numbers))
            continue
        # Half the memory, where it is held for as long as the training lasts.
        fits = record.rows <= np.iinfo(np.int32).max
        rows = StoredRows(folder, numbers.astype(np.int32) if fits else numbers, facts)
        found[share] = rows if large else rows.take(slice(None))
    return found


def imported_shares(name: str, project: Path) -> dict[str, int]:
    """Return how many rows of an imported set are "learned" from, held out to be "measured" with,
    as `imported` measures, and for a last test ("tested"); {} where all are learned from.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    record = folder.record
    if record.stored == "hdf5":
        return {}
    rows = len(_whole(folder, record.hash)) if kind_of(record.kind).whole else record.rows
    counts = np.bincount(_remembered(rows, record.split), minlength=len(SHARES))
    found = dict(zip(SHARES, counts.tolist(), strict=True))
    measured = next((s for s in ("validation", "test") if found[s]), "")
    return {
        "learned": found["train"],
        "measured": found.get(measured, 0),
        "tested": found["test"] if measured == "validation" else 0,
    }


@lru_cache(maxsize=1)
def _whole(folder: DatasetFolder, hash_: str) -> RowSource:
    """Return all rows of an imported set whose rows mean something only together. The last one is
    remembered by its hash: a form asks for it again and again.
    """
    kind = kind_of(folder.record.kind)
    return kind.from_parts(folder.open().rows(np.arange(folder.record.rows)), facts_of(folder))


@lru_cache(maxsize=2)
def _remembered(rows: int, split: Split) -> NDArray[np.uint8]:
    """A byte a row, a second for ten millions: a run asks more than once."""
    return shares(rows, split)


def labelled_rows(rows: RowSource) -> RowSource:
    """Return rows that say the class of each.

    Raises:
        Refused: they have no classes, or stay on the disk, where they cannot be told.
    """
    found = None
    if not isinstance(rows, StoredRows):
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

    def told(some: RowSource) -> RowSource:
        return kind.labelled(some) or some

    def pair(count: int, seed: int) -> tuple[RowSource, RowSource]:
        one, other = data.pair(count, seed)
        return told(one), told(other)

    unseen, held = (None if some is None else told(some) for some in (data.unseen, data.held))
    return replace(data, rows=rows, pair=pair, unseen=unseen, held=held)


def edited(data: Dataset, target: Target | None) -> Dataset:
    """Return a data set with the rows of a target: a finite one."""
    if target is None or not target.done:
        return data
    rows = kind_of(data.rows.spec().kind).aimed(data.rows, target)
    return replace(
        data,
        rows=rows,
        hash=hash_of(rows),
        draw=None,
        pair=partial(_halves, rows),
        most=len(rows) // 2,
        held=None,
    )


def in_memory(rows: RowSource) -> RowSource:
    """Return rows in memory; of those that stay on the disk so many, evenly spaced, that are not
    large.
    """
    if not isinstance(rows, StoredRows):
        return rows
    mean = rows.outline().mean
    return rows.few(max(1, LARGE // (mean.numel() * mean.element_size())))


def measured(slug: str, project: Path) -> Generator[bool, None, None]:
    """Have the statistics of a large imported set measured, if they never were; yields False
    meanwhile. Of other sets they are measured as they are read.

    Raises:
        Refused, StoreError: as `imported`.
    """
    name = project_name(slug)
    if name is None or not _is_large(name, project):
        return
    rows = find_imported(name, project).rows
    assert isinstance(rows, StoredRows)
    yield from rows.prepare()


def _is_large(name: str, project: Path) -> bool:
    record = _folder(name, project).record
    if record.stored == "hdf5" or kind_of(record.kind).whole:
        return False
    outline = imported_outline(name, project)
    numbers = outline.rows * math.prod(outline.spec.shape)
    return numbers * outline.spec.mean.element_size() > LARGE


def project_name(slug: str) -> str | None:
    """Return the name of an imported data set, None for a procedural one."""
    return slug.removeprefix(PROJECT_PREFIX) if slug.startswith(PROJECT_PREFIX) else None


def find_imported(name: str, project: Path | None) -> Dataset:
    """Like `imported`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its file is damaged.
    """
    return _found(imported, name, project)


def find_shares(name: str, project: Path | None) -> dict[str, int]:
    """Like `imported_shares`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(imported_shares, name, project)


def find_outline(name: str, project: Path | None) -> Outline:
    """Like `imported_outline`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(imported_outline, name, project)


def find_where_it_lies(name: str, project: Path | None) -> RowSource:
    """Like `where_it_lies`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(where_it_lies, name, project)


def _found(find: Callable[[str, Path], T], name: str, project: Path | None) -> T:
    if project is None or not project.exists():
        raise Refused(
            f"The imported data set {name!r} needs a project, and none is open.", path="dataset"
        )
    try:
        return find(name, project)
    except StoreError as error:
        raise Refused(error.message, error.hint, kind="data", path="dataset") from error
