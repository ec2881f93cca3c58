"""Labelled graphs: nodes are of up to eight types, edges of one or of four, and each graph may be
of a class.

They lie in rows as graphs with types do (`models.layouts.graphs`), cut as
`observables.graphs.labels` says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec, Given
from pushforward.models.layouts.graphs import EDGES, TYPES, Packing, pack_types
from pushforward.models.layouts.typed_graphs import TypedGraphs
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator
from pushforward.observables.graphs.labels import EDGE_LABELS, NODE_LABELS, cut, places_for

__all__ = ["LabelledSet", "labelled_graphs", "labelled_packing"]


def labelled_packing(length: int) -> Packing:
    """Return how labelled graphs lie in rows of a length.

    Raises:
        ValueError: no labelled graphs have such rows.
    """
    found = cut(length)
    if found is None:
        raise ValueError(f"rows of {length} numbers are no labelled graphs")
    return Packing(found[0], node_types=NODE_LABELS, edge_types=found[1])


@dataclass(frozen=True)
class LabelledSet(TypedGraphs):
    """Graphs with labels.

    Attributes:
        labels: (n,) int64, the class of each graph, or None.
        names: of the classes.
        told: whether the class of each graph is a condition.
        node_labels, edge_labels: what the types are called, in their order.
        make: the structure they should have, one of `observables.graphs.labelled_makes`, "none" for
            none; "" if unknown.
    """

    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    told: bool = False
    node_labels: tuple[str, ...] = ()
    edge_labels: tuple[str, ...] = ()
    make: str = ""

    kind: ClassVar[str] = "labelled-graphs"

    @classmethod
    def of(cls, types: Tensor, edges: Tensor, size: Tensor) -> "LabelledSet":
        """Return graphs of the types of their nodes (n, N), from 0, and of their edges (n, N, N),
        from 1; N is made larger where rows would be cut as others.
        """
        kinds = EDGE_LABELS if int(edges.max()) > 1 else 1
        more = places_for(types.shape[1], kinds) - types.shape[1]
        types = torch.nn.functional.pad(types, (0, more))
        edges = torch.nn.functional.pad(edges, (0, more, 0, more))
        packing = Packing(types.shape[1], node_types=NODE_LABELS, edge_types=kinds)
        return cls(pack_types(types, edges, size, packing), size)

    @property
    def packing(self) -> Packing:
        return labelled_packing(self.x.shape[1])

    @property
    def columns(self) -> tuple[str, ...]:
        """What types are called: a name for each type that nodes may have, "" where none has it,
        and then those of edges.
        """
        if not self.node_labels:
            return ()
        spare = ("",) * (NODE_LABELS - len(self.node_labels))
        return (*self.node_labels, *spare, *self.edge_labels)

    @property
    def node_types(self) -> Collection[int]:
        return range(len(self.node_labels) or self.packing.node_types)

    @property
    def edge_types(self) -> Collection[int]:
        return range(len(self.edge_labels) or self.packing.edge_types)

    def spec(self) -> DataSpec:
        """Return the spec, which says how many types no node has, and which no edge."""
        found = super().spec()
        if not self.node_labels:
            return found
        spare = {TYPES: NODE_LABELS - len(self.node_labels)}
        if self.edge_labels:
            names = [part.name for part in found.parts if part.name.startswith(EDGES)]
            spare |= dict.fromkeys(names[len(self.edge_labels) :], 1)
        parts = [replace(part, spare=spare.get(part.name, 0)) for part in found.parts]
        return replace(found, parts=tuple(parts))

    def known(self) -> Mapping[str, Given]:
        found = dict(super().known())
        if self.told and self.labels is not None:
            found[LABEL] = Given((), len(self.names), self.names)
        return found

    def given(self, index: Tensor | slice) -> dict[str, Tensor]:
        found = super().given(index)
        if self.told and self.labels is not None:
            found[LABEL] = self.labels[index]
        return found

    def labelled(self) -> "LabelledSet | None":
        """Return these data with the class of each as a condition, None without classes."""
        return None if self.labels is None else replace(self, told=True)

    def relabelled(self, rows: Batch, labels: Tensor) -> "LabelledSet":
        """Return other rows with their classes (n,) and what else is known of these."""
        size = rows.given[SIZE].long()
        return replace(self, x=rows.x, size=size, labels=labels, told=True)

    def take(self, index: Tensor | slice) -> "LabelledSet":
        labels = None if self.labels is None else self.labels[index]
        return replace(super().take(index), labels=labels)


@kind(
    "labelled-graphs",
    title="Labelled graphs",
    one="labelled graph",
    many="labelled graphs",
    summary="Graphs whose nodes, and perhaps edges, are of several types: atoms, roles, words.",
    gives=("continuous", "types", "labels"),
    networks={"denoiser": "typed-graph-net"},
    metrics=("label-triples", "degree-mmd", "clustering-mmd", "valid-labels"),
    training={"particles": 64, "frames": 16, "batch": 32, "evaluate_samples": 100},
    families={
        "edm": {
            # Below .2 every bit is decided, and above 5 none is.
            "density_mean": 0.4,
            "s_min": 0.2,
            "ema": 0.998,
            "optimizer": {"kind": "adamw", "lr": 2e-3, "schedule": "cosine", "clip": 1.0},
        },
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.3},
    },
)
def labelled_graphs(n: int, seed: int) -> LabelledSet:
    """Return n paths of 2 or 3 nodes whose types take turns; their class is that of the first."""
    rng = make_generator(seed)
    size = torch.randint(2, 4, (n,), generator=rng)
    first = torch.randint(0, 2, (n,), generator=rng)
    places = torch.arange(3)
    here = places < size[:, None]
    path = (places[:, None] - places).abs() == 1
    types = (first[:, None] + places) % 2 * here
    made = LabelledSet.of(types, path.long() * (here[:, :, None] & here[:, None]), size)
    return replace(made, labels=first, names=("a", "b"), node_labels=("a", "b"))
