"""A replay buffer: particles that go on wandering from step to step of a training.

Du and Mordatch 2019, arXiv:1903.08689, section 3.2; persistent chains: Tieleman 2008,
doi:10.1145/1390156.1390290.
"""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.state import State

__all__ = ["ReplayBuffer"]


class ReplayBuffer:
    """Particles that are drawn, moved, and put back.

    Args:
        start: where they are at first, with their conditions, on their device.
        generator: where draws come from; it belongs to the training, and its owner packs it.
    """

    def __init__(self, start: Batch, generator: torch.Generator) -> None:
        self._rows = start
        self._generator = generator

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, fresh: Batch, restarts: float) -> tuple[Tensor, Batch]:
        """Return as many particles as there are fresh ones, and their places, (n,) int64.

        Each is, by the share of restarts, the fresh one in its place.
        """
        n, g = len(fresh), self._generator
        places = torch.randint(len(self), (n,), generator=g, device=g.device).to(fresh.device)
        new = torch.rand(n, generator=g, device=g.device).to(fresh.device) < restarts
        old = self._rows.take(places)

        def either(mine: Tensor, other: Tensor) -> Tensor:
            return torch.where(new.reshape(-1, *[1] * (mine.ndim - 1)), other, mine)

        given = {name: either(old.given[name], fresh.given[name]) for name in old.given}
        return places, Batch(either(old.x, fresh.x), None, given)

    def put(self, places: Tensor, rows: Batch) -> None:
        """Put particles back where they were drawn from; of two in one place, the last."""
        # One write a place, in order: with duplicates an indexed write is in any order.
        last = torch.full((len(self),), -1, dtype=torch.int64, device=places.device)
        last.scatter_reduce_(0, places, torch.arange(len(places), device=places.device), "amax")
        kept = last >= 0

        def with_new(old: Tensor, new: Tensor) -> Tensor:
            chosen = new[last.clamp_min(0)]
            return torch.where(kept.reshape(-1, *[1] * (old.ndim - 1)), chosen, old)

        given = {n: with_new(v, rows.given[n]) for n, v in self._rows.given.items()}
        self._rows = Batch(with_new(self._rows.x, rows.x), None, given)

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state, but for the generator."""
        for name, value in self._named().items():
            state.keep(f"{part}/{name}", value)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        found = {
            name: state.tensor(f"{part}/{name}", v.shape).to(v) for name, v in self._named().items()
        }
        given = {name: found[f"given/{name}"] for name in self._rows.given}
        self._rows = Batch(found["x"], None, given)

    def _named(self) -> dict[str, Tensor]:
        given = {f"given/{name}": value for name, value in self._rows.given.items()}
        return {"x": self._rows.x, **given}

    def parameter_count(self) -> int:
        """Return 0: particles are no weights."""
        return 0
