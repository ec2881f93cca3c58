"""Graphs of two communities, dense ones and sparse ones, and how dense each is is given with it."""

from dataclasses import replace
from typing import Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.data.community import halves, joined_halves
from pushforward.models.data.graph_draws import Largest, Smallest
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["CommunityDensityConfig", "community_density"]

_BETWEEN = 0.05


class CommunityDensityConfig(Config, frozen=True):
    """How large the graphs are, and how densely joined they may be."""

    smallest: Smallest = 12
    largest: Largest = 20
    sparse: Annotated[
        float,
        param(
            "Minimum density",
            "Minimum edge probability within a community.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.4
    dense: Annotated[
        float, param("Maximum density", "Maximum edge probability within a community.",
                     low=0.0, high=1.0),
    ] = 1.0  # fmt: skip


@dataset(
    "community-density",
    title="Communities of any density",
    summary="Graphs of two communities whose density varies; the density, the fraction of "
    "joined pairs, is given as a condition.",
    source="as the set of two communities (You et al. 2018, arXiv:1802.08773, section 4.1), with "
    "the chance inside of a community drawn evenly for each graph",
    holds="graphs",
    config=CommunityDensityConfig,
)
def community_density(config: CommunityDensityConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs; see `models.data.community`.

    Raises:
        ConfigError: there is no even number between the bounds, or the densest are sparser.
    """
    if config.dense < config.sparse:
        raise ConfigError("dense", f"must be at least the sparsest, {config.sparse:g}")
    rng = data_generator(n, seed)
    half, high = halves(config.smallest, config.largest, n, rng)
    inside = config.sparse + (config.dense - config.sparse) * torch.rand((n, 1, 1), generator=rng)
    return replace(joined_halves(half, high, inside, _BETWEEN, rng), weighed=True)
