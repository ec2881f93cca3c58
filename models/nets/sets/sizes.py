"""Rows of a batch sorted by their size, so that little is computed for what is padded.

No row sees another, and no place one that is padded: rows may be gone through in groups of like
size, each cut to the largest in it, and nothing that is looked at changes but by rounding. Padding
costs a CPU time in proportion; to a GPU a few large batches are worth more than the places saved,
and it would have to wait for the sizes, so there and while PyTorch compiles all rows are one group.
"""

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Group", "groups"]

_PLACES = 512  # places that make a group worth its calls
_MOST = 8  # groups
_WORTH = 0.9  # sorting pays where no more than this share of the places is left


class Group(NamedTuple):
    """Some rows, by their numbers or all, and how many of their places are looked at."""

    rows: Tensor | slice
    places: int


def groups(mask: Tensor) -> list[Group]:
    """Return all rows of a batch in groups, by their mask (n, places)."""
    n, places = mask.shape
    if mask.device.type != "cpu" or torch.compiler.is_compiling():
        return [Group(slice(None), places)]
    # The real places come first as a rule, and wherever they are no further than the last one.
    last = (mask * torch.arange(1, places + 1)).amax(dim=1)
    sizes, order = last.sort(stable=True)
    found = sizes.clamp_min(1).tolist()
    count = max(1, min(_MOST, n, sum(found) // _PLACES))
    ends = [n * (i + 1) // count for i in range(count)]
    starts = [0, *ends[:-1]]
    looked = sum((end - start) * found[end - 1] for start, end in zip(starts, ends, strict=True))
    if looked > _WORTH * n * found[-1]:
        return [Group(slice(None), found[-1])]
    return [
        Group(order[start:end], found[end - 1]) for start, end in zip(starts, ends, strict=True)
    ]
