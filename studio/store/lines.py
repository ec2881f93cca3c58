"""Files that only grow, one JSON value a line: a kill loses at most the line being written.

A line counts once its newline is there. Lines that cannot be decoded are passed over by readers:
the next writer closes a torn one with a newline of its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pushforward.studio.store.errors import Damaged, explain, human_bytes
from pushforward.studio.store.links import open_to_append
from pushforward.studio.store.regular_files import open_regular

__all__ = ["append", "complete", "sync"]

MOST = 2**30
"""Bytes: the curves of some ten million steps have half of it."""
LONGEST = 2**24
"""Bytes of a line: no one change or batch of losses comes near."""


def append(path: Path, line: bytes) -> None:
    """Append one line (without its newline) in a single write.

    Raises:
        ValueError: it is more than one.
        StoreError: the operating system refused, or the path is a link.
    """
    if b"\n" in line:
        raise ValueError(f"one line at a time, got {line[:80]!r}")
    try:
        with open_to_append(path) as file:
            end = file.seek(0, os.SEEK_END)
            torn = False
            if end:
                file.seek(end - 1)
                torn = file.read(1) != b"\n"
            data = memoryview((b"\n" if torn else b"") + line + b"\n")
            while data:
                data = data[file.write(data) :]
    except OSError as error:
        raise explain(error, path) from error


def complete(path: Path, offset: int = 0) -> tuple[Iterator[bytes], int]:
    """Return the complete lines from a byte offset on, one by one as copies of them all would take
    several times the memory of the file, and the offset after the last of them.

    An offset that no longer lies just after a newline means that the file was rewritten: it is
    then read from the start. A file that is not there has no lines; those longer than `LONGEST`
    are left out.

    Raises:
        StoreError: the operating system refused, it is not a file, or larger than `MOST`.
    """
    try:
        with open_regular(path) as file:
            start = offset if _at_line_start(file, offset) else 0
            if file.seek(0, os.SEEK_END) - start > MOST:
                raise _too_long(path)
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return iter(()), 0
    except OSError as error:
        raise explain(error, path, "read") from error
    end = data.rfind(b"\n") + 1
    return _split(data, end), start + end


def _split(data: bytes, end: int) -> Iterator[bytes]:
    """Yield the lines of the first ``end`` bytes that are neither empty nor too long."""
    start = 0
    while start < end:
        stop = data.index(b"\n", start)
        if 0 < stop - start <= LONGEST:
            yield data[start:stop]
        start = stop + 1


def sync(path: Path) -> None:
    """Force the lines written so far to the disk."""
    try:
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    except OSError as error:
        raise explain(error, path) from error


def _too_long(path: Path) -> Damaged:
    most = human_bytes(MOST)
    return Damaged(f"{path} has more than {most}, more than any run writes.", "Remove it.")


def _at_line_start(file: BinaryIO, offset: int) -> bool:
    if offset == 0:
        return True
    size = file.seek(0, os.SEEK_END)
    if offset > size:
        return False
    file.seek(offset - 1)
    return file.read(1) == b"\n"
