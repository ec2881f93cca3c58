"""A data set of a project: ``data/<name>/dataset.toml`` beside ``data.h5``."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.store import hdf5
from studio.store.errors import Damaged, StoreError
from studio.store.migrate import CURRENT
from studio.store.text import read_toml, write_toml

__all__ = ["DatasetFolder", "DatasetRecord", "points_hash", "write_dataset"]

Floats = NDArray[np.float32]


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``dataset.toml``: columns with their statistics, and where the points came from.

    ``name`` is what the person called it; ``hash`` is `points_hash` of the points.
    """

    name: str
    columns: list[str]
    rows: int
    hash: str
    mean: list[float]
    std: list[float]
    minimum: list[float]
    maximum: list[float]
    source: str = ""
    format: int = CURRENT["dataset"]
    created: datetime = msgspec.field(
        default_factory=lambda: datetime.now(UTC).replace(microsecond=0)
    )


class DatasetFolder:
    """A data set on disk, by path. It never changes after it was added."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()

    def __repr__(self) -> str:
        return f"DatasetFolder({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetFolder) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def name(self) -> str:
        """The folder's name: the ``<name>`` of ``project:<name>``."""
        return self.path.name

    @cached_property
    def record(self) -> DatasetRecord:
        """What ``dataset.toml`` says; read once.

        Raises:
            StoreError: it is missing, damaged, or of a later version.
        """
        return read_toml(self.path / "dataset.toml", DatasetRecord, "dataset")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.record.columns)

    def read(self) -> Floats:
        """Return the points, (n, d) float32.

        Raises:
            Damaged: they are not those that were added.
            StoreError: the file is missing.
        """
        path = self.path / "data.h5"
        with hdf5.opened(path) as file:
            x = np.asarray(hdf5.values(file, "x"), np.float32)
        if points_hash(x, self.columns) != self.record.hash:
            raise Damaged(
                f"{path} does not hold the points that were imported.", "Import the data again."
            )
        return x


def points_hash(x: ArrayLike, columns: Sequence[str]) -> str:
    """Return the SHA-256 of points (n, d) as little-endian float32, shape and column names."""
    data = np.ascontiguousarray(x, dtype="<f4")
    digest = hashlib.sha256(json.dumps([list(data.shape), list(columns)]).encode())
    digest.update(data.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def write_dataset(
    folder: Path, name: str, x: ArrayLike, columns: Sequence[str], source: str
) -> DatasetFolder:
    """Fill an existing empty folder with a data set.

    Raises:
        StoreError: the points are not finite or do not fit the columns (kind "data"), or the
            disk refused.
    """
    data = _checked(np.asarray(x, np.float32), columns)
    mean, std, minimum, maximum = _statistics(data)
    record = DatasetRecord(
        name=name,
        columns=list(columns),
        rows=len(data),
        hash=points_hash(data, columns),
        mean=mean,
        std=std,
        minimum=minimum,
        maximum=maximum,
        source=source,
    )

    def fill(file: Any) -> None:
        file.attrs["format"] = CURRENT["dataset"]
        hdf5.put_columns(file.create_dataset("x", data=data), columns)

    hdf5.write(folder / "data.h5", fill)
    write_toml(folder / "dataset.toml", record)
    return DatasetFolder(folder)


def _statistics(data: Floats) -> list[list[float]]:
    """Return mean, standard deviation, minimum and maximum of each column."""
    found: list[list[float]] = [[], [], [], []]
    for column in data.T:
        # One by one: all at once in 64 bits take several times the memory of the points.
        wide = column.astype(np.float64)
        for values, value in zip(
            found, (wide.mean(), wide.std(), wide.min(), wide.max()), strict=True
        ):
            values.append(float(value))
    return found


def _checked(x: Floats, columns: Sequence[str]) -> Floats:
    if x.ndim != 2 or x.shape[1] != len(columns):
        raise StoreError(
            f"Points must be a table with {len(columns)} columns, got the shape {x.shape}.",
            "Choose as many columns as there are names.",
            kind="data",
        )
    if not x.size:
        raise StoreError("There are no points to import.", "Choose another file.", kind="data")
    if len(set(columns)) != len(columns):
        raise StoreError(
            f"Two columns have the same name: {', '.join(columns)}.", "Rename one.", kind="data"
        )
    finite = np.isfinite(x)
    if not finite.all():
        bad = np.argwhere(~finite)
        row, column = bad[0]
        raise StoreError(
            f"Row {row + 1}, column {columns[column]!r} is not a finite number "
            f"({len(bad)} such values).",
            "Remove or fill these rows, then import again.",
            kind="data",
        )
    return x
