"""Names that a person typed, and file names made from them."""

import re
import unicodedata
from pathlib import Path

from studio.store.errors import StoreError

__all__ = ["MOST", "check_name", "check_text", "in_text", "slug"]

MOST = 200  # characters of the name of a project, a run or a data set


def check_name(name: str) -> None:
    """Refuse a name that is too long to be kept.

    Raises:
        StoreError: it is (kind "user").
    """
    if len(name) > MOST:
        message = f"The name has {len(name):,} characters; it may have {MOST}."
        raise StoreError(message, "Shorten it.", kind="user")


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


def in_text(name: str) -> str:
    """Return a file's name as it can be shown: what is not UTF-8 in it is a "?"."""
    return name.encode("utf-8", "replace").decode()


def check_text(path: Path) -> None:
    """Make sure that a path can be written and sent, and was not lost on its way here.

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
