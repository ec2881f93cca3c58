"""How histories lie in rows: items from 1 in order of time, and 0 in the places after the last."""

import math

import torch
from torch import Tensor

from pushforward.models.layouts.ragged import Ragged

__all__ = ["PADDING", "TIME", "newest", "sizes", "within", "without_seen"]

PADDING = 0
"""What stands in the places of a row after its history; items are numbered from 1."""

TIME = "time"
"""The name under which the times of a history are given, in days since 1970."""


def sizes(x: Tensor) -> Tensor:
    """Return how many items rows x (n, L) hold before their padding, (n,)."""
    return (x != PADDING).sum(dim=1)


def newest(x: Tensor, values: Tensor) -> Tensor:
    """Return of values (n, L, k), one for each place of x (n, L), those at the last item: (n, k).
    Of an empty history it is the first.
    """
    last = (sizes(x) - 1).clamp_min(0)
    return values[torch.arange(len(x), device=x.device), last]


def within(x: Tensor, places: int) -> Tensor:
    """Return histories x (n, L) as rows of a number of places, (n, places): of longer ones the
    newest items, and padding after shorter ones.
    """
    begins = (sizes(x) - places).clamp_min(0)
    at = begins[:, None] + torch.arange(places, device=x.device)
    padded = torch.nn.functional.pad(x, (0, max(0, places - x.shape[1])))
    return padded.gather(1, at.clamp_max(padded.shape[1] - 1))


def without_seen(scores: Tensor, histories: Tensor, earlier: Ragged | None = None) -> Tensor:
    """Return scores (n, V) in which the items of the histories (n, L), and of what was before
    these, are -inf; item i is at i - 1, and padding at none.
    """
    left = scores.new_empty(len(scores), scores.shape[1] + 1)  # padding is an item of its own
    left[:, 1:] = scores
    left.scatter_(1, histories, -math.inf)
    if earlier is not None:
        left[earlier.rows, earlier.values] = -math.inf
    return left[:, 1:]
