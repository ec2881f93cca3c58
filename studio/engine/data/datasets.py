"""From a pick to data: registered sets, procedural or finite, and imported ones of the project."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from models.base import Data, ImageSet, PointSet, Splits
from models.config import Config, ConfigError
from models.metrics.base import fresh_pairs, split_pairs
from models.registry import Entry
from studio.engine.data.judging import Judging
from studio.engine.process.failures import Refused
from studio.store.dataset import points_hash
from studio.store.errors import StoreError
from studio.store.project import Project

__all__ = ["PROJECT_PREFIX", "Dataset", "described", "find_imported", "project_name", "registered"]

PROJECT_PREFIX = "project:"
_STATISTICS = 20_000


@dataclass(frozen=True)
class Dataset:
    """Data to learn from, and independent ones to measure with.

    Attributes:
        points: the training data, in data units; with fresh batches, a sample for statistics.
        hash: `studio.store.dataset.points_hash` of them: a run knows when they changed.
        draw: draws n points for a seed, None for a finite set.
        pair: two independent real samples of (at most) n rows each: `pair(n, seed)`.
        judging: how labelled images come by the judge that their metrics ask.
        unseen: of images, those that are only measured with.
        most: the most rows that `pair` can give, None where there is no end of them.
    """

    points: Data
    hash: str
    draw: Callable[[int, int], PointSet] | None
    pair: Callable[[int, int], tuple[Data, Data]]
    judging: Judging | None = None
    unseen: ImageSet | None = None
    most: int | None = None

    def prepare(self) -> Generator[bool, None, None]:
        """Make ready what `pair` would have to wait for; yields False meanwhile."""
        if self.judging is not None:
            yield from self.judging.prepare()


def described(data: Data) -> str:
    """Say in a few words how many data there are, and what of."""
    if isinstance(data, ImageSet):
        size = " x ".join(map(str, data.x.shape[1:]))
        return f"{len(data.x):,} images ({size})"
    return f"{len(data.x):,} points ({', '.join(data.columns)})"


def registered(entry: Entry, config: Config, n: int, seed: int) -> Dataset:
    """Make a registered set: n points of a procedural one (0: only a sample for statistics), the
    first n of a finite one (0: all).

    Raises:
        Refused: the settings cannot be met, or files are missing; the path is "dataset...".
    """
    make = _finite if entry.extra.get("finite", False) else _procedural
    try:
        return make(entry, config, n, seed)
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error
    except ValueError as error:
        raise Refused(f"The data set cannot be drawn: {error}", path="dataset") from error


def _procedural(entry: Entry, config: Config, n: int, seed: int) -> Dataset:
    def draw(count: int, seed: int) -> PointSet:
        points: PointSet = entry.make(config, count, seed)
        return points

    def pair(count: int, seed: int) -> tuple[PointSet, PointSet]:
        return fresh_pairs(entry.make, config, count)(seed)

    points = draw(n or _STATISTICS, seed)
    return Dataset(points, points_hash(points.x.numpy(), points.columns), draw, pair)


def _finite(entry: Entry, config: Config, n: int, seed: int) -> Dataset:
    splits: Splits = entry.make(config)
    train, test = splits.train, splits.test
    points = train.take(torch.arange(min(n or len(train.x), len(train.x))))
    digest = points_hash(points.x.numpy(), points.columns)
    most = len(test.x) // 2
    if not isinstance(train, ImageSet) or not isinstance(test, ImageSet) or train.labels is None:
        halves = partial(_halves, test)
        return Dataset(points, digest, None, halves, most=most)
    judging, unseen = Judging(train), test

    def pair(count: int, seed: int) -> tuple[Data, Data]:
        return _halves(replace(unseen, judge=judging.now()), count, seed)

    return Dataset(points, digest, None, pair, judging, unseen, most)


def _halves(data: Data, count: int, seed: int) -> tuple[Data, Data]:
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
