"""What a file of arrays holds of some data, and how large one of many such data is. Pure."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_arrays", "file_bytes", "said_bytes"]

Arrays = Mapping[str, NDArray[Any]]
SAMPLE = 128_000  # bytes that are packed, or written as text, to see how large others are
HEAD = {"h5": 6_150, "hdf5": 6_150, "npz": 1_000}  # bytes of a file without its numbers
PICTURES = 1024  # at most on the sheet of a PNG


def as_arrays(arrays: Arrays) -> Arrays:
    """Return data (n, ...) in the types in which a file has them: a name is the number of a class
    there.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, values in arrays.items():
        if name == "mask":
            found[name] = values.astype(bool)
        elif np.issubdtype(values.dtype, np.number):
            found[name] = values
        else:
            found[name] = np.zeros(len(values), np.int64)
    return found


def file_bytes(many: int, like: Arrays, suffix: str) -> float | None:
    """Return the estimated bytes of a file of ``many`` samples, None if unknown. ``like`` are some
    of them by name, (n, ...).
    """
    n = len(like["x"])
    if not n:
        return None
    each = sum(values.nbytes for values in like.values()) / n
    alone = list(like) == ["x"]
    some = {name: values[: max(2, int(SAMPLE / each))] for name, values in like.items()}
    if suffix in ("h5", "hdf5") or (suffix == "npz" and alone):
        return HEAD[suffix] + many * each
    if suffix == "npz":  # several arrays are packed
        return HEAD["npz"] + many * _packed(some)
    if suffix == "csv" and alone and like["x"].ndim == 2 and like["x"].dtype.kind == "f":
        letters = sum(len(f"{value:.9g}") + 1 for value in some["x"].ravel().tolist())
        return letters * many / len(some["x"])
    if suffix == "png":
        return float(min(many, PICTURES) * like["x"][0].size)
    return None


def _packed(some: Arrays) -> float:
    """Return how many bytes each of some data adds to a packed file: those of the later half."""
    n = len(some["x"])
    sizes = []
    for rows in (n - n // 2, n):
        body = io.BytesIO()
        np.savez_compressed(body, allow_pickle=False, **{k: v[:rows] for k, v in some.items()})
        sizes.append(body.tell())
    return (sizes[1] - sizes[0]) / max(1, n // 2)


def said_bytes(size: float) -> str:
    """Say how large a file is: "12 kB", "3.4 MB"."""
    if size < 1e5:
        return f"{max(1.0, size / 1e3):,.0f} kB"
    return f"{size / 1e6:,.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"
