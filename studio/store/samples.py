"""Generated rows of a run: those of its results, and ``samples/0001.h5``, as earlier versions wrote
them.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.protocol.messages import GENERATE
from studio.store import hdf5
from studio.store.migrate import upgrade
from studio.store.results import ResultFolder, Results

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
    """All sample sets of one run, which `studio.store.results` writes."""

    def __init__(self, run: Path) -> None:
        self._folder = Path(run) / "samples"
        self._results = Results(Path(run) / "results")

    def paths(self) -> list[Path]:
        """Return the files, oldest first."""
        there = self._folder.iterdir() if self._folder.is_dir() else ()
        found = sorted((int(m[1]), p) for p in there if (m := _NAME.fullmatch(p.name)))
        results = (result.arrays for result in self._results.all() if _has_rows(result))
        return [*(path for _, path in found), *results]

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


def _has_rows(result: ResultFolder) -> bool:
    """Whether a result is rows that a model made."""
    return result.name.partition("-")[2] == GENERATE
