"""Colours of particles for the canvas: by where each started, one for all, translucent."""

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.design.tokens import Identity
from pushforward.studio.hue_wheel import WHEEL, angles, hue_wheel

__all__ = ["identity_colours", "one_colour", "with_alpha"]


def identity_colours(
    start: NDArray[np.floating],
    *,
    dark: bool,
    scheme: Identity = "hue",
    middle: NDArray[np.float64] | None = None,
) -> Colours:
    """Return an opaque colour (n,) for each particle from where it started, (n, 2)."""
    wheel = hue_wheel(dark, scheme)
    return wheel[(angles(start, middle) * WHEEL).astype(np.intp) % WHEEL]


def with_alpha(colours: Colours, alpha: float) -> Colours:
    """Return opaque colours made translucent: premultiplied by alpha in [0, 1]."""
    weight = np.uint32(round(min(1.0, max(0.0, alpha)) * 256))
    pair = np.uint32(0x00FF00FF)
    red_blue = (((colours & pair) * weight) >> np.uint32(8)) & pair
    alpha_green = (((colours >> np.uint32(8)) & pair) * weight) & np.uint32(0xFF00FF00)
    return np.asarray(red_blue | alpha_green, dtype=np.uint32)


def one_colour(ink: str, n: int) -> Colours:
    """Return the same colour, "#rrggbb", for n particles."""
    return np.full(n, np.uint32(0xFF000000 | int(ink[1:], 16)), dtype=np.uint32)
