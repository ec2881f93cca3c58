"""Columns of Parquet files, read by pyarrow where it is installed."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pushforward.studio.formats.interactions.blocks import Block
from pushforward.studio.formats.interactions.cells import Cells
from pushforward.studio.formats.interactions.layout import Layout
from pushforward.studio.formats.interactions.sources import Source
from pushforward.studio.formats.limits import FormatError

__all__ = ["parquet_blocks", "parquet_names"]

_ROWS = 200_000  # of a block
NEEDED = "Install it with: pip install 'pushforward[parquet]'. Or save the table as CSV."


def _open(source: Source) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise FormatError(f"{source.name} needs the package pyarrow.", NEEDED) from error
    if source.member:
        raise FormatError(f"{source.name} is within a zip.", "Unpack it first.")
    try:
        return ParquetFile(str(source.path))
    except (ArrowException, OSError) as error:
        raise FormatError(f"{source.name} is no Parquet file that can be read: {error}.") from error


def parquet_names(source: Source) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        FormatError: pyarrow is missing, or the file is damaged.
    """
    with _open(source) as file:
        return tuple(map(str, file.schema_arrow.names))


def parquet_blocks(
    source: Source, layout: Layout, wanted: Sequence[int], most: int | None
) -> Iterator[Block]:
    """Yield some columns, block by block; of a preview (``most`` is given) the first block.

    Raises:
        FormatError: the file is damaged.
    """
    from pyarrow import ArrowException

    names = [layout.names[place] for place in wanted]
    done = 0
    with _open(source) as file:
        try:
            for batch in file.iter_batches(_ROWS, columns=names, use_threads=False):
                cells = {
                    place: _cells(batch.column(name))
                    for place, name in zip(wanted, names, strict=True)
                }
                yield Block(cells, done + 1 + np.arange(len(batch)))
                done += len(batch)
                if most is not None:
                    return
        except (ArrowException, OSError) as error:
            raise FormatError(f"{source.name} cannot be read: {error}.") from error


def _cells(column: Any) -> Cells:
    """Return a column as cells; times become seconds since 1970."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("s"), safe=False).cast(pyarrow.int64())
    if pyarrow.types.is_list(column.type):
        return Cells.of_texts(["|".join(map(str, each or ())) for each in column.to_pylist()])
    texts = column.cast(pyarrow.large_string()).fill_null("")
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return Cells.between(raw, ends[:-1].copy(), ends[1:].copy())
