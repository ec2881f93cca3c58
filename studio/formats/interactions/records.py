"""Rows of the columns of any file of interactions: delimited text, JSON lines or Parquet."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pushforward.studio.formats.interactions.blocks import MAX_LINE, Block, text_blocks
from pushforward.studio.formats.interactions.cells import Cells
from pushforward.studio.formats.interactions.layout import JSON, PARQUET, Layout
from pushforward.studio.formats.interactions.layouts import json_record
from pushforward.studio.formats.interactions.sources import Source, Stream
from pushforward.studio.formats.limits import FormatError

__all__ = ["blocks_of"]

_RECORDS = 20_000  # of a block


def blocks_of(
    source: Source, layout: Layout, wanted: Sequence[int], most: int | None = None
) -> Iterator[Block]:
    """Yield some columns of a file, block by block; ``most`` bytes of it at most.

    Raises:
        FormatError: a line is no row.
    """
    if layout.delimiter == PARQUET:
        from pushforward.studio.formats.interactions.parquet import parquet_blocks

        yield from parquet_blocks(source, layout, wanted, most)
        return
    with source.open(most) as file:
        if layout.delimiter == JSON:
            yield from _json_blocks(file, source.name, layout, wanted)
        else:
            skip = 1 if layout.header else 0
            yield from text_blocks(file, source.name, layout.delimiter, layout.width, wanted, skip)


def _json_blocks(file: Stream, name: str, layout: Layout, wanted: Sequence[int]) -> Iterator[Block]:
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, line in enumerate(_lines(file, name), 1):
        if not line.strip():
            continue
        record = json_record(line)
        if record is None:
            raise FormatError(
                f"{name}, line {number:,} is no JSON object: {line[:60]!r}.",
                "Fix or delete the line. If the file was cut off, copy it again.",
            )
        rows.append([_flat(record.get(layout.names[place])) for place in wanted])
        lines.append(number)
        if len(rows) == _RECORDS:
            yield _block(rows, lines, wanted)
            rows, lines = [], []
    if rows:
        yield _block(rows, lines, wanted)


def _block(rows: list[list[str]], lines: list[int], wanted: Sequence[int]) -> Block:
    columns = zip(*rows, strict=True)
    cells = {place: Cells.of_texts(texts) for place, texts in zip(wanted, columns, strict=True)}
    return Block(cells, np.array(lines))


def _lines(file: Stream, name: str) -> Iterator[str]:
    rest = b""
    while block := file.read(2**20):
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > 64 * MAX_LINE:  # a review is long
            raise FormatError(f"{name} has a line of more than {64 * MAX_LINE:,} characters.")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if rest and not file.cut:
        yield rest.decode("utf-8", "replace")


def _flat(value: Any) -> str:
    """Return a value of a record as text; lists, also in lists, are joined by "|"."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(filter(None, map(_flat, value)))
    return str(value).replace("\n", " ")
