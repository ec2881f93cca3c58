"""Random walks on graphs that are known, with steps of a low rank: what look-alikes are drawn by.

What a walk on a graph does next is a softmax of logits of low rank, so that of the graph it keeps
what few numbers a node can hold. How often it goes along a pair in the long run is how likely the
pair is in a look-alike (Rendsburg et al. 2020, "NetGAN without GAN", PMLR 119, section 3: walks
need not be sampled, nor judged by a critic, as in Bojchevski et al. 2018, arXiv:1803.00816).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.tensors import real_places

__all__ = ["Originals", "chosen_edges", "scores", "transitions"]

_SQUARINGS = 12  # of a lazy walk: it has gone 4096 steps


def transitions(logits: Tensor, real: Tensor) -> Tensor:
    """Return how likely a walk goes from node to node, (K, N, N), by logits of that shape and which
    nodes there are, (K, N): never to itself, and nowhere from a node that is alone.
    """
    pairs = real[:, :, None] & real[:, None]
    pairs = pairs & ~torch.eye(real.shape[1], dtype=torch.bool, device=real.device)
    chance = logits.masked_fill(~pairs, -torch.inf).softmax(dim=2)
    return torch.where(pairs, chance, 0.0).nan_to_num()


def scores(chance: Tensor, real: Tensor) -> Tensor:
    """Return the share of steps that a walk goes from node to node in the long run, (K, N, N), of
    transitions of that shape: one way or the other, whichever is more, as shares of all pairs.
    """
    lazy = 0.5 * (chance + torch.diag_embed(real.to(chance)))
    for _ in range(_SQUARINGS):
        lazy = lazy @ lazy
        lazy = lazy / lazy.sum(dim=2, keepdim=True).clamp_min(1e-30)
    start = real.to(chance) / real.sum(dim=1, keepdim=True).clamp_min(1)
    stays = start[:, None] @ lazy
    often = stays.mT * chance
    often = torch.maximum(often, often.mT)
    found: Tensor = often / often.sum(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    return found


def chosen_edges(key: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Return which pairs are drawn, (n, N, N) bool, and which of them come when, from 0 for the
    first, (n, N, N): the best of each node, and then the best of all until there are enough.

    With the logarithm of a weight and Gumbel noise as key the best is each as often as it weighs,
    and the best m are m draws without replacement (Efraimidis and Spirakis 2006,
    doi:10.1016/j.ipl.2005.11.003). A node's own draw and those of all are by the same noise.

    Args:
        key: (n, N, N), symmetric, minus infinity where there can be no edge.
        count: (n,), how many edges there are to be; there are more where nodes would be alone.
    """
    n, nodes, _ = key.shape
    best, at = key.max(dim=2)
    own = functional.one_hot(at, nodes).bool() & (best > -torch.inf)[..., None]
    own = own | own.mT
    first = torch.where(own, torch.inf, key).triu(diagonal=1)
    lower = torch.ones((nodes, nodes), dtype=torch.bool, device=key.device).tril()
    first = first.masked_fill(lower, -torch.inf).flatten(1)
    rank = first.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    enough = count.maximum(own.sum(dim=(1, 2)) // 2)[:, None]
    drawn = ((rank < enough) & (first > -torch.inf)).view(n, nodes, nodes)
    # By their keys alone, the draws of single nodes among the others.
    order = torch.where(drawn, key, -torch.inf).flatten(1)
    when = order.argsort(dim=1, descending=True, stable=True).argsort(dim=1).view_as(drawn)
    when = when.masked_fill(~drawn, nodes * nodes)
    return drawn | drawn.mT, when.minimum(when.mT)


class Originals(nn.Module):
    """Graphs that are remembered, and factors of the logits of their walks.

    Args:
        packing: how graphs lie in rows.
        room: K, how many are remembered.
        rank: of the logits.
        generator: where the initial factors come from (a generator of the CPU).
    """

    rows: Tensor
    size: Tensor
    known: Tensor

    def __init__(
        self, packing: Packing, room: int, rank: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.packing = packing
        shape = (room, packing.nodes, rank)
        self.left, self.right = (
            nn.Parameter(0.1 * torch.randn(shape, generator=generator)) for _ in range(2)
        )
        self.register_buffer("rows", torch.zeros((room, packing.length)))
        self.register_buffer("size", torch.zeros(room, dtype=torch.long))
        self.register_buffer("known", torch.zeros((), dtype=torch.long))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Originals":
        """Change the device or type, but leave the count on the host, which reads it each step."""
        known = self.known
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.known = known
        return self

    @property
    def count(self) -> int:
        """How many graphs are remembered."""
        return int(self.known)

    @property
    def real(self) -> Tensor:
        """Which nodes the remembered graphs have, (k, N) bool."""
        return real_places(self.size[: self.count], self.packing.nodes)

    @property
    def adjacency(self) -> Tensor:
        """The remembered graphs, (k, N, N) bool."""
        return unpack(self.rows[: self.count], self.packing)

    def remember(self, batch: Batch) -> None:
        """Store new graphs while there is room."""
        if self.count == len(self.rows):
            return
        whole = torch.full((len(batch),), self.packing.nodes, device=batch.device)
        sizes = batch.given.get(SIZE, whole).long()
        for x, size in zip(batch.x, sizes, strict=True):
            count = self.count
            same = (self.rows[:count] == x).all(dim=1) & (self.size[:count] == size)
            if count < len(self.rows) and not bool(same.any()):
                self.rows[count], self.size[count] = x, size
                self.known += 1

    def chance(self) -> Tensor:
        """Return the transitions of all remembered graphs, (k, N, N)."""
        count = self.count
        return transitions(self.left[:count] @ self.right[:count].mT, self.real)
