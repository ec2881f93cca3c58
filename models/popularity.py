"""How often items are in histories."""

import torch
from torch import Tensor

from pushforward.models.contracts.state import State

__all__ = ["Counts"]


class Counts:
    """How often each item was seen, (V,) int64 on a device: exact, however long it counts."""

    def __init__(self, items: int, device: torch.device) -> None:
        self.seen = torch.zeros(items, dtype=torch.int64, device=device)

    def add(self, x: Tensor) -> None:
        """Count the items of histories (n, L)."""
        self.seen += torch.bincount(x.flatten(), minlength=len(self.seen) + 1)[1:]

    def log_shares(self) -> Tensor:
        """Return log (count + 1)/(all + V), (V,): an item that was never seen is possible."""
        counts = self.seen.double() + 1.0
        return (counts / counts.sum()).log().float()

    def pack(self, state: State, part: str) -> None:
        """Add the counts."""
        state.keep(f"{part}/seen", self.seen)

    def unpack(self, state: State, part: str) -> None:
        """Restore them.

        Raises:
            ValueError: they are of other items.
        """
        self.seen.copy_(state.tensor(f"{part}/seen", self.seen.shape))

    def parameter_count(self) -> int:
        """Nothing of it is trained by a gradient."""
        return 0
