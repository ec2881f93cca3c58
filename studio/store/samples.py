"""Generated points of a run: ``samples/0001.h5``, numbered, never overwritten."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """Points x (n, d) float32 in data units and the names of their d columns, or images
    (n, C, H, W) without columns; where they come from (``attrs``, plain JSON: run, step, seed,
    sampler, ...).
    """

    x: NDArray[np.float32]
    columns: tuple[str, ...]
    attrs: dict[str, Any]


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

    def write(self, x: ArrayLike, columns: Sequence[str], attrs: Mapping[str, Any]) -> Path:
        """Write points under the next free number and return the file.

        Raises:
            ValueError: x is neither (n, d) with d column names nor (n, C, H, W) without.
            StoreError: the disk refused (`DiskFull`: there is no room).
        """
        data = np.asarray(x, np.float32)
        fits = data.shape[1:] == (len(columns),) if columns else data.ndim == 4
        if not fits:
            raise ValueError(f"x must be (n, {len(columns)}), got {data.shape}")
        points = SampleSet(data, tuple(columns), dict(attrs))
        make_folder(self.folder)
        while True:
            number = max((int(p.stem) for p in self.paths()), default=0) + 1
            path = self.folder / f"{number:04d}.h5"
            try:
                hdf5.write(path, lambda file: _fill(file, points), exclusive=True)
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
            x = np.asarray(hdf5.values(file, "x"), np.float32)
            columns = hdf5.get_columns(file["x"])
            attrs = json.loads(file["provenance"].asstr()[()])
        return SampleSet(x, columns, attrs)


def _fill(file: Any, points: SampleSet) -> None:
    file.attrs["format"] = CURRENT["samples"]
    # A data set, since attributes end at 64 kB.
    file["provenance"] = json.dumps(points.attrs)
    checked = {"chunks": True, "fletcher32": True} if points.x.size else {}
    x = file.create_dataset("x", data=points.x, **checked)
    hdf5.put_columns(x, points.columns)
