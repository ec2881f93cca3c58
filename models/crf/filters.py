"""Filters of a map that look at neighbours alone: what a CRF has to beat."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["blur_probabilities", "majority_filter"]

Array = NDArray[np.float32]


def majority_filter(probabilities: Array, side: int) -> Array:
    """Return the share of each class among the most probable classes in a square around each pixel.

    Args:
        probabilities: (H, W, classes).
        side: of the square, odd; 1 gives the most probable class itself.
    """
    from scipy import ndimage

    if side % 2 != 1:
        raise ValueError(f"the side of the square must be odd, got {side}")
    votes = np.eye(probabilities.shape[-1], dtype=np.float32)[probabilities.argmax(axis=-1)]
    found: Array = ndimage.uniform_filter(votes, (side, side, 0), mode="nearest")
    return found


def blur_probabilities(probabilities: Array, sigma: float) -> Array:
    """Return probabilities (H, W, classes) blurred by a Gaussian of ``sigma`` pixels."""
    from scipy import ndimage

    found: Array = ndimage.gaussian_filter(
        np.asarray(probabilities, np.float32), (sigma, sigma, 0.0), mode="nearest"
    )
    return found
