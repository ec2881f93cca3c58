"""Generated rows of a run: those of its results, and ``samples/0001.h5``, as earlier versions wrote
them.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.protocol.messages import GENERATE
from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_arrays, read_names, read_numbers, read_text
from pushforward.studio.store.migrate import upgrade
from pushforward.studio.store.results import ResultFolder, Results

__all__ = ["SampleSet", "SampleSets"]

_NAME = re.compile(r"(\d{4,})\.h5")


@dataclass(frozen=True)
class SampleSet:
    """Generated samples and their provenance.

    Attributes:
        x: (n, *shape) in data units, floats as float32, integers unchanged.
        columns: the names of x, as for `Results.write`, () for none.
        attrs: plain JSON: run, step, seed, sampler, ...
        beside: further arrays by name, (n, ...): "mask" if some places are padded, and the
            conditions.
    """

    x: NDArray[Any]
    columns: tuple[str, ...]
    attrs: dict[str, Any]
    beside: dict[str, NDArray[Any]] = field(default_factory=dict)


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

    def attrs(self, path: Path) -> dict[str, Any]:
        """Read what a file says of its samples, without them.

        Raises:
            Damaged: it is not what it should be.
            StoreError: it is missing, or of a later version.
        """
        with hdf5.opened(Path(path)) as file:
            return _attrs(file)

    def read(self, path: Path) -> SampleSet:
        """Read one file.

        Raises:
            Damaged: it is not what it should be.
            StoreError: it is missing, or of a later version.
        """
        with hdf5.opened(Path(path)) as file:
            upgrade("samples", {"format": int(read_numbers(file, "format"))}, Path(path))
            arrays = read_arrays(file, skip=("provenance",))
            x = arrays.pop("x")
            columns = read_names(file["x"])
            attrs = _attrs(file)
        return SampleSet(x, columns, attrs, arrays)


def _attrs(file: Any) -> dict[str, Any]:
    attrs: dict[str, Any] = json.loads(read_text(file, "provenance"))
    return attrs


def _has_rows(result: ResultFolder) -> bool:
    """Whether a result is rows that a model made."""
    return result.name.partition("-")[2] == GENERATE
