"""Header of an NPY array: dtype, order and shape, without trusting them.

Not read by numpy, which would allocate the declared size. Layout by NEP 1: a magic string, a
version, the header length, and the header as a Python literal.
"""

import ast
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pushforward.studio.formats.limits import FormatError

__all__ = ["Head", "read_head"]

_MAGIC = b"\x93NUMPY"
_LONGEST = 2**16
_KEYS = {"descr", "fortran_order", "shape"}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Head:
    """What an array declares of itself. ``start`` is where its values begin."""

    dtype: np.dtype[Any]
    fortran: bool
    shape: tuple[int, ...]
    start: int

    @property
    def count(self) -> int:
        """How many values it has (an exact integer, however absurd)."""
        n = 1
        for side in self.shape:
            n *= side
        return n

    @property
    def bytes(self) -> int:
        """How many bytes its values take."""
        return self.count * self.dtype.itemsize


def read_head(path: Path, name: str, file: _Readable, size: int) -> Head:
    """Read the header of an array of ``size`` bytes.

    Raises:
        FormatError: it is no NPY array, holds Python objects, or is shorter than declared.
    """
    start = file.read(8)
    if start[:1] == b"\x80":
        raise _objects(path, name)  # nothing but a pickle
    if start[:6] != _MAGIC or len(start) < 8:
        raise damaged(path, name, "it does not begin like one")
    field = "<H" if start[6] == 1 else "<I"
    raw = file.read(struct.calcsize(field))
    if len(raw) < struct.calcsize(field) or start[6] not in (1, 2, 3):
        raise damaged(path, name, f"its version is {start[6]}.{start[7]}")
    (length,) = struct.unpack(field, raw)
    start_of_values = 8 + len(raw) + length
    if start_of_values > size:
        raise damaged(path, name, f"its head should have {length:,} bytes")
    if length > _LONGEST:
        raise FormatError(
            f"{path.name}: {name!r} has a head of {length:,} bytes; at most {_LONGEST:,} are read.",
            "Save them as a plain array of numbers: numpy.asarray(rows, dtype=float).",
        )
    text = file.read(length)
    if len(text) < length:
        raise damaged(path, name, f"its head should have {length:,} bytes")
    head = _parse(path, name, text, start_of_values, utf8=start[6] == 3)
    if head.start + head.bytes > size:
        raise damaged(
            path, name, f"the shape {head.shape} needs {head.bytes:,} bytes, {size:,} are there"
        )
    return head


def damaged(path: Path, name: str, why: str) -> FormatError:
    """Say that an array cannot be read."""
    what = path.name if name == path.stem else f"{path.name}: {name!r}"
    return FormatError(
        f"{what} is truncated or not a NumPy array: {why}.",
        "Copy it again, or save it again with numpy.save.",
    )


def _objects(path: Path, name: str) -> FormatError:
    return FormatError(
        f"{path.name}: {name!r} holds Python objects, which are never loaded: they can run any "
        "code.",
        "Save them as an array of numbers, whether points, images or labels: "
        "numpy.asarray(rows, dtype=float).",
    )


def _parse(path: Path, name: str, text: bytes, start: int, *, utf8: bool) -> Head:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = ast.literal_eval(text.decode("utf-8" if utf8 else "latin-1").strip())
            if not isinstance(found, dict) or set(found) != _KEYS:
                raise ValueError("no description of an array")
            dtype = np.lib.format.descr_to_dtype(found["descr"])
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, KeyError) as error:
        # Nesting without end is a MemoryError of the parser.
        raise damaged(path, name, "its head is no description of an array") from error
    shape, fortran = found["shape"], found["fortran_order"]
    sides = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)
    if not sides or not isinstance(fortran, bool):
        raise damaged(path, name, "its head is no description of an array")
    if dtype.hasobject:
        raise _objects(path, name)
    return Head(dtype, fortran, shape, start)
