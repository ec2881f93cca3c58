"""Open files of folders that may come from another person: a named pipe would block, a device or
folder is no file, and the size is unbounded.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from pushforward.studio.store.errors import Damaged, human_bytes

__all__ = ["MAX_DOCUMENT", "open_handle", "open_regular", "read_regular"]

MAX_DOCUMENT = 4 * 2**20
"""Bytes of a TOML or JSON file; the longest that the program writes has some hundred thousand."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_handle(path: Path, flags: int) -> int:
    """Open a file as `os.open` does with such flags; nothing is waited for.

    Raises:
        Damaged: it is not a file.
        OSError: the operating system refused.
    """
    # What is not a file is noticed only once it is open, and opening a pipe waits for a writer.
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    if os.name == "nt" and os.path.isdir(path):
        raise _no_file(path, "a folder")  # where one cannot be opened
    handle = os.open(path, flags, 0o666)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise _no_file(path, _KINDS.get(stat.S_IFMT(mode), "something else"))
    return handle


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; nothing is waited for.

    Raises:
        Damaged: it is not a file.
        OSError: the operating system refused.
    """
    return os.fdopen(open_handle(path, os.O_RDONLY), "rb")


def read_regular(path: Path, most: int = MAX_DOCUMENT) -> bytes:
    """Return the content of a file of at most ``most`` bytes.

    Raises:
        Damaged: it is larger, or not a file.
        OSError: the operating system refused.
    """
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Damaged(
            f"{path} has more than {human_bytes(most)}, too large for a file of this kind.",
            "Restore it from a backup, or move it to the trash.",
        )
    return data


def _no_file(path: Path, kind: str) -> Damaged:
    return Damaged(f"{path} is {kind}, where a file should be.", "Remove it.")
