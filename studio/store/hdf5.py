"""HDF5 files, written whole and never kept open.

A file is built in memory and then written like any other: HDF5 itself cannot be trusted to
survive a full disk, and a reader never meets a half-written one. Readers take no locks, since
files never change in place.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pushforward.studio.store.atomic import check_space, write_bytes
from pushforward.studio.store.errors import Damaged, StoreError, explain
from pushforward.studio.store.regular_files import open_regular

__all__ = [
    "build",
    "hard_link",
    "opened",
    "put_columns",
    "signed",
    "write",
]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CUT = re.compile(r"truncated file: eof = (\d+),.* stored_eof = (\d+)")
_GONE = re.compile(r"object '(.+)' doesn't exist")

ERRORS = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError)
"""What h5py raises on a file that is not what it should be."""


def build(fill: Callable[[Any], None]) -> bytes:
    """Return the bytes of the HDF5 file that ``fill(h5py.File)`` makes."""
    import h5py

    with h5py.File("memory.h5", "w", driver="core", backing_store=False) as file:
        fill(file)
        file.flush()
        return bytes(file.id.get_file_image())


def write(
    path: Path,
    fill: Callable[[Any], None],
    *,
    exclusive: bool = False,
    durable: bool = True,
) -> None:
    """Write an HDF5 file atomically; the flags are those of `studio.store.atomic.replacing`.

    Raises:
        DiskFull: it does not fit.
        StoreError: the disk refused.
        FileExistsError: ``exclusive``, and the path is taken.
    """
    data = build(fill)
    check_space(path.parent, len(data))
    write_bytes(path, data, exclusive=exclusive, durable=durable)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Yield an ``h5py.File`` for reading; errors of h5py become `Damaged`.

    Raises:
        Damaged: the file or something in it cannot be read.
        StoreError: it is missing, may not be read, or memory is short.
    """
    import h5py

    try:
        open_regular(path).close()
    except OSError as error:
        raise explain(error, path, "read") from error
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except FileNotFoundError as error:
        raise explain(error, path, "read") from error
    except MemoryError as error:
        raise StoreError(
            f"{path} cannot be read: there is too little free memory.",
            "Close other programs, then open it again; the file is intact.",
        ) from error
    except ERRORS as error:
        if not path.exists():  # whoever writes has thrown it away meanwhile
            raise explain(FileNotFoundError(), path, "read") from error
        raise Damaged(
            f"{path} {_wrong(path, error)}.", "Restore it from a backup, or delete it."
        ) from error


def hard_link() -> Any:
    """Return the class of hard links, to objects within the file."""
    import h5py

    return h5py.HardLink


def put_columns(dataset: Any, names: Sequence[str]) -> None:
    """Store the names of a data set's columns in its attribute "columns"."""
    import h5py

    dataset.attrs.create("columns", list(names), dtype=h5py.string_dtype())


def _wrong(path: Path, error: BaseException) -> str:
    """Return a plain reason why the library cannot read a file."""
    if not signed(path):
        return "is no HDF5 file: it does not begin as one"
    text = str(error.args[0] if error.args else error).rstrip(".")
    if cut := _CUT.search(text):
        there, whole = (int(number) for number in cut.groups())
        return f"is cut off: {there:,} of its {whole:,} bytes are there"
    if gone := _GONE.search(text):
        return f"is damaged: it has no {gone[1]!r}"
    if isinstance(error, OSError | RuntimeError) or "synchronously" in text:  # said by the library
        return f"is damaged: {'its head' if 'superblock' in text else 'part of it'} cannot be read"
    return f"is damaged: {text}"


def signed(path: Path) -> bool:
    """Whether a file has the signature of HDF5: at its beginning, or behind a block of 512, 1024,
    ... bytes that belongs to its user.
    """
    size, at = path.stat().st_size, 0
    with open_regular(path) as file:
        while at < size:
            file.seek(at)
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return True
            at = max(512, 2 * at)
    return False
