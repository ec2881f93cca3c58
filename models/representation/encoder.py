"""The network of a representation: an encoder, whose output is used, and heads for training."""

import math

import torch
from torch import Tensor, nn

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.pick import build

__all__ = ["EncoderWithHead"]


class EncoderWithHead(nn.Module):
    """h = encoder(x), p = head(h): a hidden layer and a linear one (Chen et al. 2020, section 4.2).

    Args:
        net: the network of the encoder.
        spec: of the data.
        features: numbers of h.
        outputs: numbers of p: a projection, a latent, or all numbers of a sample.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self, net: Pick, spec: DataSpec, features: int, outputs: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.encoder = build(net, spec, role.encoder(features), generator)
        self.hidden = linear(features, features, generator=generator)
        self.last = linear(features, outputs, gain=math.sqrt(2.0), generator=generator)

    def features(self, x: Tensor) -> Tensor:
        """Return h of standardised samples (n, *shape), (n, features)."""
        return call(self.encoder, Batch(x))

    def forward(self, x: Tensor) -> Tensor:
        """Return p of standardised samples, (n, outputs)."""
        hidden: Tensor = torch.relu(self.hidden(self.features(x)))
        out: Tensor = self.last(hidden)
        return out
