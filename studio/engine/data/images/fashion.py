"""Garments of 28x28 pixels."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Outline, Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.images.files import (
    bundled,
    bundled_outline,
    idx_lengths,
    outlined,
    read_idx,
    splits,
)
from pushforward.studio.engine.process.failures import Refused

__all__ = ["FashionConfig", "fashion"]

NAMES = (
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
SYSTEM = Path("/usr/share/datasets/fashion-mnist")


class FashionConfig(Config, frozen=True):
    """How much of it."""

    part: Annotated[
        Literal["subset", "complete"],
        param(
            "Part",
            "10,000 images are included; all 70,000 need the Debian package dataset-fashion-mnist.",
            choices={"subset": "10,000 images", "complete": "All 70,000"},
        ),
    ] = "subset"


def fashion_outline(config: FashionConfig) -> Outline:
    """Return the outline of either part without reading it.

    Raises:
        Refused: the complete set is not installed; the path is "dataset.part".
    """
    if config.part == "subset":
        return bundled_outline("fashion-mnist", NAMES)
    with _installed():
        lengths = idx_lengths(_file("train", "images-idx3"))
    return outlined(lengths, lengths[0], NAMES)


@dataset(
    "fashion-mnist",
    title="Fashion-MNIST",
    summary="Clothing of ten classes, 28 × 28 grey pixels.",
    source="Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747; MIT",
    config=FashionConfig,
    holds="images",
    finite=True,
    outline=fashion_outline,
    size="10,000 pictures, 28x28, grey",
    licence="MIT",
    made="The first 8,000 training and 2,000 test images; all 70,000 if installed.",
)
def fashion(config: FashionConfig) -> Splits:
    """Return images (1, 28, 28), 8,000 to learn from and 2,000 to measure with, or all of both.

    Raises:
        Refused: the complete set is not on this machine; the path is "dataset.part".
    """
    if config.part == "subset":
        return bundled("fashion-mnist", NAMES, white=255)
    with _installed():
        (x, y), (u, v) = (
            tuple(read_idx(_file(part, what)) for what in ("images-idx3", "labels-idx1"))
            for part in ("train", "t10k")
        )
    return splits(np.concatenate([x, u]), np.concatenate([y, v]), len(x), NAMES, white=255)


def _file(part: str, what: str) -> Path:
    return SYSTEM / f"{part}-{what}-ubyte.gz"


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Refused(
            f"The complete Fashion-MNIST is not installed: {error.filename} is missing.",
            "Install the Debian package dataset-fashion-mnist, or choose the 10,000 images.",
            kind="data",
            path="dataset.part",
        ) from error
