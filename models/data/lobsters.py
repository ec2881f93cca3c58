"""Lobsters: trees in which no node is further than two edges from a path."""

from typing import TYPE_CHECKING, Annotated

from pushforward.models.config import ConfigError, param
from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

if TYPE_CHECKING:
    import networkx

__all__ = ["LobstersConfig", "lobsters"]

_TRIES = 2000  # to make one of the right size


class LobstersConfig(GraphSizes, frozen=True):
    """How large graphs are, and how many legs and feet they have."""

    legs: Annotated[
        float, param("Legs", "Probability of another leg on a backbone node.", low=0.0, high=0.9)
    ] = 0.5
    feet: Annotated[
        float, param("Feet", "Probability of another foot on a leg.", low=0.0, high=0.9)
    ] = 0.5


@dataset(
    "lobsters",
    title="Lobsters",
    summary="Trees with a path as backbone, legs on it, and feet on the legs.",
    source="Golomb 1996, Polyominoes; as in Liao et al. 2019, arXiv:1910.00760, section 4.1 "
    "(lobster, there of 10 to 100 nodes with chances .7)",
    holds="graphs",
    config=LobstersConfig,
)
def lobsters(config: LobstersConfig, n: int, seed: int) -> GraphSet:
    """Sample n lobsters between the bounds, of any size.

    Raises:
        ConfigError: no lobster with these numbers of legs and feet is that small or large, or see
        `drawn`.
    """

    def make(_size: int, one: int) -> "networkx.Graph":
        import networkx

        # A leg comes with so many feet on average, a node of the path with so many legs.
        whole = 1.0 + config.legs / (1.0 - config.legs) / (1.0 - config.feet)
        path = max(1.0, 0.5 * (config.smallest + config.largest) / whole)
        for attempt in range(_TRIES):
            found = networkx.random_lobster_graph(
                path, config.legs, config.feet, seed=one + attempt * 7919
            )
            if config.smallest <= len(found) <= config.largest:
                return found
        sizes = f"{config.smallest} to {config.largest}"
        raise ConfigError("legs", f"with such legs and feet hardly any lobster has {sizes} nodes")

    return draw_graphs(config, n, seed, make)
