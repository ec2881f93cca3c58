"""From a pick to data: registered sets, procedural or finite, and imported ones of the project."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from models.config import Config, ConfigError
from models.contracts.data import Judge, RowSource, Splits
from models.kinds.points import PointSet
from models.metrics.base import fresh_pairs, split_pairs
from models.registry import DatasetEntry
from studio.engine.data.judging import Judging
from studio.engine.data.target import Target
from studio.engine.kinds.base import kind_of
from studio.engine.process.failures import Refused
from studio.store.dataset import points_hash
from studio.store.errors import StoreError
from studio.store.project import Project

__all__ = [
    "PROJECT_PREFIX",
    "Dataset",
    "edited",
    "find_imported",
    "hash_of",
    "labelled",
    "project_name",
    "registered",
]

PROJECT_PREFIX = "project:"
_STATISTICS = 20_000


@dataclass(frozen=True)
class Dataset:
    """Data to learn from, and independent ones to measure with.

    Attributes:
        rows: the training data, in data units; with fresh batches, a sample for statistics.
        hash: `studio.store.dataset.points_hash` of them: a run knows when they changed.
        draw: draws n rows for a seed, None for a finite set.
        pair: two independent real samples of (at most) n rows each: `pair(n, seed)`.
        judging: how the data come by the judge that their metrics ask.
        unseen: of a finite set with a part for it, the data that are only measured with.
        most: the most rows that `pair` can give, None where there is no end of them.
    """

    rows: RowSource
    hash: str
    draw: Callable[[int, int], RowSource] | None
    pair: Callable[[int, int], tuple[RowSource, RowSource]]
    judging: Judging | None = None
    unseen: RowSource | None = None
    most: int | None = None

    def judge(self) -> Generator[bool, None, Judge | None]:
        """Return the judge of the data, None where they have none; yields False while it is
        trained.
        """
        return None if self.judging is None else (yield from self.judging.prepare())


def registered(entry: DatasetEntry, config: Config, n: int, seed: int) -> Dataset:
    """Make a registered set: n rows of a procedural one (0: only a sample for statistics), the
    first n of a finite one (0: all).

    Raises:
        Refused: the settings cannot be met, or files are missing; the path is "dataset...".
    """
    make = _finite if entry.finite else _procedural
    try:
        return make(entry, config, n, seed)
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error
    except ValueError as error:
        raise Refused(f"The data set cannot be drawn: {error}", path="dataset") from error


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


def _finite(entry: DatasetEntry, config: Config, n: int, seed: int) -> Dataset:
    splits: Splits = entry.make(config)
    train, test = splits.train, splits.test
    rows = train.take(torch.arange(min(n or len(train), len(train))))
    most = len(test) // 2
    judging = Judging.of(entry.holds, train, entry.slug)
    return Dataset(rows, hash_of(rows), None, partial(_halves, test), judging, test, most)


def _halves(data: RowSource, count: int, seed: int) -> tuple[RowSource, RowSource]:
    return split_pairs(data, count)(seed)


def imported(name: str, project: Path) -> Dataset:
    """Read a data set that was imported into a project.

    Raises:
        Refused: the project has no such data set; the path is "dataset".
        StoreError: its file is damaged.
    """
    folder = Project.open(project).dataset(name)
    if folder.record.kind != "points":
        kind = folder.record.kind
        raise Refused(f"{name!r} holds {kind}, on which nothing trains yet.", path="dataset")
    x = folder.read()
    points = PointSet(torch.from_numpy(x), folder.columns)
    if len(x) < 4:
        raise Refused(
            f"The data set {name!r} has {len(x)} points: too few.", kind="data", path="dataset"
        )

    most = len(x) // 2
    return Dataset(points, folder.record.hash, None, partial(_halves, points), most=most)


def labelled(data: Dataset) -> Dataset:
    """Return data that say the class of each row.

    Raises:
        Refused: they have no classes.
    """
    kind = kind_of(data.rows.spec().kind)
    rows = kind.labelled(data.rows)
    if rows is None:
        raise Refused(
            "These data have no labels, and the model learns from labels.",
            "Choose data with classes, or another model.",
            path="dataset",
        )

    def told(some: RowSource) -> RowSource:
        return kind.labelled(some) or some

    def pair(count: int, seed: int) -> tuple[RowSource, RowSource]:
        one, other = data.pair(count, seed)
        return told(one), told(other)

    unseen = None if data.unseen is None else told(data.unseen)
    return replace(data, rows=rows, pair=pair, unseen=unseen)


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
    )


def project_name(slug: str) -> str | None:
    """Return the name of an imported data set, None for a procedural one."""
    return slug.removeprefix(PROJECT_PREFIX) if slug.startswith(PROJECT_PREFIX) else None


def find_imported(name: str, project: Path | None) -> Dataset:
    """Like `imported`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its file is damaged.
    """
    if project is None or not project.exists():
        raise Refused(
            f"The imported data set {name!r} needs a project, and none is open.", path="dataset"
        )
    try:
        return imported(name, project)
    except StoreError as error:
        raise Refused(error.message, error.hint, kind="data", path="dataset") from error
