"""What families share that make graphs piece by piece: orders, node numbers, and the bound.

Such a model says how likely an ordered graph is, p(A). Its graphs are numbered at random in the
end, so that a graph whose nodes are numbered in some way has

    p(G) = 1/n! sum over all orders pi of p(A^pi) >= exp E_q [log p(A^pi) - log n! q(pi | G)]

for orders drawn from any q: what is trained is the bound (Chen et al. 2021, arXiv:2106.06189,
section 3; with q fixed it differs from -log p(A^pi) by what no weight changes).
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar, Unpack

import torch
from torch import Tensor, nn

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Scene, Training, Walk
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.nets.graphs.node_numbers import NodeNumbers
from pushforward.models.tensors import make_generator, real_places, resident
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["EdgeAndNumberNet", "Growing", "Ordered"]

_WEIGHTS, _BOUND = 0, 51  # streams of the seed (`models.tensors.make_generator`)
_WAYS, _WORDS, _KNOWN = "log ways", "words", "known"  # beside the rows of a part
_NUMBERS = 16  # units of the network that says the numbers of nodes


class _Settings(Protocol):
    """Settings that all of them have."""

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
        log_ways: (n,), log(n! q), q being how likely this order was; where there are no more
            words than orders, this word.
        words: (n, T) int64 on the host, what each is written as, -1 behind its end; None for models
            that write nothing.
        known: (n,) bool, which have a word; None where all do.
    """

    adjacency: Tensor
    size: Tensor
    numbers: Tensor | None
    given: Mapping[str, Tensor]
    log_ways: Tensor
    words: Tensor | None = None
    known: Tensor | None = None

    def __len__(self) -> int:
        return len(self.size)

    @property
    def real(self) -> Tensor:
        """Which nodes there are, (n, N) bool."""
        return real_places(self.size, self.adjacency.shape[1])

    def take(self, rows: slice) -> "Ordered":
        """Return some of them."""

        def some(values: Tensor | None) -> Tensor | None:
            return None if values is None else values[rows]

        return Ordered(
            self.adjacency[rows],
            self.size[rows],
            some(self.numbers),
            {name: values[rows] for name, values in self.given.items()},
            self.log_ways[rows],
            some(self.words),
            some(self.known),
        )


C = TypeVar("C", bound=Config)


class EdgeAndNumberNet(nn.Module):
    """The network of the edges, and that of the nodes' numbers where they have some."""

    def __init__(self, edges: nn.Module, numbers: NodeNumbers | None) -> None:
        super().__init__()
        self.edges, self.numbers = edges, numbers


class Growing(Family[C]):
    """Makes graphs piece by piece; see the module. A subclass says how likely ordered graphs are,
    and draws them.
    """

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.packing = Packing.of(spec.parts)
        rng = self.weights(_WEIGHTS)
        edges = self.network(rng)
        numbers = NodeNumbers(spec, _NUMBERS, rng) if self.packing.featured else None
        self.trained: Trained[EdgeAndNumberNet] = Trained(
            EdgeAndNumberNet(edges, numbers).to(self.device),
            self.settings.optimizer,
            self.horizon,
            decay=self.settings.ema,
            execution=self.execution,
        )

    @property
    def settings(self) -> _Settings:
        """The settings that all of these families have."""
        found: Any = self.config
        settings: _Settings = found
        return settings

    @abstractmethod
    def network(self, rng: torch.Generator) -> nn.Module:
        """Return the network of the edges, on the CPU."""

    @abstractmethod
    def log_prob_ordered(self, net: Any, graphs: Ordered) -> tuple[Tensor, Tensor]:
        """Return log p of the edges of ordered graphs in nats, (n,), and the probability that each
        edge had, (n, N, N), with what comes before it known: 0 where there is no pair, and
        everywhere where a model says nothing of single edges.
        """

    @abstractmethod
    def ordered(self, rows: Batch, generator: torch.Generator) -> Ordered:
        """Return rows as graphs whose nodes are in an order drawn by chance."""

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
        scene = {"real": self.row_of(graphs.adjacency, graphs)}
        yield "draw", scene
        said: list[Tensor] = []
        chance = torch.rand(len(graphs), generator=self.noise, device=self.device)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, net = graphs.take(part), self.trained.net
            found, edges = self.fitted(net.edges, some, chance[part])
            said.append(edges.detach())
            return -(found + self.numbers_log_prob(net, some)).mean(), {}

        metrics = self.trained.descend(loss, len(graphs))
        yield "fit", {**scene, **self.expected(torch.cat(said), scene["real"])}
        return {**metrics, **self.counted(graphs)}

    def counted(self, graphs: Ordered) -> dict[str, Tensor]:
        """Return what else a step says of the graphs that it learned from, as scalars."""
        return {}

    def expected(self, edges: Tensor, row: Tensor) -> Scene:
        """Return the layers of a stage: edge probabilities (n, N, N) and rows (n, L)."""
        found = row.clone()
        found[:, self.packing.start :] = 2.0 * self.packing.flat(edges) - 1.0
        return {"particles": found * (row != 0.0)}

    def retune(self, config: C) -> None:
        found: Any = config
        self.trained.optimizer.config = found.optimizer

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), by an order of the nodes drawn for each
        graph; the numbers of nodes have a density, edges a probability.
        """
        net = self.trained.averaged
        graphs = self.ordered(Batch.of(x), make_generator(0, _BOUND))

        def bound(part: Batch) -> Tensor:
            some = replace(
                self.graphs_of(part, part.given[_WAYS]),
                words=part.given.get(_WORDS),
                known=part.given.get(_KNOWN),
            )
            found, _ = self.log_prob_ordered(net.edges, some)
            return found + self.numbers_log_prob(net, some) - some.log_ways

        beside = {**graphs.given, _WAYS: graphs.log_ways}
        if graphs.words is not None and graphs.known is not None:
            beside |= {_WORDS: graphs.words, _KNOWN: graphs.known}
        return by_parts(bound, Batch(self.row_of(graphs.adjacency, graphs), given=beside))

    def graphs_of(self, rows: Batch, log_ways: Tensor) -> Ordered:
        """Return rows as graphs in the order in which their nodes stand."""
        numbers = rows.x[:, : self.packing.start] if self.packing.featured else None
        # Of rows of which nothing is given every node is there.
        whole = torch.full((len(rows),), self.packing.nodes, device=rows.device)
        size = rows.given.get(SIZE, whole).long()
        return Ordered(unpack(rows.x, self.packing), size, numbers, rows.given, log_ways)

    def numbers_log_prob(self, net: EdgeAndNumberNet, graphs: Ordered) -> Tensor:
        if net.numbers is None or graphs.numbers is None:
            return torch.zeros(len(graphs), device=graphs.size.device)
        return net.numbers.log_prob(graphs.numbers, graphs.adjacency, graphs.real, graphs.given)

    def row_of(self, adjacency: Tensor, graphs: Ordered) -> Tensor:
        """Return graphs as standardised rows (n, L)."""
        edges = 2.0 * self.packing.flat(adjacency).float() - 1.0
        row = edges if graphs.numbers is None else torch.cat([graphs.numbers, edges], dim=1)
        return row * resident(self.packing.masks, row.device)[graphs.size]
