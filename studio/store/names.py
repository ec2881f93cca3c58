"""File names made from what a person typed."""

import re
import unicodedata

__all__ = ["is_text", "slug"]


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


def is_text(name: str) -> bool:
    """Say whether a file's name can be written and sent: one that is not UTF-8 cannot."""
    return name.encode("utf-8", "replace").decode() == name
