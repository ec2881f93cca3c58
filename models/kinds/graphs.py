"""Graphs: undirected, without loops, of at most N nodes, each packed into one row.

How is said in `models.layouts.graphs`. Nodes come in no order that means anything.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec, Given, choose_condition_rows
from pushforward.models.layouts.graph_invariants import graph_invariants
from pushforward.models.layouts.graphs import EDGES, Packing, pack, unpack
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["DENSITY", "GraphSet", "graphs"]

DENSITY = "density"
"""The name under which the density of a graph is given, where it is."""

_DENSITY = 0.4  # of the edges of an example
_INVARIANT: dict[str, Any] = {"critic": {"slug": "invariant-mlp"}, "place": "particles"}


@dataclass(frozen=True)
class GraphSet:
    """Graphs; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) float32, packed rows; see `pack`.
        size: (n,) int64, the number of nodes of each.
        feature: what the number of a node is called; "" where nodes have none.
        labels: (n,) int64, the class of each graph, or None.
        names: of the classes.
        told: whether the class of each graph is a condition.
        weighed: whether its density is a condition, the share of its pairs that are joined.
        make: the structure they should have, one of `observables.graphs.makes`, "none" for none; ""
            if unknown.
    """

    x: Tensor
    size: Tensor
    feature: str = ""
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    told: bool = False
    weighed: bool = False
    make: str = ""

    columns: ClassVar[tuple[str, ...]] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def packing(self) -> Packing:
        """How they lie in a row."""
        return Packing.of_length(self.x.shape[1], featured=bool(self.feature))

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
        edges = self.x[:, packing.start :]
        share = float((edges > 0).sum() / (edges != 0).sum().clamp_min(1))
        given = {SIZE: Given()}
        if self.told and self.labels is not None:
            given[LABEL] = Given((), len(self.names), self.names)
        if self.weighed:
            density = self.density(slice(None))
            spread = density.std().clamp_min(1e-6)
            given[DENSITY] = Given(mean=density.mean(), std=spread, names=(DENSITY,))
        law = self.given(choose_condition_rows(len(self)))
        return DataSpec(
            "graphs",
            (packing.length,),
            mean,
            std,
            parts=tuple(replace(p, share=share) if p.name == EDGES else p for p in packing.parts),
            masks=packing.masks,
            given=given,
            law={name: given[name].standardise(values) for name, values in law.items()},
        )

    def density(self, index: Tensor | slice) -> Tensor:
        """Return the share of the pairs of some graphs that are joined, (n,)."""
        edges = self.x[index, self.packing.start :]
        return (edges > 0).sum(dim=1) / (edges != 0).sum(dim=1).clamp_min(1)

    def given(self, index: Tensor | slice) -> dict[str, Tensor]:
        """Return what is given with some graphs."""
        found = {SIZE: self.size[index]}
        if self.told and self.labels is not None:
            found[LABEL] = self.labels[index]
        if self.weighed:
            found[DENSITY] = self.density(index)
        return found

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some graphs, with their size, and what else is given with them."""
        given = self.given(index)
        return Batch(self.x[index], self.packing.masks[given[SIZE]], given)

    def labelled(self) -> "GraphSet | None":
        """Return these data with the class of each as a condition, None without classes."""
        return None if self.labels is None else replace(self, told=True)

    def relabelled(self, rows: Batch, labels: Tensor) -> "GraphSet":
        """Return other rows with their classes (n,) and what else is known of these."""
        size = rows.given[SIZE].long()
        return replace(self, x=rows.x, size=size, labels=labels, told=True)

    def take(self, index: Tensor | slice) -> "GraphSet":
        """Return the graphs of some rows."""
        labels = None if self.labels is None else self.labels[index]
        return replace(self, x=self.x[index], size=self.size[index], labels=labels)


@kind(
    "graphs",
    title="Graphs",
    one="graph",
    many="graphs",
    summary="Nodes and the edges that join them: undirected, each of its own size.",
    gives=("continuous", "graph", "labels"),
    networks={
        "denoiser": "graph-net",
        "critic": "graph-net",
        "generator": "graph-net",
        "encoder": "graph-net",
    },
    metrics=(
        *("degree-mmd", "clustering-mmd", "orbit-mmd"),
        *("valid-graphs", "different-graphs", "new-graphs"),
    ),
    training={"particles": 64, "frames": 16, "batch": 32, "evaluate_samples": 100},
    families={
        "edm": {
            # Below .2 every bit is decided, and above 5 none is.
            "density_mean": 0.4,
            "s_min": 0.2,
            "ema": 0.998,
            "optimizer": {"kind": "adamw", "lr": 2e-3, "schedule": "cosine", "clip": 1.0},
        },
        # What makes nodes in an order may see one.
        "graph-vae": {
            "encoder": {"slug": "ordered-mlp", "config": {"width": 256, "depth": 2}},
            "decoder": {"slug": "mlp", "config": {"width": 256, "depth": 2}},
        },
        "gan": {"latent": 64},
        # A critic that sees no order leaves it to the generator.
        "mol-gan": {
            "generator": {"slug": "mlp", "config": {"width": 256, "depth": 2}},
            "critic": {"slug": "graph-net", "config": {"layers": 2}},
        },
        # Invariants of graphs of one size are about 0.7 apart, and those of two sizes far more.
        "mmd-generator": {"latent": 64, "bandwidth": 0.7, "kernels": 3},
        "score-gan": {"latent": 64, "s_low": 0.3},
        # A row has some hundred numbers: as for images, it is far from one to the next. Half way
        # between a graph and a particle lies what their numberings happen to make of it: slopes
        # are held down where particles are.
        "discriminator-flow": {**_INVARIANT, "speed": 200.0, "penalty": 0.1},
        "monoflow": {**_INVARIANT, "population": 256, "speed": 1.0, "reach": 2.0},
        "mmd-flow": {
            "population": 256,
            "bandwidth": 0.7,
            "kernels": 3,
            "speed": 1000.0,
            "reach": 2.0,
        },
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.3},
    },
    invariants=graph_invariants,
)
def graphs(n: int, seed: int) -> GraphSet:
    """Return n random graphs of 2 to 6 nodes, which have a number each."""
    rng = make_generator(seed)
    size = torch.randint(2, 7, (n,), generator=rng)
    adjacency = torch.rand((n, 6, 6), generator=rng) < _DENSITY
    feature = 3.0 + 2.0 * torch.randn((n, 6), generator=rng)
    return GraphSet(pack(adjacency, size, feature), size, "mark")
