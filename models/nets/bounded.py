"""A generator of data that have bounds: pixels, which are never darker than black."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pushforward.models.contracts.spec import DataSpec

__all__ = ["Bounded"]

_DARKEST = 0.02  # no value starts nearer to its bounds than this, where its slope would vanish


class Bounded(nn.Module):
    """A network whose outputs are squeezed into the standardised values that data can have.

    Where the network says 0 a value is what those of the data are on average. The middle of the
    bounds instead is far from data that are mostly at one of them, such as dark images, where no
    score that was learned can be trusted.
    """

    low: Tensor
    reach: Tensor
    middle: Tensor

    def __init__(self, net: nn.Module, spec: DataSpec, bounds: tuple[float, float]) -> None:
        super().__init__()
        self.net = net
        low, high = (spec.standardise(torch.full(spec.shape, bound)) for bound in bounds)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("reach", high - low, persistent=False)
        share = (spec.restore(torch.zeros(spec.shape)) - bounds[0]) / (bounds[1] - bounds[0])
        self.register_buffer("middle", torch.logit(share, eps=_DARKEST), persistent=False)

    def forward(
        self,
        z: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        said = self.net(z, clock, given, mask)
        return torch.addcmul(self.low, self.reach, torch.sigmoid(said + self.middle))
