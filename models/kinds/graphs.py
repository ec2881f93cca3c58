"""Graphs: undirected, without loops, of at most so many nodes, each packed into one row.

A row holds one number a node, where nodes have one, and then one number a pair of nodes i < j, row
by row of the upper triangle: 1 where they are joined and -1 where they are not. As a pair stands
there once, whatever noise is added to a row is symmetric. Nodes come in no order that means
anything; those that are real come first, and a pair with a padded node is padded.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.spec import SIZE, DataSpec, Given, Part
from models.registry import kind
from models.tensors import make_generator

__all__ = ["EDGES", "NODES", "GraphSet", "Packing", "graphs", "pack", "unpack"]

NODES, EDGES = "nodes", "edges"
_LAW = 4096  # sizes that a spec keeps
_DENSITY = 0.4  # of the edges of an example


@dataclass(frozen=True)
class Packing:
    """How graphs of at most ``nodes`` nodes lie in a row, with a number a node or without.

    Attributes:
        nodes: N >= 2.
        featured: whether nodes have a number.
    """

    nodes: int
    featured: bool = False

    @classmethod
    def of(cls, parts: Iterable[Part]) -> "Packing":
        """Return the packing that the parts of a `DataSpec` describe."""
        length = {part.name: part.stop - part.start for part in parts}
        return cls(_nodes_of(length[EDGES]), NODES in length)

    @classmethod
    def like(cls, rows: Batch) -> "Packing":
        """Return the packing of rows with a mask and sizes, of which there is at least one.

        Raises:
            ValueError: they have no mask.
        """
        if rows.mask is None:
            raise ValueError("rows of graphs have a mask")
        largest = int(rows.given[SIZE].argmax())
        size, count = int(rows.given[SIZE][largest]), int(rows.mask[largest].sum())
        featured = count > size * (size - 1) // 2
        return cls(_nodes_of(rows.x.shape[1]) - (1 if featured else 0), featured)

    @property
    def pairs(self) -> int:
        """How many pairs of nodes there are."""
        return self.nodes * (self.nodes - 1) // 2

    @property
    def start(self) -> int:
        """Where the pairs start."""
        return self.nodes if self.featured else 0

    @property
    def length(self) -> int:
        """L, how long a row is."""
        return self.start + self.pairs

    @property
    def parts(self) -> tuple[Part, ...]:
        """The named pieces of a row."""
        edges = Part(EDGES, self.start, self.length)
        return (Part(NODES, 0, self.nodes), edges) if self.featured else (edges,)

    @cached_property
    def masks(self) -> Tensor:
        """Which places graphs of 0 to N nodes have, (N + 1, L) bool."""
        count = torch.arange(self.nodes + 1)[:, None]
        # Of the two nodes of a pair the second has the higher number.
        real = _ends(self.nodes)[1] < count
        return torch.cat([torch.arange(self.nodes) < count, real], 1) if self.featured else real

    def dense(self, row: Tensor) -> Tensor:
        """Return what rows (..., L) say of pairs as symmetric matrices, (..., N, N), diagonal 0."""
        place, off = _places(self.nodes)
        square = row[..., self.start :][..., place.to(row.device)]
        return (
            square * off.to(square) if square.is_floating_point() else square & off.to(row.device)
        )

    def flat(self, square: Tensor) -> Tensor:
        """Return the upper triangles of matrices (..., N, N) as they lie in a row, (..., pairs)."""
        first, second = _ends(self.nodes).to(square.device)
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


@dataclass(frozen=True)
class GraphSet:
    """Graphs; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) float32, packed rows; see `pack`.
        size: (n,) int64, how many nodes each has.
        feature: what the number of a node is called; "" where nodes have none.
    """

    x: Tensor
    size: Tensor
    feature: str = ""

    columns: ClassVar[tuple[str, ...]] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def packing(self) -> Packing:
        """How they lie in a row."""
        length, featured = self.x.shape[1], bool(self.feature)
        # N numbers and N (N - 1) / 2 pairs are as many as the pairs of N + 1.
        return Packing(_nodes_of(length) - (1 if featured else 0), featured)

    @property
    def adjacency(self) -> Tensor:
        """Which nodes are joined, (n, N, N) bool."""
        return unpack(self.x, self.packing)

    def spec(self) -> DataSpec:
        """Return the spec. Edges have mean 0 and deviation 1 by declaration: measured ones would
        make of "no edge" something else in each data set. Numbers of nodes are standardised.
        """
        packing = self.packing
        mean, std = torch.zeros(packing.length), torch.ones(packing.length)
        if self.feature:
            numbers = self.x[:, : packing.nodes]
            real = numbers[packing.masks[self.size][:, : packing.nodes]]
            mean[: packing.nodes] = real.mean()
            std[: packing.nodes] = real.std().clamp_min(1e-6)
        some = torch.randperm(len(self), generator=make_generator(0))[:_LAW]
        return DataSpec(
            "graphs",
            (packing.length,),
            mean,
            std,
            parts=packing.parts,
            masks=packing.masks,
            given={SIZE: Given()},
            law={SIZE: self.size[some]},
        )

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some graphs, with their size."""
        size = self.size[index]
        return Batch(self.x[index], self.packing.masks[size], {SIZE: size})

    def take(self, index: Tensor | slice) -> "GraphSet":
        """Return the graphs of some rows."""
        return replace(self, x=self.x[index], size=self.size[index])


@kind(
    "graphs",
    title="Graphs",
    one="graph",
    many="graphs",
    summary="Nodes and the edges that join them: undirected, each of its own size.",
    gives=("continuous", "graph"),
    networks={"denoiser": "graph-net", "critic": "graph-net", "generator": "graph-net"},
    metrics=("degree-mmd", "clustering-mmd", "orbit-mmd"),
    training={"particles": 64, "frames": 16, "batch": 32, "evaluate_samples": 100},
    families={
        "edm": {
            # Below .2 every bit is decided, and above 5 none is.
            "density_mean": 0.4,
            "s_min": 0.2,
            "s_max": 20.0,
            "ema": 0.998,
            "optimizer": {"kind": "adamw", "lr": 2e-3, "schedule": "cosine", "clip": 1.0},
        },
        "gan": {"latent": 64},
        "mmd-generator": {"latent": 64},
        "score-gan": {"latent": 64, "s_low": 0.3},
        # A row has some hundred numbers: as for images, it is far from one to the next.
        "discriminator-flow": {"speed": 20.0},
        "monoflow": {"speed": 0.1, "reach": 10.0},
        "mmd-flow": {"speed": 50.0, "reach": 10.0},
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.3},
    },
)
def graphs(n: int, seed: int) -> GraphSet:
    """Return n random graphs of 2 to 6 nodes, which have a number each."""
    rng = make_generator(seed)
    size = torch.randint(2, 7, (n,), generator=rng)
    adjacency = torch.rand((n, 6, 6), generator=rng) < _DENSITY
    feature = 3.0 + 2.0 * torch.randn((n, 6), generator=rng)
    return GraphSet(pack(adjacency, size, feature), size, "mark")
