"""What families share that make graphs node by node: orders, node numbers, and the bound.

Such a model says how likely an ordered graph is, p(A). Its graphs are numbered at random in the
end, so that a graph whose nodes are numbered in some way has

    p(G) = 1/n! sum over all orders pi of p(A^pi) >= exp E_q [log p(A^pi) - log n! q(pi | G)]

for orders drawn from any q: what is trained is the bound (Chen et al. 2021, arXiv:2106.06189,
section 3; with q fixed it differs from -log p(A^pi) by what no weight changes).
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, Unpack

import torch
from torch import Tensor, nn

from models.config import Config
from models.contracts.batch import Batch, Rows, by_parts
from models.contracts.family import Family, Frame
from models.contracts.learner import Training, Walk
from models.contracts.spec import SIZE, DataSpec
from models.contracts.state import Packed
from models.layouts.graphs import Packing, unpack
from models.layouts.node_orders import node_orders, reordered
from models.nets.graphs.node_numbers import NodeNumbers
from models.tensors import make_generator, real_places
from models.training.optim import OptimizerConfig
from models.training.trained import Trained

__all__ = ["Growing", "GrowingSettings", "Ordered"]

_WEIGHTS, _BOUND = 0, 51  # streams of the seed (`models.tensors.make_generator`)
_WAYS = "log ways"  # the name under which they go beside the rows of a part
_NUMBERS = 16  # units of the network that says the numbers of nodes


class GrowingSettings(Protocol):
    """Settings that all of them have."""

    @property
    def order(self) -> Any: ...
    @property
    def optimizer(self) -> OptimizerConfig: ...
    @property
    def ema(self) -> float: ...


@dataclass(frozen=True)
class Ordered:
    """Graphs in an order of their nodes.

    Attributes:
        adjacency: (n, N, N) bool.
        size: (n,) int64; real nodes come first.
        numbers: (n, N), a number a node; None where nodes have none.
        given: what is known of each, by name.
        log_ways: (n,), see `NodeOrders.log_ways`.
    """

    adjacency: Tensor
    size: Tensor
    numbers: Tensor | None
    given: Mapping[str, Tensor]
    log_ways: Tensor

    def __len__(self) -> int:
        return len(self.size)

    @property
    def real(self) -> Tensor:
        """Which nodes there are, (n, N) bool."""
        return real_places(self.size, self.adjacency.shape[1])

    def take(self, rows: slice) -> "Ordered":
        """Return some of them."""
        return Ordered(
            self.adjacency[rows],
            self.size[rows],
            None if self.numbers is None else self.numbers[rows],
            {name: values[rows] for name, values in self.given.items()},
            self.log_ways[rows],
        )


C = TypeVar("C", bound=Config)


class _Whole(nn.Module):
    """The network of the edges, and that of the nodes' numbers where they have some."""

    def __init__(self, edges: nn.Module, numbers: NodeNumbers | None) -> None:
        super().__init__()
        self.edges, self.numbers = edges, numbers


