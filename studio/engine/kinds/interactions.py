"""Interactions: histories have titles, and what is recommended is written as a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.kinds.interactions import InteractionSet
from models.nets.sequences.histories import PADDING
from studio.engine.kinds.base import Arrays, DataKind, Facts
from studio.engine.process.failures import Refused
from studio.formats.arrays import write_arrays
from studio.store.atomic import write_text

__all__ = ["Interactions"]

_LISTS = ("user", "item", "score")


class Interactions(DataKind, slug="interactions"):
    """Histories of people."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".npz", ".h5")

    def described(self, data: RowSource) -> str:
        assert isinstance(data, InteractionSet)
        events = int(data.size.sum())
        return f"{len(data):,} people, {len(data.titles):,} items, {events:,} interactions"

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, InteractionSet)
        return {**super().facts(data), "events": int(data.size.sum())}

    def from_parts(self, parts: Arrays, facts: Facts) -> InteractionSet:
        """Return histories from what an importer brings: x, and the titles among the facts."""
        if (refused := self.missing(parts, ("x",))) is not None:
            raise refused
        x = torch.from_numpy(np.array(parts["x"])).long()
        titles = tuple(map(str, facts.more.get("titles", ())))
        if x.ndim != 2 or not titles or x.min() < PADDING or x.max() > len(titles):
            raise Refused(
                "The data set has items without a title, or is no table of histories.",
                "Import it again.",
                kind="data",
                path="dataset",
            )
        return InteractionSet(x, titles)

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """As `DataKind.write`; a table has a line for each item of each person, in order."""
        if path.suffix.lower() != ".csv":
            write_arrays(path, self.arrays(rows), attrs)
            return
        x = rows.x.numpy()
        people, places = np.nonzero(x != PADDING)
        lines = [
            (person, place + 1, int(x[person, place]), _title(columns, int(x[person, place])))
            for person, place in zip(people.tolist(), places.tolist(), strict=True)
        ]
        _table(path, ("user", "place", "item", "title"), lines)

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """As `DataKind.write_result`; lists are a table of user, rank, item, title and score."""
        if path.suffix.lower() != ".csv" or any(name not in arrays for name in _LISTS):
            super().write_result(path, rows, columns, arrays, attrs)
            return
        user, item, score = (arrays[name] for name in _LISTS)
        lines = [
            (user[i], j + 1, item[i, j], _title(columns, int(item[i, j])), f"{score[i, j]:.6g}")
            for i, j in np.ndindex(*item.shape)
            if item[i, j] != PADDING
        ]
        _table(path, ("user", "rank", "item", "title", "score"), lines)


def _title(titles: Sequence[str], item: int) -> str:
    return titles[item - 1] if 0 < item <= len(titles) else ""


def _table(path: Path, head: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    """Write a table with commas.

    Raises:
        StoreError: the disk refused.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    table.writerows([_plain(cell) for cell in line] for line in lines)
    write_text(path, text.getvalue())


def _plain(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; a title may come from anywhere."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
