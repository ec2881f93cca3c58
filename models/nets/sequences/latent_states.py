"""Networks of variational recommenders: encoder of latent states, decoder, and two critics.

Shapes: e (B, L, d) embedded items, z (B, L, k) latent states, noise (B, L, hidden).
"""

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.layouts.histories import PADDING
from pushforward.models.tensors import dropped

__all__ = ["ContrastCritic", "LatentStates", "LatentStatesConfig", "PriorCritic"]

_KERNEL = 5
_RELEASED_DROPOUT = 0.2  # of the critic of the prior, in the released code


class LatentStatesConfig(Config, frozen=True):
    """Size of the networks. Xie et al. use 128, 100 and 64."""

    width: Annotated[int, param("Width", "Dimension of the item embeddings.", low=4, high=4096)] = (
        64
    )
    hidden: Annotated[
        int, param("Hidden units", "Units of the recurrent state.", low=4, high=4096)
    ] = 64
    latent: Annotated[
        int, param("Latent size", "Number of latents of each state.", low=1, high=4096)
    ] = 32


class _CausalBlock(nn.Module):
    """softplus(conv1(n(h))), softplus(causal conv5(n(a))), softplus(conv1(b)); n adds noise."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(hidden, hidden, 1)
        self.causal = nn.Conv1d(hidden, 2 * hidden, _KERNEL)
        self.last = nn.Conv1d(2 * hidden, hidden, 1)

    def forward(self, h: Tensor, noise: tuple[Tensor, Tensor]) -> Tensor:
        a = functional.softplus(self.first((h + noise[0]).transpose(1, 2)))
        a = functional.pad(a + noise[1].transpose(1, 2), (_KERNEL - 1, 0))
        b = functional.softplus(self.causal(a))
        c: Tensor = functional.softplus(self.last(b)).transpose(1, 2)
        return c


class LatentStates(nn.Module):
    """Items to latent states, and these to scores of all items.

    h = GRU(e); c = convolution of h with noise tanh(W eps) added before its layers; z = W_o (h + c)
    (Xie et al. 2021, arXiv:2103.10693, released code, encoder "fc_cnn"). Without the convolution
    the noise is added to h. A Gaussian encoder has two outputs, mean and log variance.

    Args:
        config: sizes.
        items: number of items.
        convolution: whether causal convolutions read the recurrent states.
        gaussian: whether the encoder gives mean and log variance instead of a sample.
        noisy: whether noise is added inside the encoder.
    """

    def __init__(
        self,
        config: LatentStatesConfig,
        items: int,
        *,
        convolution: bool = False,
        gaussian: bool = False,
        noisy: bool = False,
    ) -> None:
        super().__init__()
        hidden, latent = config.hidden, config.latent
        self.items = nn.Embedding(items + 1, config.width, padding_idx=PADDING)
        self.gru = nn.GRU(config.width, hidden, batch_first=True)
        self.noise = nn.Linear(hidden, hidden, bias=False) if noisy else None
        self.block = _CausalBlock(hidden) if convolution else None
        self.latent = nn.Linear(hidden, latent * (2 if gaussian else 1))
        self.wide = nn.Linear(latent, 2 * hidden)
        self.targets = nn.Parameter(torch.empty(items, 2 * hidden))
        self.bias = nn.Parameter(torch.zeros(items))

    def encode(
        self,
        e: Tensor,
        eps: tuple[Tensor, Tensor] | None = None,
        drop: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Return the latent states, or mean and log variance side by side, of embedded items; eps
        are two tensors of normal noise (B, L, hidden), None for no noise; ``drop`` is applied to
        h + c.
        """
        h: Tensor = self.gru(e)[0]
        zero = torch.zeros_like(h)
        added = (zero, zero)
        if eps is not None and self.noise is not None:
            added = (torch.tanh(self.noise(eps[0])), torch.tanh(self.noise(eps[1])))
        h = h + (added[0] if self.block is None else self.block(h, added))
        z: Tensor = self.latent(h if drop is None else drop(h))
        return z

    def features(self, z: Tensor) -> Tensor:
        """Return what the scores are products of: z (..., k) -> (..., 2 hidden)."""
        return torch.tanh(self.wide(z))

    def scores(self, z: Tensor) -> Tensor:
        """Return a logit of each item, item i at i - 1: z (..., k) -> (..., V)."""
        return functional.linear(self.features(z), self.targets, self.bias)


class PriorCritic(nn.Module):
    """T(e, z), an estimate of log q(z | history) - log p(z) (Mescheder et al. 2017,
    arXiv:1701.04722, equation 3.3): 0.5 z^2 plus a network with two residual blocks.

    Args:
        width: of the embedded items; 0 for z alone.
        latent: size of z.
        hidden: units.
        scalar: one output, with the sum of 0.5 z^2; otherwise one for each latent, as released.
        released: whether a block is elu(u + A D u), as in the released code of ACVAE, instead of
            elu(u + A elu(D u)).
    """

    def __init__(
        self, width: int, latent: int, hidden: int, *, scalar: bool, released: bool = False
    ) -> None:
        super().__init__()
        self._scalar, self._released = scalar, released
        self.read = nn.Linear(width + latent, hidden)
        self.down = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(2)])
        self.up = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(2)])
        self.out = nn.Linear(hidden, 1 if scalar else latent)

    def forward(self, e: Tensor, z: Tensor, dropout: torch.Generator | None = None) -> Tensor:
        """Return the log-ratio, (..., 1) or (..., k). The released code drops out a fifth of the
        first layer and of the output of the network: with a generator this is done.
        """

        def drop(u: Tensor) -> Tensor:
            return u if dropout is None else dropped(u, _RELEASED_DROPOUT, dropout)

        u = drop(self.read(torch.cat([e, z], dim=-1)))
        for down, up in zip(self.down, self.up, strict=True):
            inner = down(u) if self._released else functional.elu(down(u))
            u = functional.elu(u + up(inner))
        energy = 0.5 * z.square()
        found = drop(self.out(u))
        ratio: Tensor = found + (energy.sum(dim=-1, keepdim=True) if self._scalar else energy)
        return ratio


class ContrastCritic(nn.Module):
    """S(e, z), whether latent states belong to a history: a GRU over both, one number per place."""

    def __init__(self, width: int, latent: int, hidden: int) -> None:
        super().__init__()
        self.gru = nn.GRU(width + latent, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, e: Tensor, z: Tensor) -> Tensor:
        """Return the logits, (B, L)."""
        found: Tensor = self.out(functional.gelu(self.gru(torch.cat([e, z], dim=-1))[0]))
        return found.squeeze(-1)
