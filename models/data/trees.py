"""Trees: connected, without a cycle."""

from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

__all__ = ["trees"]


@dataset(
    "trees",
    title="Trees",
    summary="Uniformly random labelled trees: connected graphs without a cycle.",
    source="Prüfer 1918; uniform trees as in Bergmeister et al. 2024, arXiv:2312.11529",
    holds="graphs",
    config=GraphSizes,
)
def trees(config: GraphSizes, n: int, seed: int) -> GraphSet:
    """Draw n trees; see `drawn` for their sizes and what is raised."""
    import networkx

    return draw_graphs(
        config, n, seed, lambda size, one: networkx.random_labeled_tree(size, seed=one)
    )
