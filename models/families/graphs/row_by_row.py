"""Graphs made node by node, each node with its edges to those before it: an ordered matrix, row by
row. An edge is there where a uniform number is below its chance.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.families.graphs.growing import Growing, Ordered
from pushforward.models.layouts.node_orders import node_orders, reordered

__all__ = ["RowByRow"]

C = TypeVar("C", bound=Config)


class RowByRow(Growing[C]):
    """Latents are uniform numbers, one a pair of nodes, and normal ones for the nodes' numbers."""

    UNSHARED = "Its later stages need the network's output for every row."

    @property
    @abstractmethod
    def order(self) -> str:
        """The name of the order of nodes."""

    @abstractmethod
    def draw_rows(
        self, net: Any, u: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Iterator[tuple[int, Tensor, int]]:
        """Draw graphs from uniform numbers u (n, N, N), symmetric, one a pair of nodes, with the
        ``real`` nodes (n, N) first: yield the number of nodes so far, from 2 to N, their edges (n,
        N, N) bool, and the evaluations spent so far.
        """

    def ordered(self, rows: Batch, generator: torch.Generator) -> Ordered:
        here = self.graphs_of(rows, torch.zeros(len(rows), device=rows.device))
        orders = node_orders(here.adjacency, here.size, self.order, generator)
        return Ordered(
            reordered(here.adjacency, orders.order),
            here.size,
            None if here.numbers is None else here.numbers.gather(1, orders.order),
            rows.given,
            orders.log_ways(here.size),
        )

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        start = self.packing.start
        u = torch.rand((n, *self.spec.shape), generator=generator)
        u[:, :start] = torch.randn((n, start), generator=generator)
        rows = Batch(u, *self.spec.conditions(n, generator, given))
        return rows.holding(rows.zeroed(u)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Draw node after node. What is not yet there is 0, neither an edge nor none."""
        rows, net = Batch.of(latents), self.trained.averaged
        nodes, start = self.packing.nodes, self.packing.start
        place = torch.arange(nodes, device=rows.device)
        real = self.graphs_of(rows, rows.x[:, 0]).real
        yield Frame(0.0, torch.zeros_like(rows.x), 0)
        u = self.packing.dense(rows.x)
        for there, adjacency, spent in self.draw_rows(net.edges, u, real, rows.given):
            joined = adjacency & real[:, None] & real[..., None]
            made = torch.zeros_like(rows.x)
            # Of two nodes the second comes later, and their pair with it.
            come = self.packing.flat((place < there).expand(nodes, nodes))
            made[:, start:] = (2.0 * self.packing.flat(joined) - 1.0) * come
            if there == nodes and net.numbers is not None:
                made[:, :start] = net.numbers.draw_numbers(rows.x[:, :start], joined, rows.given)
            yield Frame((there - 1) / (nodes - 1), rows.zeroed(made), spent)
