"""Planar graphs: triangulations of random points."""

from typing import TYPE_CHECKING

import numpy as np

from pushforward.models.data.graph_draws import GraphSizes, draw_graphs
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

if TYPE_CHECKING:
    import networkx

__all__ = ["planar_graphs"]


@dataset(
    "planar",
    title="Planar graphs",
    summary="Delaunay triangulations of points in a square: planar graphs.",
    source="Martinkus et al. 2022, arXiv:2204.01613, section 4 (planar, there of 64 nodes)",
    holds="graphs",
    config=GraphSizes,
)
def planar_graphs(config: GraphSizes, n: int, seed: int) -> GraphSet:
    """Draw n Delaunay triangulations of points that are uniform in a square; see `drawn` for their
    sizes and what is raised.
    """
    return draw_graphs(config, n, seed, _triangulated)


def _triangulated(size: int, seed: int) -> "networkx.Graph":
    import networkx
    from scipy.spatial import Delaunay

    corners = Delaunay(np.random.default_rng(seed).random((size, 2))).simplices
    graph = networkx.empty_graph(size)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        graph.add_edges_from(corners[:, [a, b]].tolist())
    return graph
