"""Trees: connected, without a cycle."""

from models.data.graph_draws import GraphSizes, drawn
from models.kinds.graphs import GraphSet
from models.registry import dataset

__all__ = ["trees"]


@dataset(
    "trees",
    title="Trees",
    summary="Connected graphs without a cycle, each tree on numbered nodes as likely as any "
    "other: one edge too many or too few is wrong.",
    source="Prüfer 1918; uniform trees as in Bergmeister et al. 2024, arXiv:2312.11529",
    holds="graphs",
    config=GraphSizes,
)
def trees(config: GraphSizes, n: int, seed: int) -> GraphSet:
    """Draw n trees; see `drawn` for their sizes and what is raised."""
    import networkx

    return drawn(config, n, seed, lambda size, one: networkx.random_labeled_tree(size, seed=one))
