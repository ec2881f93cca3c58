"""User-defined names, and file names derived from them."""

import os
import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

from pushforward.studio.store.errors import StoreError

__all__ = [
    "MOST",
    "check_name",
    "check_text",
    "in_text",
    "is_plain",
    "is_taken",
    "name_of_data",
    "slug",
]

MOST = 200  # characters of the name of a project, a run or a data set
SHARED = 3  # letters that names begin with: fewer are no name
LONGEST_PATH = 240  # characters of a path below a project that another computer names
TOGETHER = 3  # names of files that make one together
LONGEST = 40  # characters of a name that is made
_FORBIDDEN = set('\\:*?"<>|') | {chr(code) for code in range(32)}


def check_name(name: str) -> None:
    """Refuse a name that is too long to be kept.

    Raises:
        StoreError: it is (kind "user").
    """
    if len(name) > MOST:
        message = f"The name has {len(name):,} characters; it may have {MOST}."
        raise StoreError(message, "Shorten it.", kind="user")


def is_plain(path: str) -> bool:
    """Return whether a relative path, with "/" between its parts, names a file below its folder on
    every system: nothing absolute, hidden or upward, and no character that some system refuses.
    """
    if len(path) > LONGEST_PATH or set(path) & _FORBIDDEN:
        return False
    parts = path.split("/")
    return not any(not p or p.startswith(".") or p.endswith((".", " ")) for p in parts)


def slug(text: str, fallback: str) -> str:
    """Return lower-case ASCII words joined by hyphens, at most 48 characters.

    Safe on every file system: "Données 2 (fin)" becomes "donnees-2-fin". ``fallback`` is taken
    when nothing is left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].rstrip("-")
    # Windows reserves these whatever the case or the suffix.
    reserved = re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", words)
    return f"{fallback}-{words}" if reserved else words or fallback


def is_taken(name: str, taken: Collection[str]) -> bool:
    """Return whether a data set of this name exists."""
    return slug(name, "data") in {slug(each, "data") for each in taken}


def name_of_data(files: Sequence[Path], taken: Collection[str]) -> str:
    """Return a free name for a data set: the file name, the common prefix of several names, all of
    a few names, or the folder name. ``taken`` are existing names.
    """
    stems = list(dict.fromkeys(file.stem for file in files))
    shared = os.path.commonprefix(stems).strip("-_. ")  # noqa: RUF071 - of characters, as meant
    base = _words(shared if len(shared) >= SHARED else "-".join(stems))
    if len(shared) < SHARED and (len(stems) > TOGETHER or len(base) > LONGEST):
        base = _words(files[0].absolute().parent.name) or base
    base = base[:LONGEST].strip("-") or "data"
    name, n = base, 2
    while is_taken(name, taken):
        name, n = f"{base}-{n}", n + 1
    return name


def _words(text: str) -> str:
    """Return lower-case letters and digits of any script, joined by hyphens."""
    plain = "".join(c if c.isalnum() else "-" for c in text.lower())
    return "-".join(part for part in plain.split("-") if part)


def in_text(name: str) -> str:
    """Return a file name for display; bytes that are not UTF-8 become "?"."""
    return name.encode("utf-8", "replace").decode()


def check_text(path: Path) -> None:
    """Check that a path can be written and sent.

    Raises:
        StoreError: it is not UTF-8 (kind "user").
    """
    lost = "\ufffd" in path.name and not path.exists()
    if lost or in_text(str(path)) != str(path):
        raise StoreError(
            f"{in_text(path.name)} has a name that is not valid UTF-8 (or a folder above it has).",
            "Rename it, then import it.",
            kind="user",
        )
