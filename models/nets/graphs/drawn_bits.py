"""A generator of graphs whose pairs are drawn: bits, through which a slope goes back."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from pushforward.models.layouts.graphs import Packing

__all__ = ["Bits", "DrawnBits"]

Bits = Literal["straight-through", "gumbel", "soft"]
"""Drawn, with the slope of what is nearly drawn; nearly drawn; or as likely as they are."""

_ODDS = 6.0  # log odds where a network says 1, which one of graphs does not exceed


class DrawnBits(nn.Module):
    """Latents (B, latent + pairs) -> (B, L): a network says log odds from the first numbers, and
    the others, normal ones, draw by them.

    With logistic noise g a bit is the sign of logit + g, which is 1 with the probability that the
    logit says; tanh((logit + g) / 2 tau) is nearly that, and has a slope (Maddison et al. 2017,
    arXiv:1611.00712, section 3; Jang et al. 2017, arXiv:1611.01144, section 2.2).

    Args:
        net: a generator (`models.nets.calling`) that says pairs between -1 and 1.
        packing: how graphs lie in rows.
        latent: how many numbers it reads.
        bits: how pairs are drawn.
        temperature: tau.
    """

    def __init__(
        self, net: nn.Module, packing: Packing, latent: int, bits: Bits, temperature: float
    ) -> None:
        super().__init__()
        self.net, self.packing, self.latent = net, packing, latent
        self.bits, self.temperature = bits, temperature

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        z, normal = x[:, : self.latent], x[:, self.latent :]
        said = self.net(z, clock, given, mask)
        numbers, odds = said.split([self.packing.start, self.packing.pairs], dim=1)
        odds = _ODDS * odds
        if self.bits == "soft":
            edges = torch.tanh(0.5 * odds)
        else:
            noisy = odds + _logistic(normal)
            edges = torch.tanh(0.5 * noisy / self.temperature)
            if self.bits == "straight-through":
                edges = torch.where(noisy > 0.0, 1.0, -1.0) + (edges - edges.detach())
        return torch.cat([numbers, edges], dim=1)


def _logistic(normal: Tensor) -> Tensor:
    """Return logistic numbers of normal ones: the logit of their quantile."""
    found: Tensor = torch.special.log_ndtr(normal) - torch.special.log_ndtr(-normal)
    return found
