"""How rows of graphs with labels are cut: several types of nodes, and one or four of edges.

A row has a number for each type of each node and one for each type of each pair, as
`models.layouts.graphs` says. How many nodes there are places for, and whether edges have types,
follows from how long it is.
"""

import math

__all__ = ["EDGE_LABELS", "NODE_LABELS", "cut", "places_for", "row_length"]

NODE_LABELS, EDGE_LABELS = 8, 4
"""Types that nodes and edges may have: those of molecules with their halogens, and four bonds."""


def row_length(nodes: int, edges: int) -> int:
    """Return the length of rows for a number of nodes and of types of edges."""
    return NODE_LABELS * nodes + edges * nodes * (nodes - 1) // 2


def cut(length: int) -> tuple[int, int] | None:
    """Return for how many nodes rows of a length have places, at least 2, and how many types their
    edges have: one where that fits, else four; None where neither does.
    """
    for edges in (1, EDGE_LABELS):
        # The positive root of edges / 2 n^2 + (NODE_LABELS - edges / 2) n = length.
        half = 2 * NODE_LABELS - edges
        nodes = (math.isqrt(half * half + 8 * edges * length) - half) // (2 * edges)
        if nodes >= 2 and row_length(nodes, edges) == length:
            return nodes, edges
    return None


def places_for(nodes: int, edges: int) -> int:
    """Return the smallest number of places, for at least a number of nodes, whose rows are cut as
    they should: those of 22 nodes with four types of edges are as long as those of 40 with one.
    """
    nodes = max(2, nodes)
    while cut(row_length(nodes, edges)) != (nodes, edges):
        nodes += 1
    return nodes
