"""Writer of a data set: block by block, hashed, complete only at the end."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.store.dataset import DatasetFolder, DatasetRecord
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.parts import (
    ArrayWriter,
    Block,
    Part,
    check_parts,
    part_block,
    part_files,
)
from pushforward.studio.store.running_statistics import Running
from pushforward.studio.store.schema import Schema, check_within, tree_hash
from pushforward.studio.store.splits import Split, check_split
from pushforward.studio.store.text import write_json, write_toml

__all__ = ["Abandoned", "DatasetWriter"]

MOST_NOTES, LONGEST_NOTE = 600, 1000  # of an import of many files: more are not kept


class Abandoned(Exception):
    """A data set that is being written is not wanted any more."""


class DatasetWriter:
    """Fills an empty folder with a data set, block by block.

    Attributes:
        rows: how many were added.
        becomes: the data set that the folder becomes when it is complete.
    """

    def __init__(
        self,
        folder: Path,
        becomes: DatasetFolder,
        name: str,
        schema: Schema,
        source: str = "",
        split: Split | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Begin.

        Raises:
            StoreError: two columns have one name (kind "data"), or the disk refused.
            ValueError: the schema or the split is none.
        """
        check_parts(schema.parts)
        self.split = split or Split(within=schema.within, last=schema.last)
        check_split(self.split)
        check_within(schema.parts, self.split)
        if len(set(schema.columns)) != len(schema.columns):
            raise StoreError(
                f"Two columns have the same name: {', '.join(schema.columns)}.",
                "Rename one.",
                kind="data",
            )
        self.rows = 0
        self.becomes = becomes
        self._abandoned = False
        self._folder = folder
        self._name = name
        self._source = source
        self._notes = [note[:LONGEST_NOTE] for note in notes[:MOST_NOTES]]
        self._schema = schema
        self._running = Running(len(schema.columns))
        self._arrays = {
            file: ArrayWriter(folder / file, dtype, shape)
            for part in schema.parts
            for file, dtype, shape in part_files(part)
        }
        for part in schema.parts:
            if part.ragged:
                self._arrays[f"{part.name}.offsets.npy"].add(np.zeros(1, np.int64))

    def add(self, block: Block) -> None:
        """Append rows.

        Raises:
            StoreError: they do not fit the schema or are not finite (kind "data"), or the disk
                refused.
            Abandoned: `abandon` was called.
        """
        self._go_on()
        found = {part.name: part_block(part, block) for part in self._schema.parts}
        counts = {
            name: len(values if lengths is None else lengths)
            for name, (values, lengths) in found.items()
        }
        if len(set(counts.values())) > 1:
            raise StoreError(f"A block has parts of different lengths: {counts}.", kind="data")
        for part in self._schema.parts:
            values, lengths = found[part.name]
            self._check_finite(part, values)
            self._arrays[f"{part.name}.npy"].add(values)
            if lengths is not None:
                before = self._arrays[f"{part.name}.npy"].rows - len(values)
                self._arrays[f"{part.name}.offsets.npy"].add(before + np.cumsum(lengths))
        if self._schema.columns:
            self._running.add(found["x"][0])
        self.rows += next(iter(counts.values()))

    def finish(self) -> DatasetRecord:
        """Complete the files and write the record.

        Raises:
            StoreError: there are no rows (kind "data"), or the disk refused.
            Abandoned: `abandon` was called.
        """
        if not self.rows:
            raise StoreError("There are no rows to import.", "Choose another file.", kind="data")
        digests = []
        for array in self._arrays.values():
            self._go_on()
            digests.append(array.finish())
        schema = self._schema
        record = DatasetRecord(
            name=self._name,
            kind=schema.kind,
            rows=self.rows,
            hash=tree_hash(schema, self.rows, self.split, digests),
            parts=schema.parts,
            columns=schema.columns,
            classes=schema.classes,
            split=self.split,
            mean=self._running.mean.tolist(),
            std=self._running.std.tolist(),
            minimum=self._running.minimum.tolist(),
            maximum=self._running.maximum.tolist(),
            source=self._source,
            notes=self._notes,
        )
        if schema.facts:
            write_json(self._folder / "facts.json", schema.facts)
        write_toml(self._folder / "dataset.toml", record)
        self._go_on()
        return record

    def abandon(self) -> None:
        """Make the writer (maybe in another thread) stop with `Abandoned`."""
        self._abandoned = True

    def close(self) -> None:
        """Let the files go, complete or not."""
        for array in self._arrays.values():
            with suppress(OSError):
                array.close()

    def _go_on(self) -> None:
        if self._abandoned:
            raise Abandoned

    def _check_finite(self, part: Part, values: NDArray[Any]) -> None:
        if values.dtype.kind != "f":
            return
        finite = np.isfinite(values)
        if finite.all():
            return
        bad = np.argwhere(~finite)
        row = self.rows + int(bad[0, 0]) + 1
        names = self._schema.columns
        if part.name == "x" and names:
            where = f"Row {row}, column {names[bad[0, 1]]!r}"
        elif part.ragged:
            where = f"Entry {self._arrays[f'{part.name}.npy'].rows + int(bad[0, 0]) + 1} of "
            where += f"part {part.name!r}"
        else:
            where = f"Row {row}, part {part.name!r}"
        raise StoreError(
            f"{where} is not a finite number ({len(bad)} such values).",
            "Remove or fill these rows, then import again.",
            kind="data",
        )
