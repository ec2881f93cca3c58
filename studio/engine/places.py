"""Where a command's files are: by whole paths, since an engine stands in its program's folder."""

from pathlib import Path

from studio.engine.failures import Refused

__all__ = ["place"]

_LONGEST = 4096


def place(name: str, text: str) -> Path:
    """Return the folder or file that a command's field of a name holds.

    Raises:
        Refused: it is empty, or not a whole path.
    """
    path = Path(text)
    if not text or len(text) > _LONGEST or not path.is_absolute():
        raise Refused(
            f"{name} must be a whole path, got {text[:80]!r}.",
            "Name it from the root of the disk on.",
            path=name,
        )
    return path
