"""How rows of graphs with types are read on the screen; they lie as `models.layouts.graphs` says.
Pure.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.data_types.graphs.graph_rows import ends

__all__ = ["TypedRows"]

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TypedRows:
    """Graphs in rows x (n, L), with non-finite values as 0.

    Attributes:
        x: (n, L).
        nodes: N, maximum number of nodes.
        node_types: K, number of node types.
        edge_types: E, number of edge types.
        told: (n,), number of nodes if given, since a fully masked row does not show it.
    """

    x: Floats
    nodes: int
    node_types: int
    edge_types: int
    told: NDArray[Any] | None = None

    @cached_property
    def _numbers(self) -> Floats:
        """The numbers of nodes, (n, N, K)."""
        own = self.x[:, : self.node_types * self.nodes]
        return own.reshape(len(self.x), self.nodes, self.node_types)

    @cached_property
    def _pairs(self) -> Floats:
        """The numbers of pairs by each type, (n, E, P)."""
        pairs = self.x[:, self.node_types * self.nodes :]
        return pairs.reshape(len(self.x), self.edge_types, pairs.shape[1] // self.edge_types)

    @cached_property
    def size(self) -> Numbers:
        """Return the number of real nodes of each, (n,): up to the last one with a number that is
        not exactly 0. Masked nodes are 0, too.
        """
        own = (self._numbers != 0.0).any(axis=2) * np.arange(1, self.nodes + 1)
        _, second = ends(self.nodes)
        paired = (self._pairs != 0.0).any(axis=1) * (second + 1)
        found = np.maximum(own.max(axis=1), paired.max(axis=1, initial=0))
        return np.asarray(found if self.told is None else np.maximum(found, self.told), np.int64)

    @cached_property
    def masked(self) -> NDArray[np.bool_]:
        """Which of these nodes have no type yet, (n, N)."""
        real = np.arange(self.nodes) < self.size[:, None]
        return np.asarray(real & self.unknown)

    @cached_property
    def unknown(self) -> NDArray[np.bool_]:
        """Return which nodes have an unknown type, (n, N): masked and padded ones."""
        return np.asarray((self._numbers == 0.0).all(axis=2))

    @cached_property
    def types(self) -> Numbers:
        """The likeliest type of each node, (n, N), 0 where there is none."""
        real = np.arange(self.nodes) < self.size[:, None]
        return np.asarray(self._numbers.argmax(axis=2) * real, np.int64)

    @cached_property
    def orders(self) -> Floats:
        """Return the probability of each edge type, (n, E, P) in [0, 1]; 0 at padded nodes."""
        return np.where(self._pairs != 0.0, np.clip((1.0 + self._pairs) / 2.0, 0.0, 1.0), 0.0)

    @property
    def kinds(self) -> Numbers:
        """Return the most likely edge type of each pair, from 1, (n, P)."""
        return np.asarray(self._pairs.argmax(axis=1) + 1, np.int64)

    @property
    def joined(self) -> Floats:
        """Return the value of the most likely type of each pair, (n, P), exactly 0 at padded
        nodes.
        """
        return np.asarray(self._pairs.max(axis=1), np.float64)

    @cached_property
    def edges(self) -> Numbers:
        """The type of each edge that is likely, (n, N, N), from 1, 0 where there is none."""
        best = np.where(self.orders.max(axis=1) > 0.5, self.orders.argmax(axis=1) + 1, 0)
        first, second = ends(self.nodes)
        found = np.zeros((len(self.x), self.nodes, self.nodes), np.int64)
        found[:, first, second] = found[:, second, first] = best
        return found

    def each(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Return the types of nodes (n,) and of edges (n, n) of each graph."""
        return [
            (types[:n], edges[:n, :n])
            for types, edges, n in zip(self.types, self.edges, self.size.tolist(), strict=True)
        ]
