"""The networks of GraphRNN: one that remembers the nodes there are, and one for the edges of the
next.

Row i of an ordered graph says to which of the nodes before it node i is joined: place d of it, from
1, is about node i - d, so that a row is as long as edges reach back. The first network goes from
row to row; of each it makes what the edges of the next row are drawn from: each for itself
(GraphRNN-S), or by a second network that goes from edge to edge (You et al. 2018, arXiv:1802.08773,
sections 2.3.1 to 2.3.4).

Shapes: rows (n, N, M) of 1 and -1, 0 where there is no such node; probabilities likewise.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.blank import blank
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear

__all__ = ["RowGru", "RowGruConfig", "backward", "gru", "rows_of"]


class RowGruConfig(Config, frozen=True):
    """Size of the networks."""

    width: Annotated[
        int,
        param("Width", "Units of the recurrent state of the graph.", low=4, high=1024, log=True),
    ] = 64
    layers: Annotated[int, param("Layers", "Number of recurrent layers.", low=1, high=8)] = 2
    hidden: Annotated[
        int,
        param(
            "Hidden",
            "Units of the edge network: its recurrent state, or its hidden layer where edges "
            "are independent.",
            low=4,
            high=512,
            log=True,
        ),
    ] = 16


def backward(nodes: int, reach: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Return which node place d of row i is about, (N, M), and where there is one."""
    at = torch.arange(nodes, device=device)[:, None] - torch.arange(1, reach + 1, device=device)
    return at.clamp_min(0), at >= 0


def rows_of(square: Tensor, reach: int) -> Tensor:
    """Return the entries of symmetric matrices (n, N, N) between each node and the M nodes before
    it, (n, N, M); entries without such a node are undefined.
    """
    at, _ = backward(square.shape[1], reach, square.device)
    return square.gather(2, at.expand(len(square), -1, -1))


def gru(dim_in: int, dim: int, layers: int, generator: torch.Generator) -> nn.GRU:
    """Return recurrent layers with PyTorch's own law of initial weights, from a generator."""
    made = blank(nn.GRU, dim_in, dim, layers, batch_first=True)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.uniform_(-(dim**-0.5), dim**-0.5, generator=generator)
    return made


class RowGru(nn.Module):
    """p(rows) = prod_i p(S_i | S_1 ... S_(i-1)).

    Args:
        config: its size.
        spec: of the data.
        nodes: N, how many there are at most.
        reach: M, how far back edges are said.
        together: whether a second network goes from edge to edge of a row.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: RowGruConfig,
        spec: DataSpec,
        nodes: int,
        reach: int,
        *,
        together: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width, hidden = generator, config.width, config.hidden
        self.nodes, self.reach = nodes, reach
        self.told = GivenFeatures(spec) if spec.given else None
        known = 1 + (self.told.dim if self.told is not None else 0)
        self.rows = gru(reach + known, width, config.layers, g)
        self.edges = gru(1, hidden, 1, g) if together else None
        self.first = linear(width, hidden, generator=g)
        self.last = linear(hidden, 1 if together else reach, generator=g)

    def log_odds(self, rows: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Return the logits of edges at each place of rows (n, N, M), those of row 0 without a
        meaning, each from what comes before it.
        """
        before = functional.pad(rows[:, :-1], (0, 0, 1, 0))
        states: Tensor = self.rows(torch.cat([before, self._row_inputs(before, given)], dim=2))[0]
        start = self.first(states)
        if self.edges is None:
            said: Tensor = self.last(functional.relu(start))
            return said
        # Each row begins with what is known of the graph, and with no edge.
        known = torch.tanh(start).flatten(0, 1)[None]
        before = functional.pad(rows[..., :-1], (1, 0)).flatten(0, 1)[..., None]
        said = self.last(self.edges(before, known)[0])
        return said.view(rows.shape)

    def draw_rows(self, u: Tensor, given: Mapping[str, Tensor]) -> Iterator[tuple[Tensor, int]]:
        """Draw rows from uniform numbers u (n, N, M): yield from row 1 on each row (n, M) as bool,
        with how many evaluations there have been.
        """
        row = torch.zeros_like(u[:, 0])
        known = self._row_inputs(u, given)
        state: Tensor | None = None
        spent = 0
        _, there = backward(self.nodes, self.reach, u.device)
        # Before row 1 comes row 0, which has no places.
        for i in range(self.nodes):
            seen = torch.cat([row, known[:, i]], dim=1)[:, None]
            said, state = self.rows(seen, state)
            if i == 0:
                continue
            found, calls = self._row(self.first(said[:, 0]), u[:, i], min(i, self.reach))
            spent += calls
            row = (2.0 * found.to(u) - 1.0) * there[i]
            yield found & there[i], spent

    def _row(self, start: Tensor, u: Tensor, places: int) -> tuple[Tensor, int]:
        """Return the edges of a row, (n, M) bool, and the number of evaluations."""
        if self.edges is None:
            return u < torch.sigmoid(self.last(functional.relu(start))), 1
        found = torch.zeros_like(u, dtype=torch.bool)
        state, before = torch.tanh(start)[None], torch.zeros_like(u[:, :1])
        for place in range(places):
            said, state = self.edges(before[:, None], state)
            found[:, place] = u[:, place] < torch.sigmoid(self.last(said[:, 0]))[:, 0]
            before = 2.0 * found[:, place : place + 1].to(u) - 1.0
        return found, places + 1

    def _row_inputs(self, like: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Return what is known of each row before it is made, (n, N, k): which it is, and what is
        given of the graph.
        """
        n = len(like)
        place = torch.arange(self.nodes, device=like.device, dtype=like.dtype) / self.nodes
        known = place[None, :, None].expand(n, -1, 1)
        if self.told is None:
            return known
        told = self.told.of(given or None, like).to(like)
        return torch.cat([known, told[:, None].expand(-1, self.nodes, -1)], dim=2)
