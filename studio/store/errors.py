"""Errors of files as messages: what, where, and what to do."""

import errno
from pathlib import Path

from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["Damaged", "DiskFull", "StoreError", "explain", "human_bytes"]

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class StoreError(Exception):
    """A file could not be read or written.

    Attributes:
        message: what is wrong and where, one sentence.
        hint: what to do about it, one sentence, or "".
        kind: "disk", "data" (the content is at fault) or "user" (the request is).
    """

    def __init__(self, message: str, hint: str = "", kind: str = "disk") -> None:
        super().__init__(f"{message} {hint}" if hint else message)
        self.message = message
        self.hint = hint
        self.kind = kind

    def info(self) -> ErrorInfo:
        """Return the same as a message for the screen."""
        return ErrorInfo(kind=self.kind, message=self.message, hint=self.hint)


class DiskFull(StoreError):
    """There is no room for a file; what was there before is untouched."""


class Damaged(StoreError):
    """A file is there but is not what it should be: truncated, overwritten, of another kind."""


def explain(error: OSError, path: Path, action: str = "write") -> StoreError:
    """Convert an error of the operating system about a path to a `StoreError`."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return DiskFull(
            f"The disk is full: {path} could not be written.",
            "Free some space, then continue; the last version of the file is intact.",
        )
    if error.errno in _FORBIDDEN:
        return StoreError(
            f"No permission to {action} {path} ({reason}).",
            "Choose a folder that you may write to, or change its permissions.",
        )
    if isinstance(error, FileNotFoundError) and action == "write" and not path.parent.exists():
        return missing_folder(path)
    if isinstance(error, FileNotFoundError):
        return StoreError(f"{path} does not exist.", "It may have been moved or deleted.")
    return StoreError(
        f"Could not {action} {path}: {reason}.", "Check that the disk is connected and healthy."
    )


def missing_folder(path: Path) -> StoreError:
    """Return the error for a file whose folder is missing."""
    return StoreError(
        f"{path.name} cannot be written: there is no folder {path.parent}.",
        "Create that folder, or choose another.",
    )


def human_bytes(size: float) -> str:
    """Write a number of bytes for people, in decimal units: "3.2 MB", "10.7 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
