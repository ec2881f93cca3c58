"""CELL: look-alikes of single graphs, by walks of low rank: NetGAN without a GAN."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.graphs.look_alikes import Originals, chosen_edges, scores
from pushforward.models.registry import family
from pushforward.models.settings.cell import CellConfig
from pushforward.models.tensors import real_places
from pushforward.models.training.trained import Trained

__all__ = ["Cell", "CellConfig"]

_FACTORS = 0  # stream of the seed (`models.tensors.make_generator`)
_FRAMES = 12  # in which the edges of a look-alike come


@family(
    "cell",
    config=CellConfig,
    needs=("graph",),
    capabilities=(),
    group="likelihood",
    units={"loss": "nats"},
)
class Cell(Family[CellConfig]):
    """Learns of each graph how walks go on it; see `models.nets.graphs.look_alikes`.

    It is no law of graphs like those of the data, but of graphs like one of them: sizes, and the
    numbers that nodes have, are those of the original.
    """

    def __init__(self, config: CellConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.packing = Packing.of(spec.parts)
        net = Originals(self.packing, config.room, config.rank, generator=self.weights(_FACTORS))
        self.trained: Trained[Originals] = Trained(
            net.to(self.device), config.optimizer, self.horizon, execution=self.execution
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"originals": self.trained}

    @classmethod
    def evaluations(cls, config: CellConfig, sampler: Any = None) -> int | None:
        return 1

    def retune(self, config: CellConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def walk(self, batch: Rows) -> Walk:
        real, net = Batch.of(batch), self.trained.net
        net.remember(real)
        yield "remember", {"real": real.x}
        edges, alike = net.adjacency, self.likeness()
        before = [factor.detach().clone() for factor in (net.left, net.right)]

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            each = -(net.chance().clamp_min(1e-30).log() * edges).sum(dim=(1, 2))
            return (each / edges.sum(dim=(1, 2)).clamp_min(1)).mean(), {}

        metrics = self.trained.descend(loss, len(real))
        # What is alike enough stays: momentum would carry it on.
        held = (alike >= self.config.likeness)[:, None, None]
        with torch.no_grad():
            for factor, old in zip((net.left, net.right), before, strict=True):
                some = factor[: net.count]
                some.copy_(torch.where(held, old[: net.count], some))
        yield "fit", {"real": real.x}
        count = alike.new_full((), float(net.count))
        return {**metrics, "likeness": alike.mean(), "originals": count}

    @torch.no_grad()
    def likeness(self) -> Tensor:
        """Return of each remembered graph which share of steps goes along its edges, (k,)."""
        net = self.trained.net
        return (scores(net.chance(), net.real) * net.adjacency).sum(dim=(1, 2))

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw a uniform number for which original it is, and one for each pair."""
        u = torch.rand((n, 1 + self.packing.pairs), generator=generator)
        return Batch(u, *self.spec.conditions(n, generator, given)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Draw edges, the likeliest to come first. What has not come is 0."""
        rows, packing = Batch.of(latents), self.packing
        whole = torch.full((len(rows),), packing.nodes, device=rows.device)
        size = rows.given.get(SIZE, whole).long()
        original, weight, count = self._originals(rows.x[:, 0], size)
        noise = -(-rows.x[:, 1:].clamp(1e-12, 1.0 - 1e-7).log()).log()
        key = weight.log() + Packing(packing.nodes).dense(noise)
        drawn, when = chosen_edges(key, count)
        numbers = original[:, : packing.start]
        empty = rows.holding(rows.x.new_zeros((len(rows), packing.length)))
        made = empty.zeroed(torch.cat([numbers, 2.0 * packing.flat(drawn).float() - 1.0], dim=1))
        last = (drawn.sum(dim=(1, 2)) // 2)[:, None]
        come = packing.flat(when)
        for i in range(_FRAMES):
            there = (come * _FRAMES < i * last) & (come < packing.nodes**2)
            edges = made[:, packing.start :] * there
            yield Frame(i / _FRAMES, torch.cat([torch.zeros_like(numbers), edges], dim=1), 0)
        yield Frame(1.0, made, 1)

    def _originals(self, u: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the original graphs for samples of the given sizes (n, L), the probability of each
        pair (n, N, N), and the number of edges to draw. An original has the requested size,
        otherwise the next larger one cut to its first nodes, otherwise the largest. Before training
        all pairs are equally probable.
        """
        net, nodes = self.trained.net, self.packing.nodes
        here = real_places(size, nodes)
        pairs = here[:, :, None] & here[:, None]
        pairs = pairs & ~torch.eye(nodes, dtype=torch.bool, device=size.device)
        if not net.count:
            none = u.new_zeros((len(u), self.packing.length))
            return none, pairs.float(), pairs.sum(dim=(1, 2)) // 4
        known = net.size[: net.count]
        far = (known - size[:, None]).float()
        far = torch.where(far < 0.0, nodes - far, far)
        nearest = far == far.amin(dim=1, keepdim=True)
        # The k-th of those, k by the uniform number.
        k = (u * nearest.sum(dim=1)).long().minimum(nearest.sum(dim=1) - 1)
        at = (nearest.cumsum(dim=1) > k[:, None]).float().argmax(dim=1)
        weight = scores(net.chance(), net.real)[at] * pairs
        count = (net.adjacency[at] & pairs).sum(dim=(1, 2)) // 2
        return net.rows[at], weight, count
