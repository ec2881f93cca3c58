"""Reading images from files, and nothing but arrays: never a pickle.

Sets that ship are ``resources/datasets/<name>/<name>.npz`` with "images" uint8, (n, H, W) where
they are grey and (n, H, W, 3) where they have colours, "labels" (n,) uint8, and "train", how many
of them, from the first, may be learned from. The rest is only measured with.
"""

import gzip
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.data import Outline, Splits
from pushforward.models.kinds.images import ImageSet
from pushforward.studio.engine.data.bundled_files import archive, not_what_it_should_be
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.resources import folder

__all__ = ["bundled", "bundled_outline", "idx_lengths", "outlined", "read_idx", "splits"]

Bytes = NDArray[np.uint8]
_WHAT = "images"
MAX_BYTES = 2**28
GREY, COLOURS = 3, 3  # axes of an array of grey images; channels of one with colours


def bundled(name: str, classes: tuple[str, ...], white: int) -> Splits:
    """Return a set that ships; pixels from 0 to ``white`` become 0 to 1.

    Raises:
        Refused: its file is missing or damaged; the path is "dataset".
    """
    images, labels, train = _load(folder("datasets") / name / f"{name}.npz")
    return splits(images, labels, train, classes, white)


def splits(
    images: Bytes, labels: Bytes, train: int, classes: tuple[str, ...], white: int
) -> Splits:
    """Return the first ``train`` images (n, H, W) or (n, H, W, 3) to learn from, and the others to
    measure with.
    """
    pixels = torch.from_numpy(images.astype(np.float32) / white)
    x = pixels.unsqueeze(1) if pixels.ndim == GREY else pixels.movedim(3, 1).contiguous()
    y = torch.from_numpy(labels.astype(np.int64))
    return Splits(
        ImageSet(x[:train], y[:train], classes),
        ImageSet(x[train:], y[train:], classes),
    )


def outlined(lengths: Sequence[int], train: int, classes: tuple[str, ...]) -> Outline:
    """Return the outline of images (n, H, W) or (n, H, W, 3) whose first ``train`` are the training
    split.
    """
    channels = 1 if len(lengths) == GREY else COLOURS
    black = torch.zeros(channels, *lengths[1:3])
    return Outline(ImageSet(torch.stack([black, black + 1]), torch.arange(2), classes), train)


def bundled_outline(name: str, classes: tuple[str, ...]) -> Outline:
    """Return the outline of a set that ships, from the heads of its arrays.

    Raises:
        Refused: its file is missing or damaged; the path is "dataset".
    """
    path = folder("datasets") / name / f"{name}.npz"
    with archive(path, _WHAT) as arrays:
        with arrays.zip.open("images.npy") as head:
            version = np.lib.format.read_magic(head)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                raise ValueError(f"an array of the version {version}")
            lengths, _, dtype = read(head)
        train = int(arrays["train"])
    if dtype != np.uint8 or not _shaped(lengths) or not 0 < train < lengths[0]:
        raise _damaged(path, f"images {lengths} {dtype}")
    return outlined(lengths, train, classes)


@cache
def _load(path: Path) -> tuple[Bytes, Bytes, int]:
    with archive(path, _WHAT) as arrays:
        images, labels, train = arrays["images"], arrays["labels"], int(arrays["train"])
    if (
        images.dtype != np.uint8
        or not _shaped(images.shape)
        or labels.shape != images.shape[:1]
        or not 0 < train < len(images)
    ):
        raise _damaged(path, f"images {images.shape} {images.dtype}, labels {labels.shape}")
    return images, labels, train


def _shaped(lengths: Sequence[int]) -> bool:
    """Say whether an array of such lengths can be grey images, or ones with colours."""
    return len(lengths) == GREY or (len(lengths) == GREY + 1 and lengths[3] == COLOURS)


def idx_lengths(path: Path) -> list[int]:
    """Return the lengths of the axes of a file that `read_idx` reads, from its head.

    Raises:
        Refused: it is no such file; the path is "dataset".
        FileNotFoundError: there is no file.
    """
    with _idx(path) as file:
        return _head(path, file)


@cache
def read_idx(path: Path) -> Bytes:
    """Return the array of a gzipped IDX file of bytes (the format of MNIST's own files).

    Two zero bytes, 8 for unsigned bytes, the number of axes; their lengths, each four bytes with
    the highest first; the values.

    Raises:
        Refused: it is no such file; the path is "dataset".
        FileNotFoundError: there is no file.
    """
    with _idx(path) as file:
        lengths = _head(path, file)
        size = math.prod(lengths)
        body = file.read(size + 1)
    if len(body) != size:
        raise _damaged(path, f"{size:,} bytes are announced, and {len(body):,} are there")
    values: NDArray[Any] = np.frombuffer(body, np.uint8).reshape(lengths)
    return values


@contextmanager
def _idx(path: Path) -> Iterator[gzip.GzipFile]:
    try:
        with gzip.open(path) as file:
            yield file
    except FileNotFoundError:
        raise
    except (OSError, EOFError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _head(path: Path, file: gzip.GzipFile) -> list[int]:
    head = file.read(4)
    if len(head) < 4 or head[:3] != b"\0\0\x08" or not 1 <= head[3] <= 4:
        raise _damaged(path, "it is no IDX file of bytes")
    lengths: list[int] = np.frombuffer(file.read(4 * head[3]), ">u4").astype(int).tolist()
    if len(lengths) != head[3] or math.prod(lengths) > MAX_BYTES:
        raise _damaged(path, f"axes {lengths}")
    return lengths


def _damaged(path: Path, why: str) -> Refused:
    return not_what_it_should_be(path, _WHAT, why)
