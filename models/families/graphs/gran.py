"""GRAN: blocks of nodes, each from messages over the graph so far, its edges from a mixture."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import ConfigError
from pushforward.models.families.graphs.empty_rows import apart, first_edges
from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.families.graphs.row_by_row import RowByRow
from pushforward.models.nets.graphs.gran import GranNet
from pushforward.models.registry import family
from pushforward.models.settings.gran import GranConfig

__all__ = ["Gran", "GranConfig"]


def _mixtures_before(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of any version: a complete set without the setting of empty rows is of
    version 1, in which the mixture models them. Incomplete settings belong to no run and get
    today's defaults.
    """
    first = set(GranConfig.__struct_fields__) - {"alone"}
    before = first <= config.keys() and "alone" not in config
    return {**config, "alone": "mixture"} if before else dict(config)


@family(
    "gran",
    config=GranConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
    version=2,
    upgrade=_mixtures_before,
)
class Gran(RowByRow[GranConfig]):
    """p(A) = prod_t p(L_t | L_1 ... L_(t-1)), L_t the edges of block t with all before it.

    Of a block each row is said given those before it, by how likely these made each way; one that
    joins its node to none has a chance of its own (`models.families.graphs.empty_rows`).
    """

    @property
    def _blocks(self) -> int:
        """How many blocks the largest graphs have."""
        return -(-self.packing.nodes // self.config.block)

    @property
    def order(self) -> str:
        return self.config.order

    def network(self, rng: torch.Generator) -> nn.Module:
        if self.config.block > self.packing.nodes:
            raise ConfigError("block", f"graphs have at most {self.packing.nodes} nodes")
        return GranNet(
            self.config.net,
            self.spec,
            self.packing.nodes,
            self.config.block,
            alone=self.config.alone == "told",
            generator=rng,
        )

    def fitted(self, net: GranNet, graphs: Ordered, chance: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.config.seen
        if not seen or seen >= self._blocks:
            return self.log_prob_ordered(net, graphs)
        # One uniform number puts evenly spaced ones in blocks: each is seen as often as any.
        blocks = -(-graphs.size // self.config.block)
        apart = torch.arange(seen, device=chance.device)
        at = ((chance[:, None] + apart) / seen * blocks[:, None]).long()
        found, edges = self._blocks_of(net, graphs, at.minimum((blocks - 1).clamp_min(0)[:, None]))
        return found.sum(dim=1) * blocks / seen, edges

    def log_prob_ordered(self, net: GranNet, graphs: Ordered) -> tuple[Tensor, Tensor]:
        every = torch.arange(self._blocks, device=graphs.size.device)
        found, edges = self._blocks_of(net, graphs, every.expand(len(graphs), -1))
        return found.sum(dim=1), edges

    def _blocks_of(self, net: GranNet, graphs: Ordered, at: Tensor) -> tuple[Tensor, Tensor]:
        """Return log p of some blocks of each graph, at (n, m), and the probability of each of
        their edges given those that come before it: (n, m) and (n, N, N).
        """
        n, nodes, block = len(graphs), self.packing.nodes, self.config.block
        seen = at.shape[1]

        def each(values: Tensor) -> Tensor:
            return values.repeat_interleave(seen, dim=0)

        first, joined, real = at.flatten() * block, each(graphs.adjacency), each(graphs.real)
        given = {name: each(values) for name, values in graphs.given.items()}
        log_ways, odds, alone = net(joined, first, real, given)
        log_ways, odds = log_ways.float(), odds.float()
        place = torch.arange(nodes, device=at.device)
        row = first[:, None] + torch.arange(block, device=at.device)
        inside = row.clamp_max(nodes - 1)
        pair = (place < row[..., None]) & (row < nodes)[..., None]
        pair = pair & real.gather(1, inside)[..., None]
        truth = joined.gather(1, inside[..., None].expand(-1, -1, nodes))
        fits = functional.logsigmoid(torch.where(truth[:, None], odds, -odds)) * pair[:, None]
        fits = fits.flatten(2)
        # What the edges so far say of which way it is, before each edge.
        so_far = log_ways[..., None] + fits.cumsum(dim=2)
        before = torch.cat([log_ways[..., None], so_far[..., :-1]], dim=2)
        chance = (before.softmax(dim=1) * torch.sigmoid(odds.flatten(2))).sum(dim=1)
        chance, found = chance.view(pair.shape), so_far[..., -1].logsumexp(dim=1)
        if alone is not None:
            some = truth & pair
            ways = before.view(odds.shape)[..., 0]
            found = found + apart(ways, odds, pair, alone.float(), ~some.any(dim=2)).sum(dim=1)
            with torch.no_grad():  # nobody learns from what there is to see
                earlier = some.cumsum(dim=2) > some.long()
                chance = chance.where(earlier, first_edges(ways, odds, pair, alone.float()))
        edges = torch.zeros((n, seen, nodes, nodes), device=at.device)
        chance = (chance * pair).view(n, seen, block, nodes)
        rows = inside.view(n, seen, block, 1).expand_as(chance)
        edges.scatter_add_(2, rows, chance)
        square = edges.amax(dim=1)
        return found.view(n, seen), square + square.mT

    def draw_rows(
        self, net: GranNet, u: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Iterator[tuple[int, Tensor, int]]:
        n, nodes, block = len(u), self.packing.nodes, self.config.block
        joined = torch.zeros(u.shape, dtype=torch.bool, device=u.device)
        place = torch.arange(nodes, device=u.device)
        # A first node alone has no edge.
        starts = range(block if block == 1 else 0, nodes, block)
        for spent, start in enumerate(starts, start=1):
            stop = min(start + block, nodes)
            first = torch.full((n,), start, device=u.device)
            log_ways, odds, alone = net(joined, first, real, given)
            for row, i in enumerate(range(start, stop)):
                if alone is not None:
                    pair = (place < i).expand(n, 1, nodes)
                    one = slice(row, row + 1)
                    ways = log_ways[..., None]
                    none = first_edges(ways, odds[:, :, one], pair, alone[:, one])[:, 0]
                for j in range(i):
                    # Which way it is follows from the edges that were drawn by it.
                    logit = odds[:, :, row, j]
                    share = (log_ways.softmax(dim=1) * torch.sigmoid(logit)).sum(dim=1)
                    if alone is not None:
                        share = share.where(joined[:, i, :j].any(dim=1), none[:, j])
                    edge = u[:, i, j] < share
                    sign = torch.where(edge[:, None], logit, -logit)
                    log_ways = log_ways + functional.logsigmoid(sign)
                    joined[:, i, j] = joined[:, j, i] = edge
            yield stop, joined.clone(), spent
