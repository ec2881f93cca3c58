"""Interface of importers: inspect files of one data type and stream their rows.

Add an importer as one file in the folder of its data type, with ``@importer`` on a class. It runs
in a separate process with `limits.MEMORY`: it holds a bounded number of rows, checks what a file
declares against its size and the limits before allocating, and reports errors as `FormatError`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pushforward.studio.formats.inspection import Inspection, Offer
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["Importer", "Rows"]


@dataclass(frozen=True)
class Rows:
    """What files hold: the schema, and the rows block by block, once. ``total`` is how many there
    will be, None where only reading can tell.
    """

    schema: Schema
    blocks: Iterator[Block]
    total: int | None = None


class Importer(ABC):
    """A file importer, registered by `studio.formats.registry.importer`.

    Attributes:
        slug: its name in commands.
        kind: the kind of data that it brings.
        title: what it takes, for people.
        suffixes: those of its files, with the dot, in lower case.
        bare: it also takes files whose names have no suffix.
        called: how these are called, as patterns for a dialog.
        options: what it can be told, with the kinds "bool", "int", "float", "text" and "choice" of
            `studio.protocol.catalog.FieldSpec`; "item" and "columns" are chosen from the tables
            that were found, "source" from the columns that an inspection names.
        windowed: it reads parts of large files, which may be larger than others.
        general: it takes any file with such a suffix, so that others which recognise what is in a
            file come before it.
    """

    slug: ClassVar[str]
    kind: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    bare: ClassVar[bool] = False
    called: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[FieldSpec, ...]] = ()
    windowed: ClassVar[bool] = False
    general: ClassVar[bool] = False

    def claims(self, path: Path) -> bool:
        """Say whether a file with one of the suffixes is such a one, from its first bytes or its
        head; one that is damaged is none.
        """
        return True

    def also(self, path: Path) -> bool:
        """Return whether the user may choose this importer for a file that it does not claim."""
        return False

    def holds(self, folder: Path) -> bool:
        """Return whether a folder with its subfolders is one item, inspected and read like a
        file.
        """
        return False

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether files that it claims hold data without others of their folder: titles alone
        do not.
        """
        return True

    @abstractmethod
    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look into files that belong together; ``options`` has a value for each option.

        Raises:
            FormatError: they cannot be taken at all.
        """

    @abstractmethod
    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Return the rows of all files, one after the other.

        Raises:
            FormatError: they cannot be taken, now or while the blocks are read.
        """

    def offer(self) -> Offer:
        """Return the description of the importer."""
        return Offer(slug=self.slug, title=self.title, kind=self.kind, options=list(self.options))
