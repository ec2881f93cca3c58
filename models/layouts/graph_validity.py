"""Whether graphs (n, N, N) are of the makes that `observables.graphs.makes` tells, (n,) bool."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.observables.graphs import makes

__all__ = ["connected", "grid", "hub", "lobster", "planar", "tree", "two_communities"]


def _each(adjacency: Tensor, size: Tensor, why: Callable[[NDArray[Any]], str]) -> Tensor:
    squares = zip(adjacency.cpu().numpy(), size.tolist(), strict=True)
    return torch.tensor([not why(square[:n, :n]) for square, n in squares], dtype=torch.bool)


def connected(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph hangs together; one without nodes does not."""
    return _each(adjacency, size, makes.why_not_connected)


def tree(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph is a tree."""
    return _each(adjacency, size, makes.why_no_tree)


def lobster(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph is a lobster."""
    return _each(adjacency, size, makes.why_no_lobster)


def hub(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether some node of each graph is joined to all others."""
    return _each(adjacency, size, makes.why_no_hub)


def grid(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph is a grid of two rows and columns or more."""
    return _each(adjacency, size, makes.why_no_grid)


def planar(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph is connected and planar."""
    return _each(adjacency, size, makes.why_not_planar)


def two_communities(adjacency: Tensor, size: Tensor, low: int, high: int) -> Tensor:
    """Return whether each graph is two communities, of ``low`` to ``high`` nodes."""
    return _each(adjacency, size, partial(makes.why_no_two_communities, low=low, high=high))
