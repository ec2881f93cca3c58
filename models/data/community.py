"""Graphs of two communities."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.data.graph_draws import Largest, Smallest
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import pack
from pushforward.models.registry import dataset

__all__ = ["CommunityConfig", "community", "halves", "joined_halves"]


class CommunityConfig(Config, frozen=True):
    """How large the graphs are, and how densely joined."""

    smallest: Smallest = 12
    largest: Largest = 20
    inside: Annotated[
        float,
        param("Inside", "Edge probability within a community.", low=0.0, high=1.0),
    ] = 0.7
    between: Annotated[
        float,
        param(
            "Between",
            "Edges between the communities, as a share of the nodes; there is always one.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.05


@dataset(
    "community",
    title="Two communities",
    summary="Graphs of two dense halves with one or two bridges between them.",
    source="You et al. 2018, arXiv:1802.08773, section 4.1 (community); sizes of community-small",
    holds="graphs",
    config=CommunityConfig,
)
def community(config: CommunityConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs of an even number of nodes, uniform between the bounds.

    Two halves are joined inside with probability ``inside`` each pair, and between them with 2
    ``between`` / half, which is ``between`` times the nodes on average; halves that nothing joins
    get one bridge between two nodes at random. Unlike those of the file that goes round as
    community-small, the halves are drawn anew for each graph: there they are five templates.

    Raises:
        ConfigError: there is no even number between the bounds.
    """
    rng = data_generator(n, seed)
    half, high = halves(config.smallest, config.largest, n, rng)
    return joined_halves(half, high, config.inside, config.between, rng)


def halves(smallest: int, largest: int, n: int, rng: torch.Generator) -> tuple[Tensor, int]:
    """Return how many nodes half of each graph has, (n,), and the most that it may have.

    Raises:
        ConfigError: there is no even number between the bounds.
    """
    low, high = (smallest + 1) // 2, largest // 2
    if low > high:
        raise ConfigError("largest", f"must leave an even size from {smallest} on")
    return torch.randint(low, high + 1, (n,), generator=rng), high


def joined_halves(
    half: Tensor, high: int, inside: float | Tensor, between: float, rng: torch.Generator
) -> GraphSet:
    """Return graphs of two halves with given numbers of nodes (n,), at most ``high``, as in
    `community`; how likely two nodes of a half are joined may be said of each graph, (n, 1, 1).
    """
    n, size = len(half), 2 * half
    places = torch.arange(2 * high)
    # Which nodes are in the second half: real ones stand in an order that says nothing of it.
    chance = torch.rand((n, 2 * high), generator=rng)
    order = chance.masked_fill(places >= size[:, None], 2.0).argsort(dim=1)
    second = order.argsort(dim=1) >= half[:, None]
    across = second[:, :, None] != second[:, None, :]
    likely = torch.where(across, 2.0 * between / half[:, None, None], inside)
    joined = torch.rand((n, 2 * high, 2 * high), generator=rng) < likely
    joined = joined.triu(diagonal=1)
    real = places < size[:, None]
    bridges = joined & across & real[:, None, :]
    lonely = (~bridges.flatten(1).any(dim=1)).nonzero()[:, 0]
    rank = (torch.rand((n, 2), generator=rng) * half[:, None]).long()
    rank[:, 1] += half
    ends = order.gather(1, rank)[lonely].sort(dim=1).values
    joined[lonely, ends[:, 0], ends[:, 1]] = True
    return GraphSet(pack(joined, size), size, make="two-communities")
