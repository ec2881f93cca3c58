"""The values that pixels of real images have: all that is saved as an image has no others.

A sample whose pixels lie between them is told from real images by that alone, however good it is.
"""

import torch
from torch import Tensor

__all__ = ["levels_of", "on_levels"]

_MOST = 256


def levels_of(x: Tensor) -> Tensor | None:
    """Return the values (k,) of the pixels of real images, in order; None where there are more than
    256, so that they are no bytes.
    """
    found = torch.unique(x)
    return found if len(found) <= _MOST else None


def on_levels(x: Tensor, levels: Tensor) -> Tensor:
    """Return images with each pixel at the nearest of the levels (k,)."""
    between = (levels[1:] + levels[:-1]) / 2
    return levels[torch.bucketize(x.contiguous(), between)]
