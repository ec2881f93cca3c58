"""How rows of graphs are read on the screen; they lie as `models.layouts.graphs` says. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.protocol.extras import PLACES, SIZE

__all__ = ["GraphRows", "ReadGraphs", "ends", "finite", "nodes_of", "pair_of"]

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]


@cache
def ends(nodes: int) -> tuple[Numbers, Numbers]:
    """Return the two nodes of each pair i < j of N nodes, (P,) each."""
    first, second = np.triu_indices(nodes, 1)
    return first, second


def finite(x: NDArray[Any]) -> Floats:
    """Return numbers in double precision, what is none read as 0."""
    numbers = np.asarray(x, np.float64)
    # Nearly all are: looking costs a tenth of mending.
    return numbers if np.isfinite(numbers).all() else np.nan_to_num(numbers)


def pair_of(nodes: int, one: int, other: int) -> int:
    """Return the place of a pair of different nodes among the pairs of N nodes."""
    first, second = ends(nodes)
    low, high = min(one, other), max(one, other)
    return int(np.flatnonzero((first == low) & (second == high))[0])


def nodes_of(length: int) -> int:
    """Return N for rows of N (N - 1) / 2 pairs."""
    return (1 + math.isqrt(1 + 8 * length)) // 2


@dataclass(frozen=True, eq=False)
class GraphRows:
    """Graphs in rows x (n, L) of at most ``nodes`` nodes, N.

    Attributes:
        x: (n, L), what is no number read as 0.
        nodes: N.
    """

    x: Floats
    nodes: int

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "GraphRows":
        """Return data (n, ...) by name as graphs. How many nodes they have at most say the "places"
        of these, or their sizes: a row with a number a node is as long as one of a node more
        without.
        """
        x = finite(arrays["x"])
        if PLACES in arrays:
            return cls(x, int(arrays[PLACES].shape[1]))
        nodes, size = nodes_of(x.shape[1]), arrays.get(SIZE)
        if size is not None and len(size) == len(x) and len(x):
            largest = int(np.argmax(size))
            pairs = int(size[largest]) * (int(size[largest]) - 1) // 2
            nodes -= int(np.count_nonzero(x[largest]) > pairs)
        return cls(x, nodes)

    @cached_property
    def pairs(self) -> Floats:
        """The number of each pair, (n, P); exactly 0 where one of its nodes is padded."""
        count = self.nodes * (self.nodes - 1) // 2
        return self.x[:, self.x.shape[1] - count :]

    @property
    def feature(self) -> Floats:
        """The number of each node, (n, N), or (n, 0) where nodes have none."""
        return self.x[:, : self.x.shape[1] - self.pairs.shape[1]]

    @cached_property
    def certain(self) -> Floats:
        """How certain the edge of each pair is, (n, P) in [0, 1], 0 where a node is padded."""
        return np.where(self.pairs != 0.0, np.clip((1.0 + self.pairs) / 2.0, 0.0, 1.0), 0.0)

    @cached_property
    def size(self) -> Numbers:
        """Return the number of real nodes of each graph, (n,): up to the last one with a pair that
        is not exactly 0. Along the flow, pairs not generated yet may be 0, too.
        """
        _, second = ends(self.nodes)
        return np.asarray(np.where(self.pairs != 0.0, second, 0).max(axis=1, initial=0) + 1)

    @cached_property
    def adjacency(self) -> NDArray[np.bool_]:
        """Which nodes are likely joined, (n, N, N)."""
        return self.square(self.certain >= 0.5)

    def square(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of pairs (n, P) as symmetric matrices, (n, N, N), 0 on the diagonal."""
        first, second = ends(self.nodes)
        found = np.zeros((len(values), self.nodes, self.nodes), values.dtype)
        found[:, first, second] = found[:, second, first] = values
        return found


@dataclass(frozen=True, eq=False)
class ReadGraphs:
    """Samples as graphs.

    Attributes:
        graphs: of at most N nodes.
        letters: (n, N), letter of each node's type; None without types.
        marks: (n, N), index of shape and colour, -1 for unknown types; None for discs.
        kinds: (n, P), most likely type of each pair, from 1; None without types.
        inks: (n, N), colour name of each node, "" for the default.
        wrong: (n, N), nodes with too many edges.
    """

    graphs: GraphRows
    letters: NDArray[np.str_] | None = None
    marks: Numbers | None = None
    kinds: Numbers | None = None
    inks: NDArray[np.str_] | None = None
    wrong: NDArray[np.bool_] | None = None
