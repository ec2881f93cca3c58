"""What is counted in graphs, for each graph and for each of its nodes."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "clusterings",
    "graph_statistics",
    "node_statistics",
    "pieces",
    "spectra",
    "whole_statistics",
]

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]


def _joined(adjacency: NDArray[Any]) -> Floats:
    return np.asarray(np.asarray(adjacency) != 0, np.float64)


def clusterings(adjacency: NDArray[Any]) -> Floats:
    """Return the share of the pairs of a node's neighbours that are joined, (n, N); 0 where there
    are no two (Watts and Strogatz 1998, doi:10.1038/30918).
    """
    a = _joined(adjacency)
    degree = a.sum(axis=2)
    closed = ((a @ a) * a).sum(axis=2)
    return np.asarray(closed / np.maximum(degree * (degree - 1.0), 1.0))


def pieces(adjacency: NDArray[Any], size: NDArray[Any]) -> Numbers:
    """Return in how many connected pieces each graph is, (n,)."""
    reach = _joined(adjacency) + np.eye(adjacency.shape[1])
    # Squaring doubles how far one gets.
    for _ in range(max(1, adjacency.shape[1] - 1).bit_length()):
        reach = np.minimum(reach @ reach, 1.0)
    first = np.argmax(reach > 0.0, axis=2)  # the first node that each is connected with
    nodes = np.arange(adjacency.shape[1])
    return np.asarray(((first == nodes) & (nodes < np.asarray(size)[:, None])).sum(axis=1))


def graph_statistics(adjacency: NDArray[Any], size: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
    """Return of graphs (n, N, N), (n,) each: "nodes", "edges", "density" (the share of all pairs
    that are joined), "triangles", "clustering" (the mean of the nodes' coefficients), "components"
    and "largest-degree".
    """
    a, size = _joined(adjacency), np.asarray(size, np.int64)
    degree = a.sum(axis=2)
    edges = degree.sum(axis=1) / 2.0
    triangles = np.einsum("nij,nij->n", a @ a, a) / 6.0
    return {
        "nodes": size,
        "edges": np.rint(edges).astype(np.int64),
        "density": edges / np.maximum(1.0, size * (size - 1) / 2.0),
        "triangles": np.rint(triangles).astype(np.int64),
        "clustering": clusterings(a).sum(axis=1) / np.maximum(1, size),
        "components": pieces(a, size),
        "largest-degree": np.rint(degree.max(axis=1, initial=0.0)).astype(np.int64),
    }


def whole_statistics(adjacency: NDArray[Any], size: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
    """Return of graphs (n, N, N), (n,) each, what it takes a look at the whole graph to see:
    "squares" (cycles of four nodes), "diameter" (the longest of the shortest ways between two nodes
    that hang together), "assortativity" (the correlation of the degrees of joined nodes, Newman
    2002, doi:10.1103/PhysRevLett.89.208701, eq. 4; NaN where all are of one degree) and "gap", the
    second eigenvalue of the normalised Laplacian, 0 where a graph is in pieces.
    """
    a = _joined(adjacency)
    degree = a.sum(axis=2)
    ends = np.maximum(degree.sum(axis=1), 1.0)  # twice the edges
    twos = a @ a
    walks = (twos * twos).sum(axis=(1, 2))  # closed ones of four steps
    squares = (walks - 2.0 * (degree**2).sum(axis=1) + degree.sum(axis=1)) / 8.0
    mean = (degree**2).sum(axis=1) / ends
    spread = (degree**3).sum(axis=1) / ends - mean**2
    shared = np.einsum("ni,nij,nj->n", degree, a, degree) / ends - mean**2
    alike = np.full(len(a), np.nan)
    np.divide(shared, spread, out=alike, where=spread > 1e-9)
    gaps = spectra(a, size)[:, 1:2]
    return {
        "squares": np.rint(squares).astype(np.int64),
        "diameter": _diameters(a),
        "assortativity": alike,
        "gap": gaps[:, 0] if gaps.size else np.full(len(a), np.nan),
    }


def _diameters(a: Floats) -> Numbers:
    """Return the longest of the shortest ways of graphs, (n,)."""
    found = np.zeros(len(a), np.int64)
    step = a.astype(np.float32)
    seen, front = np.broadcast_to(np.eye(a.shape[1], dtype=bool), a.shape), step > 0
    length = 1
    while front.any():
        found[front.any(axis=(1, 2))] = length
        seen, length = seen | front, length + 1
        front = (front.astype(np.float32) @ step > 0) & ~seen
    return found


def node_statistics(adjacency: NDArray[Any], size: NDArray[Any]) -> Mapping[str, Floats]:
    """Return of the nodes of graphs (n, N, N), (n, N) each, NaN where a node is padded: "degree",
    "clustering", and "eigenvalue", those of the normalised Laplacian in their order: there are as
    many as nodes.
    """
    a = _joined(adjacency)
    here = np.arange(a.shape[1]) < np.asarray(size)[:, None]
    each = {"degree": a.sum(axis=2), "clustering": clusterings(a)}
    found = {name: np.where(here, values, np.nan) for name, values in each.items()}
    return {**found, "eigenvalue": spectra(a, size)}


def spectra(adjacency: NDArray[Any], size: NDArray[Any]) -> Floats:
    """Return the eigenvalues of the normalised Laplacian of each graph, the least first, (n, N),
    NaN after the last one of its nodes; a node without an edge has the eigenvalue 0.
    """
    a = _joined(adjacency)
    degree = a.sum(axis=2)
    root = np.divide(1.0, np.sqrt(degree), out=np.zeros(degree.shape), where=degree > 0)
    alone = np.eye(a.shape[1]) * (degree > 0)[..., None]
    values = np.linalg.eigvalsh(alone - root[:, :, None] * a * root[:, None]).clip(0.0, 2.0)
    # Nodes that are not there are zeros, as the least ones are: there are that many too many.
    places = np.arange(a.shape[1]) + a.shape[1] - np.asarray(size)[:, None]
    own = np.take_along_axis(values, np.minimum(places, a.shape[1] - 1), axis=1)
    return np.where(places < a.shape[1], own, np.nan)
