"""What all networks of graphs share: how they read a row, their conditions, and their output.

Nodes and pairs of nodes carry channels, which layers change; a network is what its layers do. Both
start from how the graph looks, as far as noise lets one see it: the soft adjacency, how surely two
nodes are joined, and its degrees, cycles, walks and spectrum (structural features as in Vignac et
al. 2023, arXiv:2209.14734, section 4.2, here differentiable). However nodes are numbered, a network
says the same of them.

Shapes: x (B, L) as in `models.layouts.graphs`, latents (B, latent), clock (B,), mask (B, L).
"""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graph_structure import cycles, random_walks, slow_modes
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.graphs.sentence import SentenceReader, sentence_of
from pushforward.models.nets.mlp import FourierFeatures, linear
from pushforward.models.nets.role import Role

__all__ = ["ConditionalNorm", "GraphShell", "Structure"]

Structure = Literal["none", "walks", "cycles"]
"""The structural features: only the soft adjacency; also degrees, triangles and walks; or also
cycles and the spectrum.
"""

_WALKS = 4  # random walks of 2, 4, 8 and 16 steps
_CYCLES, _TOTALS, _TONES = 3, 4, 5
_SHARPEST = 0.05  # noise below it is as good as none
_RARE = -3.0  # the logit of an edge of one of several types, where nothing is seen of it
_OF_A_GRAPH = ("critic", "encoder")


class ConditionalNorm(nn.Module):
    """Normalisation of channels, scaled and shifted by the context, from an identity."""

    def __init__(self, channels: int, told: int, generator: torch.Generator) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.film = linear(told, 2 * channels, gain=0.0, generator=generator) if told else None

    def forward(self, h: Tensor, context: Tensor | None) -> Tensor:
        h = self.norm(h)
        if self.film is None or context is None:
            return h
        told = self.film(context)
        scale, shift = told.view(len(h), *(1,) * (h.ndim - 2), -1).chunk(2, dim=-1)
        return torch.addcmul(h + shift, h, scale)


