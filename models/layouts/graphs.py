"""How graphs lie in rows: what their networks share with all that speaks of them.

A row holds one number a node, where nodes have one, and then one number a pair of nodes i < j, row
by row of the upper triangle: 1 where they are joined and -1 where they are not. As each pair is
stored once, noise added to a row is symmetric. Real nodes come first, and a pair with a padded node
is padded.

Where nodes are of several types, each has a number a type, node by node: 1 for its own and -1 for
the others. Where edges are of several types, the pairs stand there once a type, type by type: 1 in
the one by which they are joined, and -1 in all where they are not.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Part
from pushforward.models.tensors import real_places, resident

__all__ = [
    "EDGES",
    "NODES",
    "TYPES",
    "Packing",
    "edges_alone",
    "pack",
    "pack_types",
    "unpack",
    "unpack_types",
]

NODES, EDGES, TYPES = "nodes", "edges", "types"


@dataclass(frozen=True)
class Packing:
    """How graphs of at most ``nodes`` nodes lie in a row, with a number a node or without.

    Attributes:
        nodes: N >= 2.
        featured: whether nodes have a number.
        node_types: K, of how many types nodes are; 0 where they have none.
        edge_types: E, of how many types edges are.
    """

    nodes: int
    featured: bool = False
    node_types: int = 0
    edge_types: int = 1

    @classmethod
    def of(cls, parts: Iterable[Part]) -> "Packing":
        """Return the packing that the parts of a `DataSpec` describe."""
        length = {part.name: part.stop - part.start for part in parts}
        nodes = _nodes_of(length[EDGES])
        more = sum(name.startswith(EDGES) for name in length)
        return cls(nodes, NODES in length, length.get(TYPES, 0) // nodes, more)

    @classmethod
    def like(cls, rows: Batch) -> "Packing":
        """Return the packing of rows (at least one) with a mask and sizes.

        Raises:
            ValueError: they have no mask.
        """
        if rows.mask is None:
            raise ValueError("rows of graphs have a mask")
        largest = int(rows.given[SIZE].argmax())
        size, count = int(rows.given[SIZE][largest]), int(rows.mask[largest].sum())
        featured = count > size * (size - 1) // 2
        return cls.of_length(rows.x.shape[1], featured=featured)

    @classmethod
    def of_length(cls, length: int, *, featured: bool) -> "Packing":
        """Return the packing of rows of a length.

        Raises:
            ValueError: no number of nodes has such rows.
        """
        # N numbers and N (N - 1) / 2 pairs are as many as the pairs of N + 1.
        return cls(_nodes_of(length) - (1 if featured else 0), featured)

    def as_long(self, length: int) -> "Packing":
        """Return the packing of the same numbers, for as many nodes as rows of a length have.

        Raises:
            ValueError: no number of nodes has such rows.
        """
        nodes = 2
        while (found := replace(self, nodes=nodes)).length < length:
            nodes += 1
        if found.length != length:
            raise ValueError(f"no number of nodes has rows of {length} numbers")
        return found

    @property
    def pairs(self) -> int:
        """How many pairs of nodes there are."""
        return self.nodes * (self.nodes - 1) // 2

    @property
    def numbers(self) -> int:
        """How many numbers a node has of its own, its types counted."""
        return self.featured + self.node_types

    @property
    def start(self) -> int:
        """Where the pairs start."""
        return self.nodes * self.numbers

    @property
    def length(self) -> int:
        """L, how long a row is."""
        return self.start + self.pairs * self.edge_types

    @property
    def parts(self) -> tuple[Part, ...]:
        """The named pieces of a row; the pairs of a second type and of others are "edges 2", ..."""
        ends = [self.start + self.pairs * each for each in range(self.edge_types + 1)]
        names = [EDGES, *(f"{EDGES} {each}" for each in range(2, self.edge_types + 1))]
        pieces = [
            Part(NODES, 0, self.nodes * self.featured),
            Part(TYPES, self.nodes * self.featured, self.start),
            *map(Part, names, ends, ends[1:]),
        ]
        return tuple(part for part in pieces if part.start < part.stop)

    @cached_property
    def masks(self) -> Tensor:
        """Which places graphs of 0 to N nodes have, (N + 1, L) bool."""
        count = torch.arange(self.nodes + 1)
        here = real_places(count, self.nodes)
        # Of the two nodes of a pair the second has the higher number.
        real = _ends(self.nodes)[1] < count[:, None]
        types = here.repeat_interleave(self.node_types, dim=1)
        return torch.cat(
            [here[:, : self.nodes * self.featured], types, *[real] * self.edge_types], 1
        )

    def absent(self, nodes: Collection[int], edges: Collection[int]) -> Tensor | None:
        """Return which numbers of a row stand for another type than these: (L,) bool, None where
        there is none. Types of nodes and of edges are both counted from 0.
        """
        own = torch.tensor([number not in nodes for number in range(self.node_types)])
        joined = torch.tensor([number not in edges for number in range(self.edge_types)])
        features = torch.zeros(self.nodes * self.featured, dtype=torch.bool)
        pairs = joined.repeat_interleave(self.pairs)
        found = torch.cat([features, own.bool().repeat(self.nodes), pairs])
        return found if bool(found.any()) else None

    def dense(self, row: Tensor) -> Tensor:
        """Return what rows (..., L) say of pairs as symmetric matrices, (..., N, N), diagonal 0; of
        the first type where there are several.
        """
        return self._dense(row[..., self.start :])

    def layers(self, row: Tensor) -> Tensor:
        """Return what rows (..., L) say of pairs by each type, (..., E, N, N); see `dense`."""
        pairs = row[..., self.start :].reshape(*row.shape[:-1], self.edge_types, self.pairs)
        return self._dense(pairs)

    def _dense(self, pairs: Tensor) -> Tensor:
        place, off = _places(self.nodes)
        square = pairs[..., resident(place, pairs.device)]
        if square.is_floating_point():
            return square * resident(off, square.device).to(square)
        return square & resident(off, pairs.device)

    def of_nodes(self, row: Tensor) -> Tensor:
        """Return the numbers of the nodes of rows (..., L), (..., N, numbers), types last."""
        kinds = row[..., self.nodes * self.featured : self.start]
        typed = kinds.reshape(*row.shape[:-1], self.nodes, self.node_types)
        return torch.cat([row[..., : self.nodes, None], typed], -1) if self.featured else typed

    def present(self, mask: Tensor) -> Tensor:
        """Return which nodes exist in rows with these real places: (..., L) bool -> (..., N). A
        single node shows by its own numbers alone.
        """
        return self.of_nodes(mask)[..., 0] if self.numbers else self.dense(mask).any(dim=-1)

    def flat(self, square: Tensor) -> Tensor:
        """Return the upper triangles of matrices (..., N, N) as they lie in a row, (..., pairs)."""
        first, second = resident(_ends(self.nodes), square.device)
        return square[..., first, second]


@lru_cache(maxsize=16)
def _ends(nodes: int) -> Tensor:
    """Return the two nodes of each pair, (2, pairs)."""
    return torch.triu_indices(nodes, nodes, offset=1)


@lru_cache(maxsize=16)
def _places(nodes: int) -> tuple[Tensor, Tensor]:
    """Return the place of each pair among the pairs, (N, N), and where there is one."""
    first, second = _ends(nodes)
    place = torch.zeros((nodes, nodes), dtype=torch.long)
    place[first, second] = torch.arange(len(first))
    return place + place.T, ~torch.eye(nodes, dtype=torch.bool)


def _nodes_of(pairs: int) -> int:
    nodes = (1 + math.isqrt(1 + 8 * pairs)) // 2
    if pairs < 1 or nodes * (nodes - 1) // 2 != pairs:
        raise ValueError(f"{pairs} is not the number of pairs of two or more nodes")
    return nodes


def pack(adjacency: Tensor, size: Tensor, feature: Tensor | None = None) -> Tensor:
    """Return graphs as rows (n, L), padded places 0.

    Args:
        adjacency: (n, N, N) bool; the upper triangle is read.
        size: (n,), how many nodes are real; they come first.
        feature: (n, N), a number a node.

    Raises:
        ValueError: fewer than two places for nodes, or a size that is not in 0..N.
    """
    packing = Packing(adjacency.shape[-1], feature is not None)
    if packing.nodes < 2:
        raise ValueError(f"a row has places for at least 2 nodes, got {packing.nodes}")
    if len(size) and (size.min() < 0 or size.max() > packing.nodes):
        raise ValueError(f"a size is in [0, {packing.nodes}], got {size.min()} to {size.max()}")
    x = 2.0 * packing.flat(adjacency).float() - 1.0
    if feature is not None:
        x = torch.cat([feature.float(), x], dim=1)
    return x * packing.masks[size]


def unpack(x: Tensor, packing: Packing) -> Tensor:
    """Return the adjacency matrices (n, N, N) bool of rows (n, L): an edge where a pair's number is
    above 0, so that padded nodes have none.
    """
    return packing.dense(x > 0)


def pack_types(types: Tensor, edges: Tensor, size: Tensor, packing: Packing) -> Tensor:
    """Return graphs with types as rows (n, L), padded places 0.

    Args:
        types: (n, N), of each node its type, from 0.
        edges: (n, N, N), of each pair what joins it, from 1, and 0 where nothing does.
        size: (n,), how many nodes are real; they come first.
        packing: how they lie; without a number a node.
    """
    own = types[..., None] == torch.arange(packing.node_types)
    joined = [packing.flat(edges) == each for each in range(1, packing.edge_types + 1)]
    x = 2.0 * torch.cat([own.flatten(1), *joined], dim=1).float() - 1.0
    return x * packing.masks[size]


def unpack_types(x: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
    """Return of rows (n, L) the types of their nodes (n, N), the likeliest of each, and what joins
    their pairs, (n, N, N) from 1: the likeliest where its number is above 0, and else 0, so that
    padded nodes have no edge.
    """
    types = packing.of_nodes(x)[..., packing.featured :].argmax(dim=-1)
    best, edges = packing.layers(x).max(dim=1)
    return types, (edges + 1) * (best > 0)


def edges_alone(spec: DataSpec) -> DataSpec:
    """Return what is said of graphs, without the numbers that their nodes have."""
    packing = Packing.of(spec.parts)
    (edges,) = (part for part in spec.parts if part.name == EDGES)
    return replace(
        spec,
        shape=(packing.pairs,),
        mean=spec.mean[packing.start :],
        std=spec.std[packing.start :],
        parts=(replace(edges, start=0, stop=packing.pairs),),
        masks=None if spec.masks is None else spec.masks[:, packing.start :],
    )
