"""GraphAF: an autoregressive flow that turns normal numbers into pairs, one after another."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.families.graphs.row_by_row import RowByRow
from pushforward.models.layouts.dequantised import expected_log_normal, log_sign
from pushforward.models.nets.graphs.partial import PartialNet, pairs_in_order
from pushforward.models.registry import family
from pushforward.models.settings.graph_af import GraphAfConfig
from pushforward.models.tensors import resident

__all__ = ["GraphAf", "GraphAfConfig"]

_AT_ONCE = 2048  # graphs that are not yet whole, in one pass


def _by_signs_before(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of any version: a complete set without the number per pair is of version 1,
    which had one. Incomplete settings belong to no run and get today's defaults.
    """
    first = set(GraphAfConfig.__struct_fields__) - {"pair"}
    before = first <= config.keys() and "pair" not in config
    return {**config, "pair": "sign"} if before else dict(config)


@family(
    "graph-af",
    config=GraphAfConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
    version=2,
    upgrade=_by_signs_before,
)
class GraphAf(RowByRow[GraphAfConfig]):
    """p(y) = prod over pairs of N(y_ij; mu_ij, sigma_ij^2), which are those of the graph before.

    A pair of the paper has a number for each type and takes the type of the greatest. Of two types,
    joined and not, one number mirrors the other, and so do the Gaussians that fit them: what is
    said of a pair is one of these, and half their difference, whose sign says which is greater, has
    the same mean and half the variance.

    What is learned is the density of bits with noise, over which the expectation is a closed form.
    What is drawn are signs: how likely these are is exact, too, a product of normal distribution
    functions, and what `log_prob_ordered` returns.
    """

    @property
    def order(self) -> str:
        return self.config.order

    @property
    def _numbers(self) -> int:
        """How many numbers a pair is."""
        return 2 if self.config.pair == "types" else 1

    @property
    def _nearer(self) -> float:
        """Return by how much the log std of half the difference of two numbers is below theirs."""
        return 0.5 * math.log(self._numbers)

    def network(self, rng: torch.Generator) -> nn.Module:
        return PartialNet(self.config.net, self.spec, self.packing.nodes, generator=rng)

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        z = torch.randn((n, *self.spec.shape), generator=generator)
        rows = Batch(z, *self.spec.conditions(n, generator, given))
        return rows.holding(rows.zeroed(z)).to(self.device)

    def fitted(self, net: PartialNet, graphs: Ordered, chance: Tensor) -> tuple[Tensor, Tensor]:
        n, seen = len(graphs), self.config.seen
        pairs = graphs.size * (graphs.size - 1) // 2
        if not seen or seen >= self.packing.pairs:
            at = torch.arange(self.packing.pairs, device=chance.device).expand(n, -1)
            weight = (at < pairs[:, None]).float()
        else:
            # One uniform number puts evenly spaced ones in pairs: each is seen as often as any.
            apart = torch.arange(seen, device=chance.device)
            at = ((chance[:, None] + apart) / seen * pairs[:, None]).long()
            at = at.minimum((pairs - 1).clamp_min(0)[:, None])
            weight = (pairs[:, None] / seen).expand(-1, seen)
        bits, mean, log_std = self._predict_pairs(net, graphs, at)
        fits = self._numbers * expected_log_normal(bits, self.config.noise, mean, log_std)
        return (fits * weight).sum(dim=1), self._square(at, weight > 0.0, mean, log_std)

    def log_prob_ordered(self, net: PartialNet, graphs: Ordered) -> tuple[Tensor, Tensor]:
        at = torch.arange(self.packing.pairs, device=graphs.size.device).expand(len(graphs), -1)
        real = at < (graphs.size * (graphs.size - 1) // 2)[:, None]
        bits, mean, log_std = self._predict_pairs(net, graphs, at)
        found = (log_sign(bits, mean, log_std - self._nearer) * real).sum(dim=1)
        return found, self._square(at, real, mean, log_std)

    def log_density(self, net: PartialNet, graphs: Ordered, y: Tensor) -> Tensor:
        """Return log p(y) of pairs as numbers (n, N, N), symmetric, whose signs are the edges of
        the graphs, by the change of variables, (n,).
        """
        at = torch.arange(self.packing.pairs, device=y.device).expand(len(graphs), -1)
        real = at < (graphs.size * (graphs.size - 1) // 2)[:, None]
        _, mean, log_std = self._predict_pairs(net, graphs, at)
        log_std = log_std - self._nearer
        later, earlier = resident(pairs_in_order(self.packing.nodes), y.device)
        z = (y[:, later, earlier] - mean) * (-log_std).exp()
        each = -0.5 * (z.square() + math.log(2.0 * math.pi)) - log_std
        return (each * real).sum(dim=1)

    def _predict_pairs(
        self, net: PartialNet, graphs: Ordered, at: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return of some pairs of each graph, at (n, m), whether they are joined as -1 and 1, and
        mean and log std of their numbers, (n, m) each.
        """
        n, seen = at.shape
        rows = torch.arange(n, device=at.device).repeat_interleave(seen)
        later, earlier = resident(pairs_in_order(self.packing.nodes), at.device)
        bits = graphs.adjacency[rows, later[at].flatten(), earlier[at].flatten()]
        told = []
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            given = {name: value[some] for name, value in graphs.given.items()}
            place = at.flatten()[start : start + _AT_ONCE]
            told.append(net(graphs.adjacency[some], place, given))
        mean, log_std = (
            torch.cat(parts).float().view(n, seen) for parts in zip(*told, strict=True)
        )
        return 2.0 * bits.view(n, seen).float() - 1.0, mean, log_std

    def _square(self, at: Tensor, real: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
        """Return the chances of pairs as matrices (n, N, N), 0 where nothing is said of them."""
        nodes = self.packing.nodes
        later, earlier = resident(pairs_in_order(nodes), at.device)
        chance = torch.special.ndtr(mean * (self._nearer - log_std).exp()) * real
        square = chance.new_zeros((len(at), nodes * nodes))
        square.scatter_add_(1, later[at] * nodes + earlier[at], chance)
        found: Tensor = square.view(-1, nodes, nodes)
        return found + found.mT

    def draw_rows(
        self, net: PartialNet, u: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Iterator[tuple[int, Tensor, int]]:
        joined = torch.zeros(u.shape, dtype=torch.bool, device=u.device)
        for spent, (i, j) in enumerate(pairs_in_order(self.packing.nodes).T.tolist(), start=1):
            at = torch.full((len(u),), spent - 1, device=u.device)
            mean, log_std = net(joined, at, given)
            edge = mean + (log_std - self._nearer).exp() * u[:, i, j] > 0.0
            joined[:, i, j] = joined[:, j, i] = edge
            if j == i - 1:
                yield i + 1, joined.clone(), spent