class GraphShell(nn.Module):
    """A denoiser, (B, L) -> (B, L); a critic, -> (B, 1); an encoder, -> (B, outputs); or a
    generator from (B, latent).

    A generator gives each node its own projection of the latent, and returns a number between -1
    and 1 for each pair.

    Args:
        spec: of the data.
        role: what it is to be.
        width: channels of a node.
        pairs: channels of a pair.
        layer: makes a layer from the channels of the context, 0 where there is none. It is called
            with nodes h (B, N, width), pairs e (B, N, N, pairs), the context (B, told) or None,
            which nodes and pairs are real as 0 and 1, (B, N, 1) and (B, N, N, 1), and how many
            nodes there are, (B, 1, 1), and returns nodes and pairs.
        layers: how many.
        structure: its structural features.
        valences: whether it receives the expected number of edges of each type of every node, and
            learns how rare each type is.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        spec: DataSpec,
        role: Role,
        *,
        width: int,
        pairs: int,
        layer: Callable[[int], nn.Module],
        layers: int,
        structure: Structure = "walks",
        valences: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g = generator
        self.role, self.packing, self.structure = role, Packing.of(spec.parts), structure
        self.valences = valences
        reads, answers = not role.latent, role.name in _OF_A_GRAPH
        self.clock = FourierFeatures() if role.clock else None
        # An encoder is asked what others are told.
        tells = spec.given and role.name != "encoder"
        words = sentence_of(spec) if tells else ""
        self.reader = SentenceReader(spec, words, width, pairs, g) if words else None
        self.told = GivenFeatures(spec, but=words) if tells else None
        known = (self.clock.dim_out if self.clock is not None else 0) + (
            self.told.dim if self.told is not None else 0
        )
        if reads and structure == "cycles":
            known += _TOTALS + _TONES
        told = width if known else 0
        self.context = linear(known, told, generator=g) if known else None
        if reads:
            of_node, of_pair = _count(structure)
            of_node += self.packing.edge_types if valences else 0
            self.nodes = linear(of_node + self.packing.numbers, width, generator=g)
            more = 2 * (self.packing.edge_types - 1)  # each type is seen beside all together
            self.pairs = linear(of_pair + more, pairs, generator=g)
            # The logit of an edge where nothing is seen of it.
            self.odds = nn.Parameter(
                torch.full((self.packing.edge_types, 1, 1), _RARE) if valences else torch.zeros(())
            )
            if role.name != "denoiser":
                # How clearly it is seen, where no noise level says so.
                self.sharpness = nn.Parameter(torch.tensor(2.0))
        else:
            self.views = linear(role.latent, self.packing.nodes * width, generator=g)
            self.meetings = linear(width, pairs, generator=g)
        self.layers = nn.ModuleList([layer(told) for _ in range(layers)])
        # What nodes come to is only asked where something is said of them.
        self.node_norm = nn.LayerNorm(width) if answers or self.packing.numbers else None
        self.pair_norm = nn.LayerNorm(pairs)
        gain = 0.0 if role.name == "denoiser" else 1.0
        if answers:
            self.pooled = linear(width + pairs, width, generator=g)
            self.last = linear(width, role.outputs or 1, generator=g)
        else:
            self.edge = linear(pairs, self.packing.edge_types, gain=gain, generator=g)
            if self.packing.numbers:
                self.number = linear(width, self.packing.numbers, gain=gain, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if mask is None:
            mask = torch.ones((len(x), self.packing.length), dtype=torch.bool, device=x.device)
        joined = self.packing.dense(mask)[..., None].to(x.dtype)
        real = self.packing.present(mask)[..., None].to(x.dtype)
        n = real.sum(dim=1, keepdim=True).clamp_min(1.0)
        known = self._context_parts(clock, given)
        if self.role.latent:
            h, e = self._imagined(x)
        else:
            h, e, seen = self._seen(x * mask.to(x.dtype), clock, joined[..., 0], real[..., 0], n)
            known += seen
        context = self._context(known)
        if self.reader is not None and given is not None:
            nodes, meetings = self.reader(given)
            h, e = h + nodes, e + meetings
        h, e = h * real, e * joined
        for layer in self.layers:
            h, e = layer(h, e, context, real, joined, n)
        e = self.pair_norm(e)
        h = h if self.node_norm is None else self.node_norm(h)
        if self.role.name in _OF_A_GRAPH:
            return self._judged(h * real, e * joined, n[:, 0])
        return self._row(h, e)

    def _imagined(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return what nodes and pairs start from in a generator."""
        h: Tensor = self.views(z).view(len(z), self.packing.nodes, -1)
        return h, self.meetings(h[:, :, None] * h[:, None])

    def _seen(
        self, x: Tensor, clock: Tensor | None, joined: Tensor, real: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return what nodes and pairs start from, of rows: their numbers and the structure; and
        what is seen of the graph as a whole.
        """
        squares = self.packing.layers(x)
        each = torch.sigmoid(self._clarity(clock) * squares + self.odds) * joined[:, None]
        # Joined by one type or another.
        soft = each[:, 0] if each.shape[1] == 1 else 1.0 - (1.0 - each).prod(dim=1)
        nodes, whole = [], []
        pairs = [
            square
            for pair in zip(squares.unbind(1), each.unbind(1), strict=True)
            for square in pair
        ]
        if self.structure == "none":
            nodes.append(real)
        else:
            two, degree = soft @ soft, soft.sum(dim=2)
            walks = [power * n for power in random_walks(soft, _WALKS)]
            nodes += [degree / n[..., 0], (two * soft).sum(dim=2) / n[..., 0].square()]
            nodes += [power.diagonal(dim1=1, dim2=2) for power in walks]
            pairs += [two / n, *walks]
        if self.structure == "cycles":
            # Counts grow as powers of the degrees: by their order of magnitude.
            through, total = (0.5 * torch.asinh(count) for count in cycles(soft))
            nodes += through.unbind(dim=2)
            whole += [total, 0.5 * torch.asinh(slow_modes(soft, real, _TONES))]
        if self.valences:
            nodes += (0.5 * each.sum(dim=-1)).unbind(dim=1)
        if self.packing.numbers:
            nodes += self.packing.of_nodes(x).unbind(dim=-1)
        return self.nodes(torch.stack(nodes, dim=-1)), self.pairs(torch.stack(pairs, dim=-1)), whole

    def _clarity(self, clock: Tensor | None) -> Tensor:
        """Return how much an edge's logit grows with its number.

        A denoiser receives ln(s) / 4 and x / sqrt(1 + s^2) (EDM's preconditioning, and all but that
        of the score's up to a factor of 1.4): the logit of a bit of -1 or 1 under noise of
        deviation s is 2 x / s^2.
        """
        if self.role.name != "denoiser":
            return self.sharpness
        assert clock is not None
        s = torch.exp(4.0 * clock).clamp_min(_SHARPEST)[:, None, None, None]
        return 2.0 * (1.0 + s.square()).sqrt() / s.square()

    def _context_parts(
        self, clock: Tensor | None, given: Mapping[str, Tensor] | None
    ) -> list[Tensor]:
        parts = []
        if self.clock is not None and clock is not None:
            parts.append(self.clock(clock))
        if self.told is not None and given is not None:
            parts.append(self.told(given))
        return parts

    def _context(self, parts: list[Tensor]) -> Tensor | None:
        if self.context is None or not parts:
            return None
        known = torch.cat([part.to(self.context.weight) for part in parts], dim=1)
        return functional.silu(self.context(known))

    def _judged(self, h: Tensor, e: Tensor, n: Tensor) -> Tensor:
        """Return what is said (B, k) of what nodes and pairs are on average."""
        couples = (n * (n - 1.0)).clamp_min(1.0)
        mean = torch.cat([h.sum(dim=1) / n, e.sum(dim=(1, 2)) / couples], dim=1)
        score: Tensor = self.last(functional.silu(self.pooled(mean)))
        return score

    def _row(self, h: Tensor, e: Tensor) -> Tensor:
        edges = self.packing.flat(self.edge(e).movedim(-1, 1)).flatten(1)
        if self.role.name == "generator":
            edges = torch.tanh(edges)
        if not self.packing.numbers:
            return edges
        numbers = self.number(h)
        own = [numbers[..., : self.packing.featured], numbers[..., self.packing.featured :]]
        return torch.cat([*(each.flatten(1) for each in own), edges], dim=1)


def _count(structure: Structure) -> tuple[int, int]:
    """Return how many numbers of structure a node and a pair start from."""
    if structure == "none":
        return 1, 2
    more = _CYCLES if structure == "cycles" else 0
    return 2 + _WALKS + more, 3 + _WALKS
