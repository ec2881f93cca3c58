"""Pictures of a scene as premultiplied ARGB pixels (H, W): bands, components, classes, errors."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.formats.cubes.palette import class_colours

__all__ = [
    "Pixels",
    "class_image",
    "colour_image",
    "difference_image",
    "error_image",
    "find_band",
    "heat_image",
    "principal_image",
    "stretch",
    "to_image",
]

Pixels = NDArray[np.uint32]
STRETCH = (0.02, 0.98)  # quantiles that become black and white
SAMPLED = 20_000  # pixels from which quantiles and covariances are estimated
RIGHT, WRONG = 0x00000000, 0xFFF0A868  # an error map shows errors alone
HEAT = ((20, 22, 26), (240, 168, 104))  # certain, uncertain


def stretch(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return an image (H, W) or (H, W, c) as bytes, stretched per channel between two quantiles."""
    flat = values.reshape(-1, *values.shape[2:])
    some = flat[:: max(1, len(flat) // SAMPLED)]
    low, high = np.nanquantile(some, STRETCH, axis=0)
    scaled = (values - low) * (255.0 / np.maximum(high - low, 1e-9))
    found: NDArray[np.uint8] = np.clip(np.nan_to_num(scaled), 0, 255).astype(np.uint8)
    return found


def colour_image(cube: NDArray[np.float32], bands: tuple[int, ...]) -> Pixels:
    """Return three bands of a cube (H, W, bands) as red, green and blue, or one as grey."""
    shown = stretch(cube[:, :, list(bands)])
    red, green, blue = (shown[:, :, min(i, len(bands) - 1)] for i in range(3))
    return _pack(red, green, blue)


def principal_image(cube: NDArray[np.float32]) -> Pixels:
    """Return the first three principal components of a cube as red, green and blue."""
    height, width, bands = cube.shape
    flat = cube.reshape(-1, bands)
    some = np.asarray(flat[:: max(1, len(flat) // SAMPLED)], np.float64)
    mean = some.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((some - mean).T).reshape(bands, bands))
    axes = vectors[:, : -min(3, bands) - 1 : -1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    scores = (flat - mean.astype(np.float32)) @ axes.astype(np.float32)
    shown = stretch(scores.reshape(height, width, -1))
    red, green, blue = (shown[:, :, min(i, shown.shape[2] - 1)] for i in range(3))
    return _pack(red, green, blue)


def class_image(classes: NDArray[np.integer], count: int, isolated: Collection[int] = ()) -> Pixels:
    """Return a map (H, W) of classes from 1 on in their colours; pixels without a class and, where
    some classes are isolated, those of others are transparent.
    """
    table = np.zeros(count + 1, np.uint32)
    for number, (red, green, blue) in enumerate(class_colours(count), start=1):
        if not isolated or number in isolated:
            table[number] = 0xFF000000 | red << 16 | green << 8 | blue
    found: Pixels = table[np.clip(classes, 0, count)]
    return found


def error_image(classes: NDArray[np.integer], truth: NDArray[np.integer]) -> Pixels:
    """Return the labelled pixels whose predicted class is wrong; all others are transparent."""
    wrong = (truth > 0) & (classes > 0) & (classes != truth)
    return np.where(wrong, np.uint32(WRONG), np.uint32(RIGHT))


def difference_image(one: NDArray[np.integer], other: NDArray[np.integer], count: int) -> Pixels:
    """Return the pixels where two maps differ, in the colours of the second map."""
    return class_image(np.where(one == other, 0, other), count)


def heat_image(values: NDArray[np.floating]) -> Pixels:
    """Return values (H, W) from 0 to 1 as a colour from dark to orange."""
    share = np.clip(np.nan_to_num(values), 0.0, 1.0)
    low, high = HEAT
    red, green, blue = (
        (a + (b - a) * share + 0.5).astype(np.uint8) for a, b in zip(low, high, strict=True)
    )
    return _pack(red, green, blue)


def find_band(wavelengths: NDArray[np.float32], wanted: float, bands: int) -> int:
    """Return the band nearest to a wavelength in nm; of bands without wavelengths the one at its
    place in 400 to 2,500 nm.
    """
    if len(wavelengths) == bands:
        return int(np.abs(wavelengths - wanted).argmin())
    return round(min(1.0, max(0.0, (wanted - 400.0) / 2100.0)) * (bands - 1))


def to_image(pixels: Pixels) -> QImage:
    """Return pixels as an image of its own."""
    return image_of(pixels)


def _pack(red: NDArray[np.uint8], green: NDArray[np.uint8], blue: NDArray[np.uint8]) -> Pixels:
    height, width = red.shape
    packed = np.empty((height, width, 4), np.uint8)  # little endian: blue, green, red, alpha
    packed[:, :, 0], packed[:, :, 1], packed[:, :, 2], packed[:, :, 3] = blue, green, red, 255
    found: Pixels = packed.view("<u4")[:, :, 0].astype(np.uint32, copy=False)
    return found
