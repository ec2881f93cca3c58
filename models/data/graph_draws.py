"""What made-up graphs share: how large they are, and how those of networkx become rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import pack

if TYPE_CHECKING:
    import networkx

__all__ = ["GraphSizes", "Largest", "Smallest", "draw_graphs", "packed", "seeds"]


Smallest = Annotated[
    int, param("Smallest", "Nodes of the smallest graph.", low=4, high=60, unit="nodes")
]
Largest = Annotated[
    int, param("Largest", "Nodes of the largest graph.", low=4, high=60, unit="nodes")
]


class GraphSizes(Config, frozen=True):
    """How large graphs are."""

    smallest: Smallest = 10
    largest: Largest = 20


def draw_graphs(
    config: GraphSizes, n: int, seed: int, make: Callable[[int, int], "networkx.Graph"]
) -> GraphSet:
    """Return n graphs that ``make(size, seed)`` makes, their sizes uniform between the bounds.

    Raises:
        ConfigError: the largest are smaller than the smallest.
    """
    if config.largest < config.smallest:
        raise ConfigError("largest", f"must be at least the smallest, {config.smallest}")
    rng = data_generator(n, seed)
    size = torch.randint(config.smallest, config.largest + 1, (n,), generator=rng).tolist()
    found = [make(each, one) for each, one in zip(size, seeds(n, rng), strict=True)]
    return packed(found, config.largest, rng)


def seeds(n: int, generator: torch.Generator) -> list[int]:
    """Return n seeds for generators of networkx."""
    return torch.randint(2**31 - 1, (n,), generator=generator).tolist()


def packed(found: list["networkx.Graph"], nodes: int, generator: torch.Generator) -> GraphSet:
    """Return graphs of at most N nodes as rows, their nodes in random order."""
    import networkx  # a quarter of a second, for those who ask

    size = torch.tensor([len(each) for each in found])
    adjacency = torch.zeros((len(found), nodes, nodes), dtype=torch.bool)
    for row, graph in enumerate(found):
        order = torch.randperm(len(graph), generator=generator)
        square = torch.from_numpy(networkx.to_numpy_array(graph, weight=None)) > 0
        adjacency[row, : len(graph), : len(graph)] = square[order][:, order]
    return GraphSet(pack(adjacency, size), size)
