"""GraphRNN: a recurrent network goes from node to node and says to which earlier ones each is
joined.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.families.graphs.row_by_row import RowByRow
from pushforward.models.nets.graphs.row_gru import RowGru, backward, rows_of
from pushforward.models.registry import family
from pushforward.models.settings.graph_rnn import GraphRnnConfig

__all__ = ["GraphRnn", "GraphRnnConfig"]


@family(
    "graph-rnn",
    config=GraphRnnConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
)
class GraphRnn(RowByRow[GraphRnnConfig]):
    """p(A) = prod_i p(S_i | S_1 ... S_(i-1)), S_i the edges of node i to those before it."""

    @property
    def reach(self) -> int:
        """How far back edges are said."""
        most = self.packing.nodes - 1
        return min(self.config.bandwidth, most) if self.config.bandwidth else most

    @property
    def order(self) -> str:
        return self.config.order

    def network(self, rng: torch.Generator) -> nn.Module:
        together = self.config.edges == "together"
        return RowGru(
            self.config.net,
            self.spec,
            self.packing.nodes,
            self.reach,
            together=together,
            generator=rng,
        )

    def fitted(self, net: RowGru, graphs: Ordered, chance: Tensor) -> tuple[Tensor, Tensor]:
        found, edges, _ = self._predict_rows(net, graphs)
        return found, edges

    def log_prob_ordered(self, net: RowGru, graphs: Ordered) -> tuple[Tensor, Tensor]:
        found, edges, within = self._predict_rows(net, graphs)
        return found.masked_fill(~within, -torch.inf), edges

    def _predict_rows(self, net: RowGru, graphs: Ordered) -> tuple[Tensor, Tensor, Tensor]:
        """Return log p of the edges within reach, the probability of each, and whether there are no
        others.
        """
        joined, nodes = graphs.adjacency, self.packing.nodes
        at, there = backward(nodes, self.reach, joined.device)
        told = there & graphs.real[..., None]
        truth = rows_of(joined, self.reach)
        odds = net.log_odds((2.0 * truth.float() - 1.0) * told, graphs.given).float()
        each = functional.logsigmoid(torch.where(truth, odds, -odds)) * told
        chance = torch.zeros(joined.shape, device=joined.device)
        chance.scatter_add_(2, at.expand(len(joined), -1, -1), torch.sigmoid(odds) * told)
        far = (joined & graphs.real[..., None]).tril(-self.reach - 1)
        within = ~far.any(dim=2).any(dim=1)
        return each.sum(dim=(1, 2)), chance + chance.mT, within

    def draw_rows(
        self, net: RowGru, u: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Iterator[tuple[int, Tensor, int]]:
        joined = torch.zeros(u.shape, dtype=torch.bool, device=u.device)
        rows = rows_of(u, self.reach)
        for i, (row, spent) in enumerate(net.draw_rows(rows, given), start=1):
            back = min(i, self.reach)
            # Place d of a row is about the node d places before.
            joined[:, i, i - back : i] = row[:, :back].flip(1)
            joined[:, i - back : i, i] = joined[:, i, i - back : i]
            yield i + 1, joined.clone(), spent
