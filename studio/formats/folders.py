"""A folder instead of files: those of its files that one importer accepts together."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importers
from pushforward.studio.store.errors import StoreError, explain

__all__ = ["DEEPEST", "below", "bytes_below", "members", "standing_for", "unfolded"]

DEEPEST = 8
"""Folders inside each other that are looked into."""
MOST_LOOKED_AT = 10_000
"""Entries of a folder; one with more is not meant to be imported whole."""


def members(path: Path) -> list[Path]:
    """Return the files of a folder, sorted, without hidden files and subfolders; () if it is not a
    folder.

    Raises:
        FormatError: it has too many.
        StoreError: it cannot be read.
    """
    if not path.is_dir():
        return []
    found = []
    try:
        with os.scandir(path) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_LOOKED_AT:
                    raise FormatError(
                        f"The folder {path.name} has more than {MOST_LOOKED_AT:,} files.",
                        "Choose the files that belong together.",
                        kind="user",
                    )
                if not entry.name.startswith(".") and entry.is_file():
                    found.append(Path(entry.path))
    except OSError as error:
        raise explain(error, path, "read") from error
    return sorted(found)


def below(folder: Path, depth: int = DEEPEST) -> Iterator[Path]:
    """Yield the files in a folder and in those in it, in the order of names, without hidden ones;
    links to folders are not followed, since they may lead in a circle.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise explain(error, folder, "read") from error
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from below(Path(entry.path), depth - 1)
        elif entry.is_file():
            yield Path(entry.path)


def bytes_below(folder: Path, most: int) -> int:
    """Return how many bytes the files of a folder and of those in it have, or some number above
    ``most`` where it is more than that.

    Raises:
        StoreError: it cannot be read.
    """
    size = 0
    for path in below(folder):
        with suppress(OSError):  # gone meanwhile
            size += path.stat().st_size
        if size > most:
            break
    return size


def unfolded(paths: Sequence[Path]) -> list[Path]:
    """Return files, with each folder replaced by those of its files that belong together: the
    largest group that one importer accepts. General importers come last, and a readme is skipped. A
    folder stays if an importer treats it as one item (`Importer.holds`).

    Raises:
        FormatError: no importer accepts anything in a folder.
        StoreError: a folder cannot be read.
    """
    files = [
        file for path in paths for file in (_find_importable(path) if path.is_dir() else [path])
    ]
    return [file for file in files if not _is_readme(file)] or files


def standing_for(paths: Sequence[Path]) -> Path | None:
    """Return the folder meant by files that hold no data alone: a readme, or an incomplete set by
    `Importer.enough`. None if they hold data themselves, or no importer recognises the folder.
    Unreadable files give None; opening them reports the error.
    """
    try:
        return _standing_for(paths)
    except (StoreError, OSError):
        return None


def _standing_for(paths: Sequence[Path]) -> Path | None:
    folders = {path.parent for path in paths}
    if len(folders) != 1 or any(path.is_dir() for path in paths):
        return None
    (folder,) = folders
    some = [path for path in paths if not _is_readme(path)]
    asked = [each for each in importers.all() if not each.general]
    if some:
        asked = [each for each in importers.find_claiming(some) if not each.general][:1]
        if not asked or asked[0].enough(some):
            return None
    files = [file for file in members(folder) if not _is_readme(file)]
    for each in asked:
        found = [file for file in files if importers.claims(each, file)]
        if found and each.enough(found):
            return folder
    return None


def _is_readme(path: Path) -> bool:
    return path.stem.casefold() == "readme"


def _find_importable(folder: Path) -> list[Path]:
    if any(importers.claims(each, folder) for each in importers.all()):
        return [folder]
    files = members(folder)
    for general in (False, True):
        asked = [each for each in importers.all() if each.general == general]
        # The first of those that take as many: the order of importers is the same everywhere.
        found = max(
            ([f for f in files if importers.claims(each, f)] for each in asked),
            key=len,
            default=[],
        )
        if found:
            return found
    raise FormatError(
        f"Nothing in the folder {folder.name} can be imported.",
        f"Files of data end in {', '.join(importers.suffixes())}.",
        kind="user",
    )
