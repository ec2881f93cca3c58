"""Generated rows of a run: ``samples/0001.h5``, numbered, never overwritten."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.store import hdf5
from studio.store.atomic import make_folder
from studio.store.migrate import CURRENT, upgrade

__all__ = ["SampleSet", "SampleSets"]

_NAME = re.compile(r"(\d{4,})\.h5")


@dataclass(frozen=True)
class SampleSet:
    """What was generated, and where it comes from.

    Attributes:
        x: (n, *shape) in data units, floats as float32, whole numbers as they were made.
        columns: the names of the numbers of a row, () where they have none.
        attrs: plain JSON: run, step, seed, sampler, ...
        beside: what else is known of each sample, by name, (n, ...): "mask" where some places are
            padded, and what was given.
    """

    x: NDArray[Any]
    columns: tuple[str, ...]
    attrs: dict[str, Any]
    beside: dict[str, NDArray[Any]] = field(default_factory=dict)


class SampleSets:
    """All sample sets of one run. Several processes may write at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def paths(self) -> list[Path]:
        """Return the files, in order of number."""
        if not self.folder.is_dir():
            return []
        found = [(int(m[1]), p) for p in self.folder.iterdir() if (m := _NAME.fullmatch(p.name))]
        return [path for _, path in sorted(found)]

    def write(
        self,
        arrays: Mapping[str, ArrayLike],
        columns: Sequence[str],
        attrs: Mapping[str, Any],
    ) -> Path:
        """Write samples under the next free number and return the file.

        ``arrays`` are "x" and what is known beside it, by name, all (n, ...).

        Raises:
            ValueError: x is no rows of numbers, or has not one column a name; or the others are
                not of as many samples.
            StoreError: the disk refused (`DiskFull`: there is no room).
        """
        found = {name: _numbers(name, values) for name, values in arrays.items()}
        x = found.pop("x")
        _check(x, columns, found)
        samples = SampleSet(x, tuple(columns), dict(attrs), found)
        make_folder(self.folder)
        while True:
            number = max((int(p.stem) for p in self.paths()), default=0) + 1
            path = self.folder / f"{number:04d}.h5"
            try:
                hdf5.write(path, lambda file: _fill(file, samples), exclusive=True)
            except FileExistsError:
                continue
            return path

    def read(self, path: Path) -> SampleSet:
        """Read one file.

        Raises:
            Damaged: it is not what it should be.
            StoreError: it is missing, or of a later version.
        """
        with hdf5.opened(Path(path)) as file:
            upgrade("samples", {"format": int(file.attrs["format"])}, Path(path))
            x = np.asarray(hdf5.values(file, "x"))
            columns = hdf5.get_columns(file["x"])
            attrs = json.loads(file["provenance"].asstr()[()])
            names = [name for name in file if name not in ("x", "provenance")]
            beside = {name: np.asarray(hdf5.values(file, name)) for name in names}
        return SampleSet(x, columns, attrs, beside)


def _numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name!r} must be numbers, got {array.dtype}")
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _check(x: NDArray[Any], columns: Sequence[str], beside: Mapping[str, NDArray[Any]]) -> None:
    if x.ndim < 2:
        raise ValueError(f"x must be rows (n, *shape), got {x.shape}")
    if columns and x.shape[1:] != (len(columns),):
        names = ", ".join(columns)
        raise ValueError(f"x must have the columns {names}, (n, {len(columns)}), got {x.shape}")
    for name, values in beside.items():
        if values.shape[:1] != x.shape[:1]:
            raise ValueError(f"{name!r} must be of {len(x)} samples, got {values.shape}")


def _fill(file: Any, samples: SampleSet) -> None:
    file.attrs["format"] = CURRENT["samples"]
    # A data set, since attributes end at 64 kB.
    file["provenance"] = json.dumps(samples.attrs)
    for name, values in {"x": samples.x, **samples.beside}.items():
        checked = {"chunks": True, "fletcher32": True} if values.size else {}
        made = file.create_dataset(name, data=values, **checked)
        if name == "x":
            hdf5.put_columns(made, samples.columns)