class Growing(Family[C]):
    """Makes graphs node by node; see the module. A subclass says how likely ordered graphs are, and
    draws them.
    """

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.packing = Packing.of(spec.parts)
        rng = self.weights(_WEIGHTS)
        edges = self.network(rng)
        numbers = NodeNumbers(spec, _NUMBERS, rng) if self.packing.featured else None
        self.trained: Trained[_Whole] = Trained(
            _Whole(edges, numbers).to(self.device),
            self.settings.optimizer,
            self.horizon,
            decay=self.settings.ema,
            execution=self.execution,
        )

    @property
    def settings(self) -> GrowingSettings:
        """The settings that all of these families have."""
        found: Any = self.config
        settings: GrowingSettings = found
        return settings

    @abstractmethod
    def network(self, rng: torch.Generator) -> nn.Module:
        """Return the network of the edges, on the CPU."""

    @abstractmethod
    def log_prob_ordered(self, net: Any, graphs: Ordered) -> tuple[Tensor, Tensor]:
        """Return log p of the edges of ordered graphs in nats, (n,), and the probability that it
        gave each edge, (n, N, N), with what comes before it known: 0 where there is no pair.
        """

    @abstractmethod
    def drawn(
        self, net: Any, u: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Iterator[tuple[int, Tensor, int]]:
        """Draw graphs from uniform numbers u (n, N, N), symmetric, one a pair of nodes, of which
        the ``real`` ones (n, N) come first: yield how many nodes there are, two or more, and in the
        end N, their edges (n, N, N) bool, and the evaluations spent so far.
        """

    def fitted(self, net: Any, graphs: Ordered, chance: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is learned from: as `log_prob_ordered`, or an estimate of it without bias, by
        a uniform number for each graph, ``chance`` (n,).
        """
        return self.log_prob_ordered(net, graphs)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"network": self.trained}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        graphs = self.ordered(real, self.noise)
        scene = {"real": self._row(graphs.adjacency, graphs)}
        yield "draw", scene
        said: list[Tensor] = []
        chance = torch.rand(len(graphs), generator=self.noise, device=self.device)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, net = graphs.take(part), self.trained.net
            found, edges = self.fitted(net.edges, some, chance[part])
            said.append(edges.detach())
            return -(found + self._numbers_log_prob(net, some)).mean(), {}

        metrics = self.trained.descend(loss, len(graphs))
        expected = scene["real"].clone()
        expected[:, self.packing.start :] = 2.0 * self.packing.flat(torch.cat(said)) - 1.0
        yield "fit", {**scene, "particles": real.zeroed(expected)}
        return metrics

    def retune(self, config: C) -> None:
        found: Any = config
        self.trained.optimizer.config = found.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw a uniform number for each pair of nodes, and a normal one for each number."""
        u = torch.rand((n, *self.spec.shape), generator=generator)
        if self.packing.featured:
            u[:, : self.packing.start] = torch.randn((n, self.packing.start), generator=generator)
        mask, told = self.spec.conditions(n, generator, given)
        rows = Batch(u, mask, told)
        return rows.holding(rows.zeroed(u)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Draw node after node. What is not yet there is 0, neither an edge nor none."""
        rows, net = Batch.of(latents), self.trained.averaged
        nodes = self.packing.nodes
        place = torch.arange(nodes, device=rows.device)
        real = self._graphs(rows, rows.x[:, 0]).real
        yield Frame(0.0, torch.zeros_like(rows.x), 0)
        u = self.packing.dense(rows.x)
        for there, adjacency, spent in self.drawn(net.edges, u, real, rows.given):
            joined = adjacency & real[:, None] & real[..., None]
            made = torch.zeros_like(rows.x)
            # Of two nodes the second comes later, and their pair with it.
            come = self.packing.flat((place < there).expand(nodes, nodes))
            made[:, self.packing.start :] = (2.0 * self.packing.flat(joined) - 1.0) * come
            if there == nodes and net.numbers is not None:
                z = rows.x[:, : self.packing.start]
                made[:, : self.packing.start] = net.numbers.drawn(z, joined, rows.given)
            yield Frame((there - 1) / (nodes - 1), rows.zeroed(made), spent)

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), by an order of the nodes drawn for each
        graph; the numbers of nodes have a density, edges a probability.
        """
        net = self.trained.averaged
        graphs = self.ordered(Batch.of(x), make_generator(0, _BOUND))

        def bound(part: Batch) -> Tensor:
            some = self._graphs(part, part.given[_WAYS])
            found, _ = self.log_prob_ordered(net.edges, some)
            return found + self._numbers_log_prob(net, some) - some.log_ways

        row = self._row(graphs.adjacency, graphs)
        return by_parts(bound, Batch(row, given={**graphs.given, _WAYS: graphs.log_ways}))

    def ordered(self, rows: Batch, generator: torch.Generator) -> Ordered:
        """Return rows as graphs whose nodes are in an order drawn by chance."""
        here = self._graphs(rows, torch.zeros(len(rows), device=rows.device))
        orders = node_orders(here.adjacency, here.size, self.settings.order, generator)
        return Ordered(
            reordered(here.adjacency, orders.order),
            here.size,
            None if here.numbers is None else here.numbers.gather(1, orders.order),
            rows.given,
            orders.log_ways(here.size),
        )

    def _graphs(self, rows: Batch, log_ways: Tensor) -> Ordered:
        """Return rows as graphs in the order in which their nodes stand."""
        numbers = rows.x[:, : self.packing.start] if self.packing.featured else None
        # Of rows of which nothing is given every node is there.
        whole = torch.full((len(rows),), self.packing.nodes, device=rows.device)
        size = rows.given.get(SIZE, whole).long()
        return Ordered(unpack(rows.x, self.packing), size, numbers, rows.given, log_ways)

    def _numbers_log_prob(self, net: _Whole, graphs: Ordered) -> Tensor:
        if net.numbers is None or graphs.numbers is None:
            return torch.zeros(len(graphs), device=graphs.size.device)
        return net.numbers.log_prob(graphs.numbers, graphs.adjacency, graphs.real, graphs.given)

    def _row(self, adjacency: Tensor, graphs: Ordered) -> Tensor:
        """Return graphs as standardised rows (n, L)."""
        edges = 2.0 * self.packing.flat(adjacency).float() - 1.0
        row = edges if graphs.numbers is None else torch.cat([graphs.numbers, edges], dim=1)
        return row * self.packing.masks.to(row.device)[graphs.size]
