"""Grids: nodes in rows and columns."""

from typing import Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.data.graph_draws import packed
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["GridsConfig", "grids"]


class GridsConfig(Config, frozen=True):
    """How long the sides are, and how many nodes there are at most."""

    shortest: Annotated[
        int,
        param(
            "Shortest side", "Minimum number of nodes along a side.", low=2, high=30, unit="nodes"
        ),
    ] = 2
    longest: Annotated[
        int,
        param(
            "Longest side", "Maximum number of nodes along a side.", low=2, high=30, unit="nodes"
        ),
    ] = 5
    largest: Annotated[
        int, param("Largest", "Nodes of the largest grid.", low=4, high=60, unit="nodes")
    ] = 20


@dataset(
    "grids",
    title="Grids",
    summary="Rectangular grids of nodes. One wrong edge makes a graph invalid. There are few of "
    "them, so novelty is not expected.",
    source="You et al. 2018, arXiv:1802.08773, section 4.1 (grid); sizes of grid-small",
    holds="graphs",
    config=GridsConfig,
)
def grids(config: GridsConfig, n: int, seed: int) -> GraphSet:
    """Draw n grids, each of those within the bounds as often as any other.

    Raises:
        ConfigError: no grid lies within the bounds.
    """
    import networkx

    sides = range(config.shortest, config.longest + 1)
    kinds = [(a, b) for a in sides for b in sides if a <= b and a * b <= config.largest]
    if not kinds:
        least = config.shortest**2
        raise ConfigError("largest", f"leaves no grid: the smallest has {least} nodes")
    rng = data_generator(n, seed)
    which = torch.randint(len(kinds), (n,), generator=rng).tolist()
    made = [networkx.grid_2d_graph(*each) for each in kinds]
    return packed([made[each] for each in which], config.largest, rng)
