"""Series as one array (series, times, channels), as the studio itself writes them."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrayfiles import Array, arrays_of, shapes_of
from pushforward.studio.formats.declared_kind import declared_kind
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import CHUNK, FormatError, check_points
from pushforward.studio.formats.registry import importer
from pushforward.studio.formats.series.windows import parts
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["SeriesArrays"]

_SHOWN = 6


@importer
class SeriesArrays(Importer):
    """NPZ and HDF5 files that say that they hold series: their array ``x`` (n, L, C)."""

    slug = "series-arrays"
    kind = "series"
    title = "Series: an array of series, times and channels"
    suffixes = (".npz", ".h5", ".hdf5")

    def claims(self, path: Path) -> bool:
        """Say whether a file was written as series."""
        return declared_kind(path) == self.kind

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all values once."""
        rows, shape, preview, problems = 0, (0, 0), {}, []
        try:
            for block in _series(paths):
                if not rows:
                    preview = {"x": block[:_SHOWN].tolist()}
                rows, shape = rows + len(block), (block.shape[1], block.shape[2])
        except FormatError as error:
            problems = [f"{error.message} {error.hint}".strip()]
        across = "1 channel" if shape[1] == 1 else f"{shape[1]:,} channels"
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=paths[0].suffix.lstrip(".").upper(),
            bytes=0,
            rows=0 if problems else rows,
            parts=parts(*shape) if rows else [],
            preview=preview,
            problems=problems,
            notes=[] if problems else [f"{rows:,} series of {shape[0]:,} times in {across}."],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the series of all files.

        Raises:
            FormatError: there are none, they differ in shape, or a number is not finite.
        """
        with closing(_series(paths)) as found:
            first = next(found)
        return Rows(Schema(kind=self.kind, parts=parts(*first.shape[1:])), _blocks(paths))


def _only(path: Path, arrays: Sequence[Array]) -> Array:
    for array in arrays:
        if array.name == "x" and len(array.shape) == 3 and array.dtype.kind in "fiu":
            return array
    raise FormatError(
        f"{path.name} has no array x of series, times and channels; found: {shapes_of(arrays)}.",
        "Save the series as one array (series, times, channels) with the name x.",
    )


def _series(paths: Sequence[Path]) -> Generator[NDArray[np.float32], None, None]:
    """Yield series (n, L, C), some at a time; at least one block."""
    shape: tuple[int, ...] = ()
    for path in paths:
        with arrays_of(path) as arrays:
            array = _only(path, arrays)
            n, length, channels = array.shape
            shape = shape or (length, channels)
            if (length, channels) != shape:
                raise FormatError(
                    f"{path.name} has series of {length:,} times in {channels:,} channels, the "
                    f"first file of {shape[0]:,} in {shape[1]:,}.",
                    "Import files of equal shape together.",
                )
            check_points(path, array.name, n, length * channels)
            read, some = array.reader(()), max(1, CHUNK // max(1, length))
            for start in range(0, n, some):
                with np.errstate(over="ignore", invalid="ignore"):
                    block = read(start, min(n, start + some)).astype(np.float32)
                broken = np.argwhere(~np.isfinite(block))
                if len(broken):
                    raise FormatError(
                        f"{path.name}, series {start + int(broken[0, 0]) + 1:,}, time "
                        f"{int(broken[0, 1]) + 1:,}: the number is not finite.",
                        "Models need complete series: leave it out.",
                    )
                yield block


def _blocks(paths: Sequence[Path]) -> Iterator[Block]:
    for block in _series(paths):
        yield {"x": block}
