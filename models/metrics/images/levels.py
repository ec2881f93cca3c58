"""The values that pixels of real images have: all that is saved as an image has no others.

A sample with pixels between them differs from real images by that alone.
"""

import torch
from torch import Tensor

__all__ = ["count_of_levels", "levels_of", "on_levels"]

_MOST = 256
_UNEVEN = 0.05  # of a step: what is left of float32


def levels_of(x: Tensor) -> Tensor | None:
    """Return the values (k,) of the pixels of real images, in order; None where there are more than
    256, so that they are no bytes.
    """
    found = torch.unique(x)
    return found if len(found) <= _MOST else None


def count_of_levels(x: Tensor, low: float, high: float) -> int:
    """Return how many values numbers between two bounds can have, which lie evenly between these,
    by the smallest step that occurs: 17 of the 8x8 digits; 256 where the steps are no even ones.
    """
    found = levels_of(x)
    if found is None or len(found) < 2:
        return _MOST
    steps = (found - low) / found.diff().min()
    count = round(float((high - low) / found.diff().min())) + 1
    even = float((steps - steps.round()).abs().max()) < _UNEVEN and count <= _MOST
    return count if even else _MOST


def on_levels(x: Tensor, levels: Tensor) -> Tensor:
    """Return images with each pixel at the nearest of the levels (k,)."""
    between = (levels[1:] + levels[:-1]) / 2
    return levels[torch.bucketize(x.contiguous(), between)]
