"""Colours that tell particles apart: each keeps the colour of the direction where it started.

The wheel is drawn in OKLCh (Ottosson 2020, "A perceptual color space for image processing") at
one lightness, so that no direction looks brighter than another. The second scheme is for people
who do not tell red from green: its wheel lies in the plane of lightness and blue-yellow, which
every common form of colour blindness leaves intact.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["WHEEL", "Scheme", "angles", "hue_wheel", "middle_of", "oklab_to_srgb"]

Scheme = Literal["hue", "blue-yellow"]
WHEEL = 1024
REFERENCE = 512  # particles: a live picture has at least as many, or all
# Lightness and largest chroma per theme.
_HUE = {True: (0.77, 0.155), False: (0.57, 0.185)}
FIRST_HUE = np.deg2rad(20)  # of a start to the right; then violet is at the top, green below
# Middle and half range of lightness, chroma along blue-yellow.
_BLUE_YELLOW = {True: (0.76, 0.16, 0.12), False: (0.52, 0.17, 0.11)}


def middle_of(start: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the median of the finite ones of the first ``REFERENCE`` starts (n, 2), from which
    directions are seen. The first ones only, which every lens has: a particle keeps its hue,
    however many others are shown.
    """
    start = start[:REFERENCE]
    finite = np.isfinite(start).all(axis=1)
    return np.asarray(np.median(start[finite], axis=0) if finite.any() else np.zeros(2))


def angles(
    start: NDArray[np.floating], middle: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """Return the direction of each start (n, 2) seen from the middle of all, or from another
    place (2,), in turns [0, 1).
    """
    dx, dy = (np.nan_to_num(start) - (middle_of(start) if middle is None else middle)).T
    turn = np.arctan2(dy, dx) / (2 * np.pi)
    return np.asarray(turn - np.floor(turn), dtype=np.float32) % np.float32(1)


def hue_wheel(dark: bool, scheme: Scheme = "hue") -> NDArray[np.uint32]:
    """Return the opaque colours (WHEEL,) of the directions from 0 to one turn, as 0xAARRGGBB."""
    turn = np.arange(WHEEL) / WHEEL * 2 * np.pi
    if scheme == "hue":
        light, most = _HUE[dark]
        hue = FIRST_HUE - turn
        chroma = np.minimum(most, _gamut(light, hue))
        lab = np.stack([np.full(WHEEL, light), chroma * np.cos(hue), chroma * np.sin(hue)])
    else:
        middle, swing, spread = _BLUE_YELLOW[dark]
        lab = np.stack([middle + swing * np.sin(turn), 0 * turn, -spread * np.cos(turn)])
    return _pack(oklab_to_srgb(lab.T))


def _gamut(lightness: float, hue: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest chroma (m,) that sRGB can show at a lightness and hues, by bisection."""
    low, high = np.zeros_like(hue), np.full_like(hue, 0.4)
    for _ in range(14):
        middle = (low + high) / 2
        lab = np.stack(
            [np.full_like(hue, lightness), middle * np.cos(hue), middle * np.sin(hue)], axis=-1
        )
        linear = _linear(lab)
        inside = ((linear >= 0) & (linear <= 1)).all(axis=-1)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def oklab_to_srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map OKLab (..., 3) to sRGB in [0, 1] (..., 3), clipped to the gamut."""
    linear = np.clip(_linear(lab), 0.0, 1.0)
    curved = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, curved), dtype=np.float64)


def _linear(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map OKLab (..., 3) to linear sRGB (..., 3), outside [0, 1] where it cannot be shown."""
    lightness, a, b = np.moveaxis(lab, -1, 0)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return np.stack(
        [
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        ],
        axis=-1,
    )


def _pack(rgb: NDArray[np.float64]) -> NDArray[np.uint32]:
    red, green, blue = (np.rint(rgb * 255).astype(np.uint32)).T
    return np.asarray(
        np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue,
        dtype=np.uint32,
    )
