"""What importers of graphs and of molecules share: files are read twice, the first time for what
rows must have room for.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pushforward.studio.counts import verb_for
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, check_points, rows_at_once
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["Collected", "LeftOut", "ReadTwice", "lines_of"]

Met = TypeVar("Met")
Taken = TypeVar("Taken")
SHOWN, SHOWN_NUMBERS = 8, 40_000  # rows of a preview, and their numbers: at least three
TOLD = 3  # reasons that are told with where they were met first


def lines_of(path: Path, most: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file with their numbers from 1; None for one of more than ``most``
    bytes, which is not kept.
    """
    with open(path, "rb") as file:
        number = 0
        while line := file.readline(most + 1):
            number += 1
            long = len(line) > most
            while long and line and not line.endswith(b"\n"):
                line = file.readline(most + 1)
            yield number, None if long else line


@dataclass
class LeftOut:
    """A reason for skipping items, their number, and where it occurred first."""

    why: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, why: str, where: str) -> None:
        """Count one more."""
        self.why[why] += 1
        self.first.setdefault(why, where)

    @property
    def note(self) -> str:
        """Say how many, why and where; "" of none."""
        total = sum(self.why.values())
        reasons = self.why.most_common(TOLD)
        if total == 1:
            ((why, _),) = reasons
            alone = why.replace("they have", "it has").replace("their line", "its line")
            return f"1 is left out: {alone} ({self.first[why]})."
        each = "; ".join(f"{n:,} as {why} (first {self.first[why]})" for why, n in reasons)
        more = ", and others" if len(self.why) > TOLD else ""
        return f"{total:,} {verb_for(total)} left out: {each}{more}." if total else ""


class Collected(ABC, Generic[Met, Taken]):
    """Statistics of items after all files were scanned.

    Attributes:
        rows: number of accepted items.
        one: name of an item, for error messages.
    """

    rows: int = 0
    one: str

    @abstractmethod
    def look(self, met: Met) -> None:
        """Look at the next of them."""

    @abstractmethod
    def accept(self, met: Met) -> Taken | None:
        """Return the part of an item to import, None to skip it."""

    @property
    @abstractmethod
    def notes(self) -> list[str]:
        """Sentences for people."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """What rows are."""

    @property
    @abstractmethod
    def numbers(self) -> int:
        """How many numbers a row has."""

    @abstractmethod
    def packed(self, some: Sequence[Taken]) -> Block:
        """Return some of them as rows of the schema."""

    def plot_rows(self, block: Block) -> Block:
        """Return the arrays to draw for rows, in addition to their parts."""
        return {}

    @property
    def details(self) -> Mapping[str, Any]:
        """What more an `Inspection` says."""
        return {}


class ReadTwice(Importer, Generic[Met, Taken]):
    """An importer that looks through all files before it takes something.

    Attributes:
        format: what the files are called.
    """

    format: str

    @abstractmethod
    def each(self, path: Path) -> Iterator[Met]:
        """Yield what a file holds, one after the other.

        Raises:
            FormatError: it holds something else, or too much.
        """

    @abstractmethod
    def collecting(self, options: Mapping[str, Any]) -> Collected[Met, Taken]:
        """Return an empty collection."""

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files."""
        seen = self._scan(paths, options)
        preview: dict[str, Any] = {}
        if seen.rows:
            block = next(self._blocks(paths, seen))
            some = max(3, min(SHOWN, SHOWN_NUMBERS // max(1, seen.numbers)))
            first = {name: values[:some] for name, values in block.items()}
            shown = {**first, **seen.plot_rows(first)}
            preview = {name: values.tolist() for name, values in shown.items()}
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=seen.schema.kind if seen.rows else self.kind,
            format=self.format,
            bytes=0,
            rows=seen.rows,
            parts=seen.schema.parts if seen.rows else [],
            classes=seen.schema.classes if seen.rows else [],
            preview=preview,
            problems=[] if seen.rows else [_nothing(paths, seen)],
            notes=seen.notes,
            **seen.details,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the accepted rows of all files."""
        seen = self._scan(paths, options)
        if not seen.rows:
            why = " ".join(seen.notes) or "Check where it came from."
            raise FormatError(_nothing(paths, seen), why)
        check_points(paths[0], "", seen.rows, seen.numbers)
        return Rows(seen.schema, self._blocks(paths, seen), seen.rows)

    def _scan(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Collected[Met, Taken]:
        seen = self.collecting(options)
        for path in paths:
            for met in self.each(path):
                seen.look(met)
        return seen

    def _blocks(self, paths: Sequence[Path], seen: Collected[Met, Taken]) -> Iterator[Block]:
        step = rows_at_once(4 * seen.numbers)
        some: list[Taken] = []
        for path in paths:
            for met in self.each(path):
                if (taken := seen.accept(met)) is not None:
                    some.append(taken)
                if len(some) == step:
                    yield seen.packed(some)
                    some = []
        if some:
            yield seen.packed(some)


def _nothing(paths: Sequence[Path], seen: Collected[Any, Any]) -> str:
    return f"{paths[0].name} has no {seen.one}."
