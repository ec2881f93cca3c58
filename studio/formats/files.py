"""External files of any content: choose an importer, inspect them, stream their rows. What a name
or a size rules out is refused before a file is opened.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.formats.archives import BROKEN, check_unpacked, is_archive
from pushforward.studio.formats.declared_kind import declared_kind
from pushforward.studio.formats.folders import bytes_below, standing_for, unfolded
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MAX_BYTES, MAX_FILES, MAX_ROWS, FormatError
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.store.errors import explain, human_bytes
from pushforward.studio.store.names import check_text
from pushforward.studio.store.parts import Block

__all__ = ["inspect", "rows"]

SHOWN = 6
"""Files of a folder that are named."""


def inspect(
    paths: Sequence[Path], importer: str = "", options: Mapping[str, Any] | None = None
) -> Inspection:
    """Inspect files that belong together with the chosen importer, or the most specific one that
    accepts them. A folder stands for its files; if files mean nothing without their folder, only
    that folder is returned.

    Raises:
        FormatError: they cannot be imported.
        StoreError: one is missing or may not be read.
    """
    discover()
    folder = standing_for(paths) if not importer else None
    if folder is not None:
        names = [str(path) for path in paths]
        return Inspection(
            files=names, importer="", kind="", format="", bytes=0, instead=str(folder)
        )
    files = unfolded(paths)
    size = _check_files(files)
    try:
        chosen, offered = _choose(files, importer)
        found = chosen.inspect(files, settle(chosen.options, options or {}))
    except OSError as error:
        raise _explained(error, files) from error
    offers = [each.offer() for each in offered]
    notes = [*_of_folders(paths, files), *found.notes]
    return msgspec.structs.replace(found, bytes=size, offers=offers, notes=notes)


def rows(
    paths: Sequence[Path], importer: str = "", options: Mapping[str, Any] | None = None
) -> Rows:
    """Return the rows of files that belong together, to be taken block by block.

    Raises:
        FormatError: they cannot be imported, now or while the blocks are read.
        StoreError: one is missing or may not be read.
    """
    discover()
    files = unfolded(paths)
    _check_files(files)
    try:
        chosen, _ = _choose(files, importer)
        found = chosen.rows(files, settle(chosen.options, options or {}))
    except OSError as error:
        raise _explained(error, files) from error
    return Rows(found.schema, _explaining(found.blocks, files), found.total)


def _of_folders(paths: Sequence[Path], files: Sequence[Path]) -> Iterator[str]:
    """Say which files of a folder are read."""
    for folder in (path for path in paths if path.is_dir() and path not in files):
        names = [file.name for file in files if file.parent == folder]
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        yield f"Read from the folder {folder.name}: {', '.join(names[:SHOWN])}{more}."


def _explaining(blocks: Iterator[Block], paths: Sequence[Path]) -> Iterator[Block]:
    try:
        yield from blocks
    except OSError as error:
        raise _explained(error, paths) from error


def _explained(error: OSError, paths: Sequence[Path]) -> Exception:
    named = error.filename if isinstance(error.filename, str) else ""
    return explain(error, Path(named) if named else paths[0], "read")


def _check_files(paths: Sequence[Path]) -> int:
    """Refuse by name and size; return the size of all files."""
    if not 0 < len(paths) <= MAX_FILES:
        raise FormatError(
            f"{len(paths):,} files are selected; the limit is {MAX_FILES:,}.",
            "Choose fewer.",
            kind="user",
        )
    sizes = {path: _size(path) for path in paths}
    if sum(n for path, n in sizes.items() if n <= MAX_BYTES) > MAX_BYTES:
        raise _too_large(f"The {len(paths):,} files have", sum(sizes.values()))
    return sum(sizes.values())


def _size(path: Path) -> int:
    check_text(path)
    if not path.is_dir():
        importers.check_suffix(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise explain(error, path, "read") from error
    if path.is_dir():
        size = bytes_below(path, MAX_BYTES)
        if size > MAX_BYTES:
            raise _too_large(f"The folder {path.name} has more than", MAX_BYTES)
        return size
    if not path.is_file():
        raise FormatError(f"{path} is not a file.", "Choose a file.", kind="user")
    if size == 0:
        raise FormatError(f"{path.name} is empty.", "There is nothing in it to learn from.")
    large = (each for each in importers.all() if each.windowed)
    if size > MAX_BYTES and not any(importers.claims(each, path) for each in large):
        raise _too_large(f"{path.name} has", size)
    if path.suffix.lower() == ".zip":
        check_unpacked(path)
    return size


def _too_large(what: str, size: int) -> FormatError:
    return FormatError(
        f"{what} {human_bytes(size)}; the limit is {human_bytes(MAX_BYTES)} and {MAX_ROWS:,} rows.",
        "Import a random subset of the rows: a model rarely needs more than a million.",
    )


def _refuse_torn(path: Path) -> None:
    """Refuse an archive without its end, where its directory is."""
    if is_archive(path) and not zipfile.is_zipfile(path):
        raise FormatError(
            f"{path.name} is damaged: it begins as a zip does, and its end is missing.",
            "Copy or download it again.",
        )


def _refuse_hollow(path: Path) -> None:
    """Refuse a zip in which there is no file; one that cannot be read is refused by others."""
    names = ["unknown"]
    if zipfile.is_zipfile(path):
        with suppress(*BROKEN), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    if all(name.endswith("/") for name in names):
        raise FormatError(f"{path.name} holds no files.", "Choose another one.")


def _of_kind(path: Path, kind: str, offered: Sequence[Importer]) -> list[Importer]:
    """Return the importers of the data type that exported files say they hold.

    Raises:
        FormatError: none takes such files; the suffixes of those of the type are named.
    """
    if found := [each for each in offered if each.kind == kind]:
        return found
    able = {suffix for each in importers.all() if each.kind == kind for suffix in each.suffixes}
    way = f"Export them as {' or '.join(sorted(able))} and import that." if able else ""
    raise FormatError(
        f"{path.name} holds {kind}, which cannot be imported from {path.suffix} files.", way
    )


def _choose(paths: Sequence[Path], slug: str) -> tuple[Importer, list[Importer]]:
    """Return the importer to use, and the possible alternatives."""
    offered = importers.offered(paths)
    if slug:
        return importers.get(slug), offered
    kinds = {kind for path in paths if path.is_file() and (kind := declared_kind(path))}
    if len(kinds) == 1:
        offered = _of_kind(paths[0], kinds.pop(), offered)
    if not offered:
        for path in paths:
            _refuse_torn(path)
            _refuse_hollow(path)
        names = ", ".join(path.name for path in paths[:3])
        together = " together" if len(paths) > 1 else ""
        hint = "Check what is in there, or import the files one by one."
        if not all(path.suffix for path in paths):
            known = ", ".join(importers.suffixes())
            hint = f"Add one of the suffixes {known}."
        raise FormatError(
            f"No importer takes {names}{', ...' if len(paths) > 3 else ''}{together}.", hint
        )
    return offered[0], offered
