"""A folder in the place of files: those of its files are meant that one importer takes together."""

import os
from collections.abc import Sequence
from pathlib import Path

from studio.formats.limits import FormatError
from studio.formats.registry import importers
from studio.store.errors import explain

__all__ = ["members", "unfolded"]

MOST_LOOKED_AT = 10_000
"""Entries of a folder; one with more is not meant to be imported whole."""


def members(path: Path) -> list[Path]:
    """Return the files of a folder in the order of their names, without hidden ones and without
    what is in folders of its own; () of what is no folder.

    Raises:
        FormatError: it has far too many.
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


def unfolded(paths: Sequence[Path]) -> list[Path]:
    """Return files, and in the place of each folder those of its files that belong together: what
    the importer takes that recognises most of them. Importers that take any file with a suffix are
    asked last, and a read-me beside the data is then left out.

    Raises:
        FormatError: no importer takes anything in a folder.
        StoreError: a folder cannot be read.
    """
    return [file for path in paths for file in (_taken(path) if path.is_dir() else [path])]


def _taken(folder: Path) -> list[Path]:
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
