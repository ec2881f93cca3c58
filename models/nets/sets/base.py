"""What all networks for sets do before and after their layers.

Shapes: x (B, N, features), latents (B, latent), clock (B,), mask (B, N).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.cosines import Cosines
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import FourierFeatures, linear
from pushforward.models.nets.role import Role
from pushforward.models.nets.sets.layers import Network, bias_of, needs_written_attention
from pushforward.models.nets.sets.settings import SetNetConfig
from pushforward.models.nets.sets.sizes import groups

__all__ = ["SetNet"]


class SetNet(nn.Module, ABC):
    """A denoiser, (B, N, f) -> (B, N, f); a critic, -> (B, 1); or a generator from (B, latent).

    A generator starts each place as a learned embedding plus the latent. A critic reads the mean of
    the places. A subclass builds its layers and then `_end`, and updates the places in `think`.

    Args:
        config: its size and structure.
        spec: of the data.
        role: what it is to be.
        generator: where the initial weights come from (a generator of the CPU).

    Attributes:
        told: size of the context, 0 without one.
    """

    def __init__(
        self, config: SetNetConfig, spec: DataSpec, role: Role, generator: torch.Generator
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self.config, self.role, self.shape = config, role, spec.shape
        self.features = math.prod(spec.shape[1:])
        self.clock = _clock(config) if role.clock else None
        self.given = GivenFeatures(spec) if spec.given else None
        known = (self.clock.dim_out if self.clock is not None else 0) + (
            self.given.dim if self.given is not None else 0
        )
        self.told = 0
        self.context: nn.Linear | Network | None = None
        if known:
            self.told = width if config.embedding == "linear" else config.context
            self.context = self._door(known, self.told, 0, g)
        self.marks: nn.Parameter | None = None
        if role.latent:
            self.marks = nn.Parameter(torch.randn((spec.shape[0], width), generator=g))
        self.first = self._door(role.latent or self.features, width, self.told, g)

    def _end(self, generator: torch.Generator) -> None:
        """Make what says the last word."""
        says = 1 if self.role.name == "critic" else self.features
        gain = 0.0 if self.role.name == "denoiser" else 1.0
        self.last = self._door(self.config.width, says, self.told, generator, gain)

    def _door(
        self, dim_in: int, dim_out: int, told: int, generator: torch.Generator, gain: float = 1.0
    ) -> nn.Linear | Network:
        if self.config.embedding == "linear":
            return linear(dim_in, dim_out, gain=gain, generator=generator)
        return Network(self.config, (dim_in, dim_out), told, gain=gain, generator=generator)

    @abstractmethod
    def think(
        self, h: Tensor, context: Tensor | None, bias: Tensor | None, written: bool
    ) -> Tensor:
        """Return places h (B, N, width) after all layers, conditioned on the context (B, told); see
        `models.nets.sets.layers.Layer`.
        """

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        context = self._context(clock, given)
        if mask is None:
            return self._some(x, context, None, self.shape[0])
        parts = groups(mask)
        said = []
        for rows, places in parts:
            told = None if context is None else context[rows]
            said.append(self._some(x[rows], told, mask[rows, :places], places))
        if len(parts) == 1:
            return said[0]
        order = torch.cat([rows for rows, _ in parts if isinstance(rows, Tensor)])
        return torch.cat(said)[order.argsort()]

    def _some(self, x: Tensor, context: Tensor | None, mask: Tensor | None, places: int) -> Tensor:
        """Return the output for rows of at most a number of places."""
        h = self._enter(x, context, mask, places)
        # A generator is differentiated twice, for its kernel.
        written = needs_written_attention(x, twice=self.role.latent > 0)
        h = self.think(h, context, bias_of(mask, h), written)
        if self.role.name == "critic":
            return _through(self.last, _mean(h, mask), context)[:, 0]
        out = _through(self.last, h, context)
        if mask is not None:
            # The same whether a place was looked at or cut off.
            out = out.masked_fill(~mask[..., None], 0)
        out = functional.pad(out, (0, 0, 0, self.shape[0] - places))
        return out.reshape(len(x), *self.shape)

    def _enter(self, x: Tensor, context: Tensor | None, mask: Tensor | None, places: int) -> Tensor:
        if self.marks is not None:
            return _through(self.first, x[:, None], context) + self.marks[:places]
        flat = x[:, :places].flatten(2)
        if mask is not None:
            # What stands in a padded place is not even looked at.
            flat = flat.masked_fill(~mask[..., None], 0)
        return _through(self.first, flat, context)

    def _context(self, clock: Tensor | None, given: Mapping[str, Tensor] | None) -> Tensor | None:
        parts = []
        if self.clock is not None and clock is not None:
            parts.append(self.clock(clock))
        if self.given is not None and given is not None:
            parts.append(self.given(given))
        if self.context is None or not parts:
            return None
        told = torch.cat(parts, dim=1).to(next(self.context.parameters()).dtype)
        summed: Tensor = self.context(told)
        return functional.silu(summed) if isinstance(self.context, nn.Linear) else summed


def _clock(config: SetNetConfig) -> FourierFeatures | Cosines:
    return FourierFeatures() if config.encoding == "fourier" else Cosines(config.encoding)


def _mean(h: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean over the real places of each row, (B, 1, width)."""
    if mask is None:
        return h.mean(dim=1, keepdim=True)
    share = mask.to(h.dtype) / mask.sum(dim=1, keepdim=True).clamp_min(1)
    return (h * share[..., None]).sum(dim=1, keepdim=True)


def _through(door: nn.Linear | Network, h: Tensor, context: Tensor | None) -> Tensor:
    out: Tensor = door(h) if isinstance(door, nn.Linear) else door(h, context)
    return out
