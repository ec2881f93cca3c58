"""The arrays, names and texts of an HDF5 file from elsewhere, read in bounded memory.

What this program writes stores each array once, uncompressed, under one name. So all arrays of a
file together are never larger than the file, and a file that declares more is refused before
memory is taken for it.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_arrays", "read_names", "read_numbers", "read_text"]

MAX_LINKS = 4096
"""Arrays and groups of a group; a record of a flow has some hundred."""
MAX_NAME = 1024
"""Bytes of the name of an array."""
MAX_NAMES = 2**16
"""Names of columns."""
MAX_TEXT = 2**26
"""Bytes that all names of columns may take."""
MAX_TEXTS = 2**20
"""Texts in the heaps of a file."""
MAX_NUMBERS = 2**16
"""Numbers of an attribute."""

_HEAP = b"GCOL\x01\x00\x00\x00"  # begins a heap of texts (HDF5 specification, III.E)


def read_arrays(
    file: Any, groups: Sequence[str] = (), skip: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """Return the arrays at the top of a file and in some of its groups ("layers/a").

    Called inside `studio.store.hdf5.opened`.

    Raises:
        ValueError: an array is a link, has two names or values outside of the file, or all of
            them together are larger than the file.
    """
    places = [(file, name, name) for name in _links(file) if name not in (*groups, *skip)]
    for group in groups:
        if group in file:
            places += [(file[group], name, f"{group}/{name}") for name in _links(file[group])]
    met: dict[tuple[int, int], str] = {}
    checked: dict[str, Any] = {}
    left = file.id.get_filesize()
    for owner, name, full in places:
        dataset = _checked(owner, name, full)
        first = met.setdefault(_key(dataset), full)
        if first != full:
            raise ValueError(f"{full!r} and {first!r} are one array")
        if dataset.dtype.kind not in "biufcS":  # a text may take any number of bytes
            raise ValueError(f"{full!r} holds {dataset.dtype}, and not numbers")
        left -= dataset.size * dataset.dtype.itemsize
        if left < 0:
            raise ValueError("its arrays declare more bytes than the file has")
        checked[full] = dataset
    return {name: np.asarray(dataset[()]) for name, dataset in checked.items()}


def read_text(file: Any, name: str) -> str:
    """Return a text that is stored as a data set of its own.

    Raises:
        ValueError: it is not one text.
    """
    dataset = _checked(file, name, name)
    if dataset.shape != ():
        raise ValueError(f"{name!r} should be one text")
    return str(dataset.asstr()[()])


def read_numbers(owner: Any, name: str) -> NDArray[Any]:
    """Return an attribute of an object of a file, which is a number or some numbers.

    Raises:
        KeyError: there is no such attribute.
        ValueError: it is something else, or too many numbers.
    """
    stored = owner.attrs.get_id(name)
    size = int(np.prod(stored.shape, dtype=np.float64))
    if stored.dtype.kind not in "biuf" or size > MAX_NUMBERS:
        raise ValueError(f"{name!r} should be a number")
    return np.asarray(owner.attrs[name])


def read_names(dataset: Any) -> tuple[str, ...]:
    """Return the names of a data set's columns; empty where there are none, or absurdly many.

    Raises:
        ValueError: the names take more than `MAX_TEXT` bytes.
    """
    if "columns" not in dataset.attrs:
        return ()
    stored = dataset.attrs.get_id("columns")
    if len(stored.shape) != 1 or stored.shape[0] > MAX_NAMES or stored.dtype.kind not in "OS":
        return ()
    # Many names can share one text of a heap, which the library copies for each of them.
    longest = stored.dtype.itemsize
    if stored.dtype.kind == "O":
        longest = _longest_text(Path(dataset.file.filename))
    if stored.shape[0] * longest > MAX_TEXT:
        raise ValueError(f"the names of its columns take more than {MAX_TEXT // 2**20} MB")
    names = dataset.attrs["columns"]
    return tuple(map(str, names)) if all(isinstance(name, str) for name in names) else ()


def _links(group: Any) -> list[str]:
    """Return the names in a group, which are counted and measured while they are read."""
    names: list[bytes] = []

    def meet(name: bytes) -> bool | None:
        names.append(name)
        return True if len(names) > MAX_LINKS or len(name) > MAX_NAME else None

    group.id.links.iterate(meet)
    if len(names) > MAX_LINKS or any(len(name) > MAX_NAME for name in names):
        raise ValueError(f"it has more than {MAX_LINKS:,} arrays, or a name that is too long")
    if len(set(names)) < len(names):
        raise ValueError("two of its arrays have the same name")
    return [name.decode() for name in names]


def _checked(group: Any, name: str, full: str) -> Any:
    """Return a data set with its values in the file, in chunks no larger than itself."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{full!r} is a link, where values should be")
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{full!r} is a group, where values should be")
    size, there = dataset.size * dataset.dtype.itemsize, dataset.file.id.get_filesize()
    if dataset.external or dataset.is_virtual or size > there:
        raise ValueError(f"{full!r} declares {size:,} bytes of values, which are not in the file")
    chunks = dataset.chunks or ()
    if any(chunk > max(side, 1) for chunk, side in zip(chunks, dataset.shape, strict=False)):
        raise ValueError(f"{full!r} has chunks {chunks} that are larger than its {dataset.shape}")
    return dataset


def _key(dataset: Any) -> tuple[int, int]:
    from h5py import h5o

    info = h5o.get_info(dataset.id)
    return info.fileno, info.addr


def _longest_text(path: Path) -> int:
    """Return the bytes of the longest text in the heaps of a file.

    Raises:
        ValueError: there are more than `MAX_TEXTS`.
    """
    longest = met = 0
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_HEAP)
        while at >= 0:
            end = min(at + int.from_bytes(data[at + 8 : at + 16], "little"), len(data))
            at += 16
            while at + 16 <= end and data[at : at + 2] != b"\x00\x00":  # number 0 is free space
                size = int.from_bytes(data[at + 8 : at + 16], "little")
                longest, met = max(longest, size), met + 1
                at += 16 + -(-size // 8) * 8
                if met > MAX_TEXTS:
                    raise ValueError(f"it has more than {MAX_TEXTS:,} texts")
            # Each heap is looked for behind the last: two that overlap are read once.
            # A crafted size leads beyond what a position can be.
            at = data.find(_HEAP, min(at, len(data)))
    return longest
