"""What an importer says of files before anything is taken from them, as plain data."""

from typing import Any

import msgspec

from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.parts import Part

__all__ = ["Column", "Inspection", "Item", "Offer"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column, over all rows.

    kind: "number", "text" (no numbers), "mixed" (numbers and text), "empty". ``count`` is the
    number of finite numbers, ``nan`` that of cells that are missing, NaN or not finite as 32-bit
    numbers; the statistics are over the finite ones. ``problem`` says where the first bad cell is.
    """

    name: str
    kind: str
    count: int
    nan: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    problem: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a file. ``problems`` prevent an import as it is, ``notes`` do not; ``preview``
    holds the first rows (at most 100), as numbers or text.
    """

    name: str
    columns: list[Column]
    rows: int
    preview: list[list[Any]]
    problems: list[str] = []
    notes: list[str] = []


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An importer that accepts the files, with its options."""

    slug: str
    title: str
    kind: str
    options: list[FieldSpec] = []


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """Content of files as one importer sees them.

    ``kind`` is the kind of data; ``rows`` and ``parts`` (names, types and shapes) are what an
    import with these options would bring, as far as that is known. Where tables are to be chosen
    from they are ``items``, and ``problems`` collects those of all; of other kinds ``preview``
    holds the first few rows by part, as nested lists of numbers or words, and "x", the rows that
    are drawn, where no part has them; ``facts`` are what holds for all rows, by name. ``offers``
    are the importers that take these files, the most particular first; ``unused`` says by the path
    of an option why it changes nothing for these files, and ``settled`` names those that the files
    themselves say, so that nobody is to be asked. Of options of the kind "source", ``sources`` are
    the columns that may be chosen, and ``taken`` the one that looks like it.

    ``picture`` holds arrays that show all data at once, as nested lists: of a scene "colours"
    (h, w, 3) and "truth" (h, w).

    ``instead`` is the folder that was looked into where what was chosen says nothing without the
    other files in it: then it is what is to be imported.
    """

    files: list[str]
    importer: str
    kind: str
    format: str
    bytes: int
    rows: int = 0
    parts: list[Part] = []
    classes: list[str] = []
    items: list[Item] = []
    preview: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    problems: list[str] = []
    notes: list[str] = []
    unused: dict[str, str] = {}
    settled: list[str] = []
    offers: list[Offer] = []
    sources: dict[str, list[str]] = {}
    taken: dict[str, str] = {}
    picture: dict[str, Any] = {}
    instead: str = ""
