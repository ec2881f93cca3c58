"""What families share that say all pairs of a graph at once, and then the numbers of its nodes."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, Unpack

import torch
from torch import Tensor, nn

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.graphs import EDGES, Packing, edges_alone, unpack
from pushforward.models.layouts.node_orders import node_orders, reordered
from pushforward.models.nets.graphs.node_numbers import NodeNumbers
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["EdgesAndNumbers", "OneShot", "OneShotSettings"]

_WEIGHTS = 0  # stream of the seed (`models.tensors.make_generator`)
_NUMBERS = 16  # units of the network that says the numbers of nodes
_RAREST = 0.01  # share of pairs that are joined, or are not: no data set is taken at its word


class OneShotSettings(Protocol):
    """Settings that all of them have."""

    @property
    def optimizer(self) -> OptimizerConfig: ...
    @property
    def ema(self) -> float: ...


C = TypeVar("C", bound=Config)


class EdgesAndNumbers(nn.Module):
    """The network of the edges, and that of the nodes' numbers where they have some."""

    def __init__(self, edges: nn.Module, numbers: NodeNumbers | None) -> None:
        super().__init__()
        self.edges, self.numbers = edges, numbers


class OneShot(Family[C]):
    """Makes all pairs of a graph at once; a subclass says how.

    The edges of a graph are said without the numbers of its nodes, and these given the edges
    (`models.nets.graphs.node_numbers`).

    Attributes:
        packing: how graphs lie in rows.
        edges: what is said of graphs but for the numbers of their nodes.
        share: of the pairs of the data that are joined.
    """

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.packing, self.edges = Packing.of(spec.parts), edges_alone(spec)
        (part,) = (part for part in spec.parts if part.name == EDGES)
        self.share = min(max(part.share, _RAREST), 1.0 - _RAREST)
        rng = self.weights(_WEIGHTS)
        net = self.network(rng)
        numbers = NodeNumbers(spec, _NUMBERS, rng) if self.packing.featured else None
        self.trained: Trained[EdgesAndNumbers] = Trained(
            EdgesAndNumbers(net, numbers).to(self.device),
            self._settings(config).optimizer,
            self.horizon,
            decay=self._settings(config).ema,
            execution=self.execution,
        )

    @staticmethod
    def _settings(config: Any) -> OneShotSettings:
        settings: OneShotSettings = config
        return settings

    @abstractmethod
    def network(self, rng: torch.Generator) -> nn.Module:
        """Return the network of the edges, on the CPU."""

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"network": self.trained}

    def retune(self, config: C) -> None:
        self.trained.optimizer.config = self._settings(config).optimizer

    def pairs(self, rows: Batch) -> Batch:
        """Return the edges of rows, without the numbers of nodes: x (n, pairs)."""
        start = self.packing.start
        mask = None if rows.mask is None else rows.mask[:, start:]
        return Batch(rows.x[:, start:], mask, rows.given)

    def row(self, rows: Batch, edges: Tensor, numbers: Tensor | None = None) -> Tensor:
        """Return rows (n, L) of edges (n, pairs), numbers between -1 and 1, with the numbers of
        nodes (n, N), 0 where there are none yet.
        """
        if not self.packing.featured:
            return rows.zeroed(edges)
        if numbers is None:
            numbers = edges.new_zeros((len(edges), self.packing.nodes))
        return rows.zeroed(torch.cat([numbers, edges], dim=1))

    def pack_edges(self, rows: Batch, edges: Tensor) -> Tensor:
        """Return rows (n, L) of edges (n, pairs) with the numbers of nodes that they have: what a
        step of training shows.
        """
        return self.row(rows, edges, rows.x[:, : self.packing.start])

    def ordered(self, rows: Batch, name: str, generator: torch.Generator) -> tuple[Batch, Tensor]:
        """Return rows with their nodes in an order of this name drawn by chance (see
        `models.layouts.node_orders`), and log n! q(order), (n,).
        """
        joined = unpack(rows.x, self.packing)
        whole = torch.full((len(rows),), self.packing.nodes, device=rows.device)
        size = rows.given.get(SIZE, whole).long()
        orders = node_orders(joined, size, name, generator)
        square = reordered(joined, orders.order)
        edges = 2.0 * Packing(self.packing.nodes).flat(square).float() - 1.0
        numbers = None
        if self.packing.featured:
            numbers = rows.x[:, : self.packing.nodes].gather(1, orders.order)
        return rows.holding(self.row(rows, edges, numbers)), orders.log_ways(size)

    def empty(self, rows: Batch) -> Batch:
        """Return rows of data as they are before anything is made, under the conditions of rows."""
        return rows.holding(rows.x.new_zeros((len(rows), *self.spec.shape)))

    def finished(self, rows: Batch, edges: Tensor, z: Tensor) -> Tensor:
        """Return rows (n, L) of edges (n, pairs) that are -1 and 1, with numbers of nodes drawn by
        normal ones z (n, N), which are not read where nodes have none.
        """
        numbers, joined = self.trained.averaged.numbers, self._joined(rows, edges)
        drawn = None if numbers is None else numbers.draw_numbers(z, joined, rows.given)
        return self.row(rows, edges, drawn)

    def numbers_log_prob(self, net: EdgesAndNumbers, rows: Batch) -> Tensor:
        """Return log p of the numbers of nodes given the edges, in nats, (n,)."""
        if net.numbers is None:
            return torch.zeros(len(rows), device=rows.device)
        nodes = self.packing.nodes
        whole = torch.ones(rows.x.shape, dtype=torch.bool, device=rows.device)
        real = self.packing.present(whole if rows.mask is None else rows.mask)
        joined = self._joined(rows, self.pairs(rows).x)
        return net.numbers.log_prob(rows.x[:, :nodes], joined, real, rows.given)

    def _joined(self, rows: Batch, edges: Tensor) -> Tensor:
        """Return which nodes are joined, (n, N, N) bool."""
        alone = Packing(self.packing.nodes)
        return alone.dense(self.pairs(rows).zeroed(edges) > 0)

    def latent_numbers(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw the normal numbers that become those of nodes, (n, N), on the CPU; (n, 0) where
        nodes have none.
        """
        return torch.randn((n, self.packing.start), generator=generator)
