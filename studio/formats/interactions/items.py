"""Titles and categories of items, from their own files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pushforward.studio.formats.interactions.blocks import MAX_LINE, split_line
from pushforward.studio.formats.interactions.events import File
from pushforward.studio.formats.interactions.layout import JSON, PARQUET, Layout
from pushforward.studio.formats.interactions.layouts import MOVIELENS, movielens_layout
from pushforward.studio.formats.interactions.records import blocks_of
from pushforward.studio.formats.interactions.sources import Source
from pushforward.studio.formats.limits import MAX_BYTES, FormatError
from pushforward.studio.store.errors import StoreError, human_bytes

__all__ = ["Described", "describe"]

MAX_TITLES = 2_000_000
NEIGHBOURS = ("movies.csv", "movies.dat", "u.item")
"""Files of titles that are looked for next to events, if none was chosen."""


@dataclass
class Described:
    """Titles and categories by item as the files write it, and notes on where they are from."""

    titles: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def describe(files: Sequence[File]) -> Described:
    """Return titles and categories of items, from the given files or their neighbours.

    Raises:
        FormatError: a chosen file cannot be used.
    """
    found = Described()
    chosen = [file for file in files if file.layout.holds == "items"]
    for file in chosen:
        _read(file, found)
    if not chosen:
        folders = dict.fromkeys(file.source.path.parent for file in files)
        paths = dict.fromkeys(folder / name for folder in folders for name in NEIGHBOURS)
        own = {file.source.path for file in files}
        for path in (path for path in paths if path not in own):
            _neighbour(Source(path), found)
    return found


def _neighbour(source: Source, found: Described) -> None:
    """Read a neighbouring file that was not chosen; it may be missing or without titles."""
    path = source.path
    read = Described()
    try:
        if not path.is_file():
            return
        if path.stat().st_size > MAX_BYTES:
            raise FormatError(f"it has more than {human_bytes(MAX_BYTES)}.")
        layout = movielens_layout(source)
        if layout is None or layout.holds != "items":
            return
        _read(File(source, layout), read)
    except (StoreError, OSError) as error:
        found.notes.append(f"{path.name} beside the ratings cannot be read: {error}")
        return
    found.titles |= read.titles
    found.categories |= read.categories
    found.notes += [f"The titles are from {path.name} beside the ratings.", *read.notes]


def _read(file: File, found: Described) -> None:
    layout = file.layout
    check_header(file)
    if layout.delimiter in (JSON, PARQUET):
        _read_blocks(file, found)
        return
    least = max(layout.roles.values()) + 1
    latin = 0
    for number, raw in _lines(file):
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            line, latin = raw.decode("latin-1"), latin + 1
        cells = split_line(line, layout.delimiter)
        numbered = layout.format != MOVIELENS or cells[0].strip().isdecimal()
        if len(cells) < least or not numbered:
            raise FormatError(
                f"{file.source.name}, line {number:,} should be the number of an item and its "
                f"title, and is {line[:60]!r}.",
                "Check that the file is whole.",
            )
        _add(layout, cells, found, file)
    # Files without a header were in Latin-1 from the start.
    if latin and layout.header:
        found.notes.append(
            f"{file.source.name} is not all UTF-8: {latin:,} of its titles, read as Latin-1."
        )


def _add(layout: Layout, cells: Sequence[str], found: Described, file: File) -> None:
    item = cells[layout.roles["item"]].strip()
    if "title" in layout.roles:
        found.titles[item] = cells[layout.roles["title"]].strip()
    if "categories" in layout.roles:
        found.categories[item] = separated(cells[layout.roles["categories"]], layout.format)
    elif layout.flags and len(cells) >= len(layout.flags):
        flags = zip(layout.flags, cells[-len(layout.flags) :], strict=True)
        found.categories[item] = "|".join(name for name, flag in flags if flag.strip() == "1")
    if len(found.titles) > MAX_TITLES:
        raise FormatError(f"{file.source.name} has more than {MAX_TITLES:,} titles.")


def _read_blocks(file: File, found: Described) -> None:
    layout = file.layout
    wanted = sorted(set(layout.roles.values()))
    width = max(wanted) + 1
    for block in blocks_of(file.source, layout, wanted):
        for row in range(len(block.lines)):
            cells = [""] * width
            for place in wanted:
                cells[place] = block.columns[place].text(row)
            _add(layout, cells, found, file)


def _lines(file: File) -> Iterable[tuple[int, bytes]]:
    """Yield the lines with their numbers, without the header and empty ones."""
    with file.source.open() as stream:
        rest, number = b"", 0
        while block := stream.read(2**20):
            *whole, rest = (rest + block).split(b"\n")
            whole = [each.removeprefix(b"\xef\xbb\xbf") if not number else each for each in whole]
            for raw in whole:
                number += 1
                yield from _line(file, number, raw)
            if len(rest) > MAX_LINE:
                break
        yield from _line(file, number + 1, rest)


def _line(file: File, number: int, raw: bytes) -> Iterable[tuple[int, bytes]]:
    if len(raw) > MAX_LINE:
        raise FormatError(
            f"{file.source.name}, line {number:,} is longer than {MAX_LINE:,} characters.",
            "Check that it is a table with one item per line.",
        )
    if raw.strip() and not (file.layout.header and number == 1):
        yield number, raw.rstrip(b"\r")


def check_header(file: File) -> None:
    """Raise a `FormatError` where columns are missing that MovieLens has."""
    layout = file.layout
    if not layout.missing:
        return
    lacking = " and ".join(layout.missing)
    many = "s" if len(layout.missing) > 1 else ""
    needs = f"{','.join(layout.required)}, in any order"
    raise FormatError(
        f"{file.source.name} lacks the column{many} {lacking}; its columns are "
        f"{', '.join(layout.names)}.",
        f"Name the columns in its first line: {needs}.",
    )


def separated(text: str, form: str = "") -> str:
    """Return categories separated by "|"."""
    text = text.strip().strip("[]")
    if "|" not in text:
        for sign in (";", ","):
            if sign in text:
                return "|".join(part.strip(" '\"") for part in text.split(sign) if part.strip())
        if form == "RecBole":
            return "|".join(text.split())
    return "" if text == "(no genres listed)" else text
