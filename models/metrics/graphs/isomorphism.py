"""Which graphs are the same but for the numbers of their nodes."""

import numpy as np
from torch import Tensor
from torch.nn.functional import pad

from pushforward.observables.graphs.canonical import same_graphs

__all__ = ["novelty", "uniqueness"]


def uniqueness(adjacency: Tensor, size: Tensor) -> float:
    """Return how many different graphs there are, as a share of all (n, N, N)."""
    return len(set(_classes((adjacency, size))[0])) / len(size)


def novelty(made: tuple[Tensor, Tensor], known: tuple[Tensor, Tensor]) -> float:
    """Return the share of graphs (adjacency, size) that are none of those known."""
    found, seen = _classes(made, known)
    among = set(seen)
    return sum(number not in among for number in found) / len(found)


def _classes(*sets: tuple[Tensor, Tensor]) -> list[list[int]]:
    """Return the class of each graph of some sets, numbered over all of them."""
    most = max(adjacency.shape[1] for adjacency, _ in sets)
    squares = [pad(a.bool(), (0, most - a.shape[1]) * 2).numpy() for a, _ in sets]
    sizes = [size.numpy() for _, size in sets]
    found = same_graphs(np.concatenate(squares), np.concatenate(sizes))
    cuts = np.cumsum([len(size) for size in sizes])[:-1]
    return [part.tolist() for part in np.split(found, cuts)]
