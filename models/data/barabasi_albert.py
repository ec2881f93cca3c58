"""Graphs that grow: new nodes prefer those that have many edges."""

from typing import Annotated

from pushforward.models.config import ConfigError, param
from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["BarabasiAlbertConfig", "barabasi_albert"]


class BarabasiAlbertConfig(GraphSizes, frozen=True):
    """How large graphs are, and with how many edges a node comes."""

    edges: Annotated[int, param("Edges", "Edges of each new node.", low=1, high=20)] = 2


@dataset(
    "barabasi-albert",
    title="Preferential attachment",
    summary="Graphs that grow node by node, each attached preferentially to nodes with many "
    "edges: a few hubs and many small nodes.",
    source="Barabási and Albert 1999, doi:10.1126/science.286.5439.509",
    holds="graphs",
    config=BarabasiAlbertConfig,
)
def barabasi_albert(config: BarabasiAlbertConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs, which start as a star of ``edges`` + 1 nodes.

    Raises:
        ConfigError: the smallest graph has no more nodes than a new one has edges, or see `drawn`.
    """
    import networkx

    if config.edges >= config.smallest:
        raise ConfigError("edges", f"must be fewer than the smallest has nodes, {config.smallest}")
    return draw_graphs(
        config, n, seed, lambda size, one: networkx.barabasi_albert_graph(size, config.edges, one)
    )
