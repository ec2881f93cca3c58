"""Small worlds: rings of near neighbours with a few edges turned elsewhere."""

from typing import Annotated

from pushforward.models.config import ConfigError, param
from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["WattsStrogatzConfig", "watts_strogatz"]


class WattsStrogatzConfig(GraphSizes, frozen=True):
    """How large graphs are, how many neighbours a node has, and how many edges are turned."""

    neighbours: Annotated[
        int,
        param("Neighbours", "Neighbours of each node on the ring; an even number.", low=2, high=20),
    ] = 4
    turned: Annotated[
        float,
        param("Rewiring", "Probability that an edge is rewired to a random node.", low=0, high=1),
    ] = 0.1


@dataset(
    "watts-strogatz",
    title="Small worlds",
    summary="Small-world graphs (Watts–Strogatz): rings of neighbours with a few rewired edges; "
    "many triangles and short paths.",
    source="Watts and Strogatz 1998, doi:10.1038/30918",
    holds="graphs",
    config=WattsStrogatzConfig,
)
def watts_strogatz(config: WattsStrogatzConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs of ``neighbours`` / 2 edges a node.

    Raises:
        ConfigError: neighbours are odd, or as many as the smallest graph has nodes, or see `drawn`.
    """
    import networkx

    k, smallest = config.neighbours, config.smallest
    if k % 2 or k >= smallest:
        raise ConfigError("neighbours", f"must be even and fewer than {smallest}, the smallest")
    return draw_graphs(
        config,
        n,
        seed,
        lambda size, one: networkx.watts_strogatz_graph(size, k, config.turned, one),
    )
