"""Weights in files of PyTorch, read without executing what these say.

Such a file is a pickle that names tensors with their storages, and the storages: one after the
other before version 1.6 of PyTorch, and files of a zip since. The pickle is looked through, and
only its words count.
"""

import io
import pickletools
import zipfile
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

__all__ = ["read_weights"]

_NAMED = (".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked")


def read_weights(data: bytes) -> dict[str, Tensor]:
    """Return the tensors of the state of a network, by name and without a shape: (numbers,).

    Raises:
        ValueError: it is no such file.
    """
    try:
        return _zipped(data) if data.startswith(b"PK") else _old(data)
    except (KeyError, IndexError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError("this is no file of weights as PyTorch writes them") from error


def _zipped(data: bytes) -> dict[str, Tensor]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        head = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
        if head is None:
            raise KeyError("data.pkl")
        held = _storages(_words(io.BytesIO(archive.read(head))))
        folder = head.removesuffix(".pkl")
        found = {}
        for key, name in held.items():
            entry = archive.getinfo(f"{folder}/{key}")
            if entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError("its numbers are compressed, which PyTorch never does")
            found[name] = _numbers(archive.read(entry), name)
    return found


def _old(data: bytes) -> dict[str, Tensor]:
    """Read a stream of five pickles, the fourth names tensors with their storages and the last the
    order of these, and then the storages.
    """
    stream = io.BytesIO(data)
    *_, names, order = (_words(stream) for _ in range(5))
    held, found = _storages(names), {}
    for key in filter(str.isdigit, order):
        (count,) = np.frombuffer(stream.read(8), "<i8")
        name = held[key]
        found[name] = _numbers(stream.read(int(count) * _kind(name).itemsize), name)
    return found


def _words(stream: io.BytesIO) -> list[str]:
    return [word for _, word, _ in pickletools.genops(stream) if isinstance(word, str)]


def _storages(words: Iterable[str]) -> dict[str, str]:
    """Return the name of what each storage holds; one that two parts of a network share has two."""
    name = ""
    held: dict[str, str] = {}
    for word in words:
        if word.endswith(_NAMED):
            name = word
        elif word.isdigit():
            held.setdefault(word, name)
    return held


def _kind(name: str) -> "np.dtype[np.generic]":
    return np.dtype("<i8" if name.endswith("num_batches_tracked") else "<f4")


def _numbers(data: bytes, name: str) -> Tensor:
    return torch.from_numpy(np.frombuffer(data, _kind(name)).copy())
