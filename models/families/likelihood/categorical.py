"""The categorical distribution of a count for each class, by maximum likelihood. Values that never
occurred keep a small probability: each class starts with one pseudo-count shared by all values (the
prior of Perks 1947, Journal of the Institute of Actuaries 73, 285-334: Dirichlet with 1/K for each
of K), which soon becomes negligible.
"""

import torch
from torch import Tensor

from pushforward.models.contracts.state import State
from pushforward.models.tensors import widest_float

__all__ = ["Categorical"]


class Categorical:
    """p(k | class) for k from 0 up to below K, learned by counting; a
    `models.contracts.state.Packed`.

    Args:
        classes: how many; of rows without a class, 1.
        values: K.
        device: where it counts.
    """

    def __init__(self, classes: int, values: int, device: torch.device) -> None:
        self._seen = torch.zeros((classes, values), dtype=torch.int64, device=device)

    def see(self, k: Tensor, label: Tensor) -> None:
        """Count values (n,) of rows of some classes (n,), both int64."""
        values = self._seen.shape[1]
        # Not `torch.bincount`, which makes the host wait for the largest value.
        self._seen.view(-1).index_add_(0, label * values + k, torch.ones_like(k))

    def log_prob(self, k: Tensor, label: Tensor) -> Tensor:
        """Return log p(k | class), (n,) float32."""
        return self._shares().log()[label, k].float()

    def at(self, u: Tensor, label: Tensor) -> Tensor:
        """Return the values at which the sums of p(k | class) pass u (n,) in [0, 1]: (n,) int64."""
        sums = self._shares().cumsum(dim=1)[label]
        # The last sum may be less than 1 by rounding.
        found = torch.searchsorted(sums, u.to(sums.dtype)[:, None], right=True)[:, 0]
        return found.clamp(max=sums.shape[1] - 1)

    def _shares(self) -> Tensor:
        each = self._seen.to(widest_float(self._seen.device)) + 1.0 / self._seen.shape[1]
        return each / each.sum(dim=1, keepdim=True)

    def pack(self, state: State, part: str) -> None:
        """See `models.contracts.state.Packed.pack`."""
        state.keep(f"{part}/seen", self._seen)

    def unpack(self, state: State, part: str) -> None:
        """See `models.contracts.state.Packed.unpack`."""
        self._seen.copy_(state.tensor(f"{part}/seen", self._seen.shape))

    def parameter_count(self) -> int:
        """Return how many shares are learned."""
        return self._seen.numel()
