"""Images: (C, H, W) of values in [0, 1], C 1 or 3, each drawn pixel by pixel."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.kinds import stage_tiles
from pushforward.studio.app.kinds.apart import pixels
from pushforward.studio.app.kinds.kind import DISTANCES, Arrays, Kind, Measured, classes, how_many
from pushforward.studio.app.plots.backdrop import image_of
from pushforward.studio.app.plots.raster import Colours
from pushforward.studio.app.tokens import LIGHT, Tokens
from pushforward.studio.counted import counted

__all__ = ["KIND", "Pictures", "atlas"]

OUTLINED = 24  # pixels from which an image has an outline where the page is light


def atlas(images: NDArray[np.floating]) -> Colours:
    """Return images (n, C, H, W) of values in [0, 1], C 1 or 3, below each other: (n * H, W) ARGB.

    Values outside of the range, which a model may make, are clipped.
    """
    n, channels, height, width = images.shape
    grey = np.nan_to_num(np.clip(images, 0.0, 1.0)) * 255.0 + 0.5
    bytes_ = grey.astype(np.uint32)
    red, green, blue = (bytes_[:, min(c, channels - 1)] for c in (0, 1, 2))
    argb = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return np.ascontiguousarray(argb.reshape(n * height, width))


class Pictures:
    """Images as tiles: one atlas of them all, of which each tile is a part; sharp at any size."""

    def __init__(self, arrays: Arrays) -> None:
        self._n, _, self._height, self._width = arrays["x"].shape
        self._atlas = image_of(atlas(arrays["x"]))

    @property
    def aspect(self) -> float:
        """Width / height of each image."""
        return float(self._width / self._height)

    def __len__(self) -> int:
        return int(self._n)

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: Tokens) -> None:
        """Paint the image of a row into a rectangle."""
        part = QRectF(0, row * self._height, self._width, self._height)
        painter.drawImage(rect, self._atlas, part)
        if palette.name == LIGHT.name and rect.width() >= OUTLINED:
            # White ones would have no end.
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def said(self, row: int) -> str:
        """Nothing: an image is seen."""
        return ""


def _measures(arrays: Arrays) -> Measured:
    """Say how bright each image is, in per cent of white, and what was found of it: which class the
    judge sees, how sure it is, and how far the nearest training image is.
    """
    x = arrays["x"]
    light = np.nan_to_num(np.clip(x, 0.0, 1.0)).reshape(len(x), -1).mean(axis=1)
    found: dict[str, NDArray[Any]] = {"Brightness": 100.0 * light, **classes(arrays)}
    if "sure" in arrays:
        found |= {"Judge": arrays["judge"], "Confidence": 100.0 * arrays["sure"]}
    if "margin" in arrays:
        found["Margin"] = arrays["margin"]
    if "nearest" in arrays:
        found["Distance"] = arrays["nearest"]
    return found


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    height, width = x.shape[2:]
    return f"{counted(how_many(x, facts), 'picture')} of {width} x {height} pixels"


KIND = Kind(
    slug="images",
    about="A picture is a particle with many coordinates",
    title="Images",
    one="image",
    many="images",
    moving="pictures",
    loading="Loading pictures",
    layout="tiles",
    fits=lambda shape: len(shape) == 3,
    tiles=Pictures,
    views=("tiles", "browser", "film", "edit", "image-guidance"),
    facts=_facts,
    groups={
        "Judge": ("frechet-judge", "judge-score", "label-accuracy", "label-balance"),
        "Inception": ("inception-fid",),
        "Fidelity and diversity": ("precision", "recall", "density", "coverage"),
        "Detail": ("power-spectrum",),
        "Memorisation": DISTANCES["Memorisation"],
        "Distance to real": (*DISTANCES["Distance to real"], "two-sample-test"),
        "Likelihood": DISTANCES["Likelihood"],
    },
    measures=_measures,
    units={"Brightness": "%", "Confidence": "%", "Margin": "nats", "Distance": "by pixels"},
    hints={
        "Confidence": (
            "Confidence of the reference classifier in its predicted class. Not a "
            "quality: it can also be confident about meaningless images. Real images "
            "were in its training data, so theirs are no reference."
        ),
        "Margin": (
            "The confidence p as log-odds, log p / (1 − p), which resolves values near "
            "1. 0 is 50 %, 4.6 is 99 %."
        ),
        "Distance": "How far the nearest training image at hand is: the root of the squared "
        "differences of all pixels, each between 0 and 1, added up.",
    },
    finds=("judge", "nearest"),
    imports="folders or zips of pictures, IDX, CIFAR-10 batches, NPY or NPZ",
    apart=pixels,
    suffixes=("zip", "png", "npz", "h5"),
    projection=(
        "Grey: data. Coloured: the images on the left, in the first two principal components "
        "of the reference classifier's features of the data."
    ),
    draws=256,
    filed=lambda arrays: {"x": arrays["x"]},
    order=20,
    pictures=True,
    scene=partial(stage_tiles.scene, tiles=Pictures),
    step=partial(stage_tiles.step, tiles=Pictures),
)
