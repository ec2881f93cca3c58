"""The tables of several files that belong together, one below the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.tables.base import Chunk, RefusedTable, Table

__all__ = ["joined"]


def joined(paths: Sequence[Path], tables: Sequence[Sequence[Table]]) -> list[Table]:
    """Return the tables common to all files, with all rows; if each file has one table, whatever
    its name.

    Raises:
        FormatError: no common table.
    """
    if len(paths) == 1:
        return list(tables[0])
    if all(len(each) == 1 for each in tables):
        return [_join(paths, [each[0] for each in tables])]
    named = [{table.name: table for table in each} for each in tables]
    common = [name for name in named[0] if all(name in each for each in named[1:])]
    if not common:
        raise FormatError(
            f"{paths[0].name} and {paths[1].name} have no table of the same name.",
            "Import them one by one.",
        )
    return [_join(paths, [each[name] for each in named]) for name in common]


def _join(paths: Sequence[Path], members: Sequence[Table]) -> Table:
    first = members[0]
    for path, member in zip(paths, members, strict=True):
        if isinstance(member, RefusedTable):
            return RefusedTable(first.name, member.error)
        if set(member.columns) != set(first.columns):
            odd = sorted(set(member.columns) ^ set(first.columns))
            error = FormatError(
                f"{path.name} has other columns than {paths[0].name}: only one of them has "
                f"{', '.join(map(repr, odd[:3]))}{', ...' if len(odd) > 3 else ''}.",
                "Import them one by one, or give them the same columns.",
            )
            return RefusedTable(first.name, error)
    return _Joined(paths, members)


class _Joined(Table):
    def __init__(self, paths: Sequence[Path], members: Sequence[Table]) -> None:
        first = members[0]
        self.name = first.name
        self.columns = first.columns
        known = [member.rows for member in members if member.rows is not None]
        self.rows = sum(known) if len(known) == len(members) else None
        self.place = first.place if len({m.place for m in members}) == 1 else "row"
        self.notes = ()
        self._members = [
            (path.name, member, [member.columns.index(name) for name in self.columns])
            for path, member in zip(paths, members, strict=True)
        ]

    def problems(self, picked: Sequence[int]) -> list[str]:
        return [
            f"{name}: {problem}"
            for name, member, take in self._members
            for problem in member.problems([take[k] for k in picked])
        ]

    def chunks(self) -> Iterator[Chunk]:
        for name, member, take in self._members:
            for chunk in member.chunks():
                texts = {k: chunk.texts[i] for k, i in enumerate(take) if i in chunk.texts}
                yield Chunk(chunk.values[:, take], _Places(chunk.places, name), texts)
        self.notes = [
            f"{name}: {note}" for name, member, _ in self._members for note in member.notes
        ]

    def labelled_chunks(self, column: int) -> Iterator[tuple[Chunk, list[str]]]:
        for name, member, take in self._members:
            for chunk, cells in member.labelled_chunks(take[column]):
                texts = {k: chunk.texts[i] for k, i in enumerate(take) if i in chunk.texts}
                yield Chunk(chunk.values[:, take], _Places(chunk.places, name), texts), cells

    def preview(self, n: int) -> list[list[Any]]:
        rows: list[list[Any]] = []
        for _, member, take in self._members:
            if len(rows) < n:
                rows += [[row[i] for i in take] for row in member.preview(n - len(rows))]
        return rows


@dataclass(frozen=True)
class _Places(Sequence[int | str]):
    """Row numbers with the file name, formatted on demand."""

    places: Sequence[int | str]
    file: str

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "_Places": ...

    def __getitem__(self, index: int | slice) -> "str | _Places":
        if isinstance(index, slice):
            return _Places(self.places[index], self.file)
        return f"{self.places[index]} of {self.file}"
