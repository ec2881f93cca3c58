"""Points: they have modes and columns, and are edited by hand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.points import PointSet
from pushforward.studio.engine.data.target import Target
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats import write_points
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES
from pushforward.studio.formats.parquet import PARQUET, write_parquet
from pushforward.studio.formats.tables.roles import CONDITION

__all__ = ["Points"]


class Points(DataKind, slug="points"):
    """Rows of numbers with names."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", *ARRAY_SUFFIXES, PARQUET)
    plane: ClassVar[bool] = True

    def from_parts(self, parts: Arrays, facts: Facts) -> PointSet:
        x = parts.get("x")
        if x is None or x.ndim != 2 or x.shape[1] != len(facts.columns):
            raise Refused(
                "The data set holds no table of points.",
                "Import the data again.",
                kind="data",
                path="dataset",
            )
        points = PointSet(torch.from_numpy(np.ascontiguousarray(x, np.float32)), facts.columns)
        label, numbers = parts.get("label"), parts.get(CONDITION)
        if label is not None and facts.classes:
            labels = torch.from_numpy(np.ascontiguousarray(label, np.int64))
            points = replace(points, labels=labels, names=facts.classes)
        names = list(facts.more.get(CONDITION, ()))
        if numbers is not None and numbers.shape == (len(x), len(names)):
            columns = torch.from_numpy(np.ascontiguousarray(numbers, np.float32))
            points = replace(points, numbers=dict(zip(names, columns.unbind(1), strict=True)))
        return points

    def describe_data(self, data: RowSource) -> str:
        return f"{self.counted(len(data))} ({', '.join(data.columns)})"

    def facts(self, data: RowSource) -> dict[str, Any]:
        spec = data.spec()
        assert isinstance(data, PointSet)
        return {
            "columns": list(data.columns),
            "modes": None if data.modes is None else data.modes.tolist(),
            "mean": spec.mean.tolist(),
            "std": spec.std.tolist(),
            "names": list(data.names),
        }

    def target(self, data: RowSource) -> Target:
        x = data.rows(slice(None)).x
        return Target.from_data(x, by_hand=x.shape[1] >= 2)

    def with_target(self, data: RowSource, target: Target) -> PointSet:
        """Return the points of a target, without known modes or law; one that was put there by hand
        is of the class of the point nearest to it.
        """
        from scipy.spatial import cKDTree

        assert isinstance(data, PointSet)
        labels, numbers = None, dict[str, torch.Tensor]()
        if data.labels is not None or data.numbers:
            _, nearest = cKDTree(data.x.numpy()).query(target.x.numpy())
            index = torch.from_numpy(nearest)
            labels = None if data.labels is None else data.labels[index]
            numbers = {name: each[index] for name, each in data.numbers.items()}
        free = replace(data, modes=None, mode_radius=0.0, bandwidth=0.0, law=None)
        return replace(free, x=target.x, labels=labels, numbers=numbers)

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        _write(path, rows.x.numpy(), columns, attrs)

    def left_out_arrays(self, path: Path, rows: Batch | None, arrays: Arrays) -> str:
        """As `DataKind.left_out_arrays`; a number for each point becomes a column."""
        n = len(rows) if rows is not None else 0
        others = {name: each for name, each in arrays.items() if each.shape != (n,)}
        return super().left_out_arrays(path, rows, arrays if others else {})

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """As `DataKind.write_result`; a number for each point becomes a column of a table."""
        n = len(rows) if rows is not None else 0
        if rows is None or any(values.shape != (n,) for values in arrays.values()):
            super().write_result(path, rows, columns, arrays, attrs)
            return
        x = np.column_stack([rows.x.numpy(), *arrays.values()])
        _write(path, x, (*columns, *arrays), attrs)


def _write(
    path: Path, x: NDArray[np.floating], columns: tuple[str, ...], attrs: Mapping[str, object]
) -> None:
    """Write points x (n, d), as Parquet too."""
    if path.suffix.lower() == PARQUET:
        write_parquet(path, dict(zip(columns, x.T, strict=True)), attrs)
    else:
        write_points(path, x, columns, attrs)
