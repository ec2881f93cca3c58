"""Graphs whose nodes and edges have types, in memory: what kinds of such data share."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given, choose_condition_rows
from pushforward.models.layouts.graphs import Packing, unpack_types

__all__ = ["TypedGraphs"]


@dataclass(frozen=True)
class TypedGraphs:
    """Packed rows; a `models.contracts.data.RowSource` of a kind that says how they are packed.

    Attributes:
        x: (n, L) float32.
        size: (n,) int64, how many nodes each has.
    """

    x: Tensor
    size: Tensor

    kind: ClassVar[str]

    @property
    @abstractmethod
    def packing(self) -> Packing:
        """How they lie in a row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Rows have too many numbers for names."""
        return ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def unpacked(self) -> tuple[Tensor, Tensor]:
        """The types of nodes (n, N) and of edges (n, N, N), as `unpack_types` has them."""
        return unpack_types(self.x, self.packing)

    @property
    def node_types(self) -> Collection[int]:
        """The types that nodes have, from 0."""
        return range(self.packing.node_types)

    @property
    def edge_types(self) -> Collection[int]:
        """The types that edges have, from 0."""
        return range(self.packing.edge_types)

    def known(self) -> Mapping[str, Given]:
        """What is given with each graph."""
        return {SIZE: Given()}

    def given(self, index: Tensor | slice) -> dict[str, Tensor]:
        """Return what is given with some graphs."""
        return {SIZE: self.size[index]}

    def spec(self) -> DataSpec:
        """Return the spec. All numbers have mean 0 and deviation 1 by declaration, as the edges of
        graphs do.
        """
        packing, known = self.packing, self.known()
        law = self.given(choose_condition_rows(len(self)))
        return DataSpec(
            self.kind,
            (packing.length,),
            torch.zeros(packing.length),
            torch.ones(packing.length),
            parts=packing.parts,
            masks=packing.masks,
            absent=packing.absent(self.node_types, self.edge_types),
            given=known,
            law={name: known[name].standardise(values) for name, values in law.items()},
        )

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some graphs, with what is given."""
        return Batch(self.x[index], self.packing.masks[self.size[index]], self.given(index))

    def take(self, index: Tensor | slice) -> Self:
        """Return the graphs of some rows."""
        return replace(self, x=self.x[index], size=self.size[index])
