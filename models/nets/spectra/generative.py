"""Networks that generate windows of a scene: denoiser, critic and generator, conditioned on class.

The generator has the transposed convolutions of `models.nets.spectra.discriminator`; denoiser and
critic have a layer of 1 x 1 pixel along the spectrum, which also sees noise level and class,
spatial layers of 3 x 3 pixels (of 1 x 1 for single spectra), and a layer of 1 x 1 pixel back to the
spectrum. No layer mixes the rows of a batch, and none normalises: the level of a spectrum tells its
class. The place of a window is not shown to them: they would learn the map, not the spectra.

Shapes: windows (B, channels, side, side), latents (B, latent), clocks (B,).
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.conv import conv
from pushforward.models.nets.given import GivenFeatures, loudness
from pushforward.models.nets.mlp import FourierFeatures, linear
from pushforward.models.nets.role import Role
from pushforward.models.nets.spectra.discriminator import PatchConfig, PatchGenerator
from pushforward.models.registry import network

__all__ = ["ConditionalPatchGenerator", "GenerativeConfig", "PatchLayers", "generative"]

Given = Mapping[str, Tensor]
_GAIN = 1.68  # of SiLU
_SMALLEST = 3  # side of a window with spatial layers


class GenerativeConfig(Config, frozen=True):
    """Size of a network that generates windows."""

    width: Annotated[
        int,
        param("Channels", "Channels of each layer.", low=4, high=1024, log=True),
    ] = 256
    depth: Annotated[
        int, param("Layers", "Number of spatial layers of a denoiser or critic.", low=1, high=16)
    ] = 2


class PatchLayers(nn.Module):
    """Windows -> windows (B, channels, side, side), or numbers (B, outputs) of a critic.

    Args:
        config: its size.
        spec: of the data.
        clock: whether it is conditioned on a noise level or a flow time.
        outputs: numbers of each window, 0 for a window.
        generator: of the initial weights (a generator of the CPU).
    """

    def __init__(
        self,
        config: GenerativeConfig,
        spec: DataSpec,
        *,
        clock: bool,
        outputs: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        channels, side, width = spec.shape[0], spec.shape[1], config.width
        self.given = GivenFeatures(spec)
        self.embed = FourierFeatures() if clock else None
        # As loud as a spectrum: the class is one number among many.
        self.loudness = loudness(self.given, channels)
        told = self.given.dim + (self.embed.dim_out if self.embed is not None else 0)
        size = 3 if side >= _SMALLEST else 1
        self.inlet = conv(channels + told, width, 1, generator=generator)
        self.layers = nn.ModuleList(
            conv(width, width, size, gain=_GAIN, generator=generator) for _ in range(config.depth)
        )
        self.outlet = None if outputs else conv(width, channels, 1, gain=_GAIN, generator=generator)
        self.last = linear(2 * width, outputs, generator=generator) if outputs else None

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        parts = [self.loudness * self.given.of(given, x)]
        if self.embed is not None:
            assert clock is not None
            parts.append(self.embed(clock))
        told = torch.cat(parts, dim=1)[..., None, None].expand(-1, -1, *x.shape[2:])
        h = functional.silu(self.inlet(torch.cat([x, told], dim=1)))
        for layer in self.layers:
            h = functional.silu(layer(h))
        if self.outlet is not None:
            window: Tensor = self.outlet(h)
            return window
        assert self.last is not None
        middle = h[..., h.shape[2] // 2, h.shape[3] // 2]
        out: Tensor = self.last(torch.cat([middle, h.mean(dim=(2, 3))], dim=1))
        return out


class ConditionalPatchGenerator(nn.Module):
    """Latents (B, latent) -> windows (B, channels, side, side), conditioned on the class.

    Args:
        config: its size.
        spec: of the data.
        latent: numbers of a latent.
        generator: of the initial weights (a generator of the CPU).
    """

    def __init__(
        self, config: GenerativeConfig, spec: DataSpec, latent: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.given = GivenFeatures(spec)
        size = PatchConfig(width=min(config.width, 512))
        dim = latent + self.given.dim
        self.net = PatchGenerator(size, spec.shape[0], spec.shape[1], dim, generator=generator)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        told = loudness(self.given, x.shape[1]) * self.given.of(given, x)
        out: Tensor = self.net(torch.cat([x, told], dim=1))
        return out


@network(
    "patch-layers",
    title="Patch layers",
    summary="Spectral, then spatial convolutions, conditioned on the class and not on the place: "
    "generates spectra and windows of scenes.",
    source="after Zhong et al. 2020, doi:10.1109/TCYB.2019.2915094",
    roles=("denoiser", "critic", "generator"),
    needs=("patches",),
    config=GenerativeConfig,
)
def generative(
    config: GenerativeConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a denoiser, critic or generator of windows."""
    if role.latent:
        return ConditionalPatchGenerator(config, spec, role.latent, generator=generator)
    outputs = role.outputs or (1 if role.name == "critic" else 0)
    return PatchLayers(config, spec, clock=role.clock, outputs=outputs, generator=generator)
