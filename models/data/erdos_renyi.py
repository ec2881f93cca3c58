"""Random graphs: each pair of nodes is joined by chance."""

from typing import Annotated

from pushforward.models.config import param
from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["ErdosRenyiConfig", "erdos_renyi"]


class ErdosRenyiConfig(GraphSizes, frozen=True):
    """How large graphs are, and how densely joined."""

    density: Annotated[float, param("Density", "Edge probability.", low=0.0, high=1.0)] = 0.2


@dataset(
    "erdos-renyi",
    title="Random graphs",
    summary="Each pair of nodes is joined with the same probability: only the number of edges "
    "can be learned.",
    source="Gilbert 1959, doi:10.1214/aoms/1177706098; Erdős and Rényi 1959",
    holds="graphs",
    config=ErdosRenyiConfig,
)
def erdos_renyi(config: ErdosRenyiConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs G(size, density); see `drawn` for their sizes and what is raised."""
    import networkx

    return draw_graphs(
        config, n, seed, lambda size, one: networkx.gnp_random_graph(size, config.density, one)
    )
