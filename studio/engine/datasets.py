"""From a pick to points: procedural sets through the registry, imported ones from the project."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from models.base import PointSet
from models.config import Config, ConfigError
from models.metrics.base import fresh_pairs, split_pairs
from models.registry import Entry
from studio.engine.failures import Refused
from studio.store.dataset import points_hash
from studio.store.errors import StoreError
from studio.store.project import Project

__all__ = ["PROJECT_PREFIX", "Dataset", "find_imported", "procedural", "project_name"]

PROJECT_PREFIX = "project:"
_STATISTICS = 20_000


@dataclass(frozen=True)
class Dataset:
    """Points to learn from, and independent ones to measure with.

    Attributes:
        points: the training points, in data units; with fresh batches, a sample for statistics.
        hash: `studio.store.dataset.points_hash` of the points: a run knows when they changed.
        draw: draws n points for a seed, None for a finite set.
        pair: two independent real samples of (at most) n points each: `pair(n, seed)`.
    """

    points: PointSet
    hash: str
    draw: Callable[[int, int], PointSet] | None
    pair: Callable[[int, int], tuple[PointSet, PointSet]]


def procedural(entry: Entry, config: Config, n: int, seed: int) -> Dataset:
    """Draw a procedural set of n points (0: only a sample for statistics).

    Raises:
        Refused: the settings cannot be drawn; the path is "dataset...".
    """

    def draw(count: int, seed: int) -> PointSet:
        points: PointSet = entry.make(config, count, seed)
        return points

    def pair(count: int, seed: int) -> tuple[PointSet, PointSet]:
        return fresh_pairs(entry.make, config, count)(seed)

    try:
        points = draw(n or _STATISTICS, seed)
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error
    except ValueError as error:
        raise Refused(f"The data set cannot be drawn: {error}", path="dataset") from error
    return Dataset(points, points_hash(points.x.numpy(), points.columns), draw, pair)


def imported(name: str, project: Path) -> Dataset:
    """Read a data set that was imported into a project.

    Raises:
        Refused: the project has no such data set; the path is "dataset".
        StoreError: its file is damaged.
    """
    folder = Project.open(project).dataset(name)
    x = folder.read()
    points = PointSet(torch.from_numpy(x), folder.columns)
    if len(x) < 4:
        raise Refused(
            f"The data set {name!r} has {len(x)} points: too few.", kind="data", path="dataset"
        )

    def pair(count: int, seed: int) -> tuple[PointSet, PointSet]:
        return split_pairs(points, count)(seed)

    return Dataset(points, folder.record.hash, None, pair)


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
