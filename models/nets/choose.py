"""The network that fits the data: fully connected for points, as chosen for images.

Families pass both settings and need not know what the data are.
"""

import math

import torch
from torch import Tensor, nn

from models.base import DataSpec
from models.nets.dcgan import DcganConfig, DcganCritic, DcganGenerator, ImageNetConfig
from models.nets.mlp import MLP, Activation, MLPConfig, TimeMLP
from models.nets.unet import UNet, UNetConfig

__all__ = ["critic_net", "denoiser_net", "generator_net"]

_DARKEST = 0.02  # no pixel starts nearer to black or white than this, where its slope would vanish


def critic_net(
    spec: DataSpec,
    points: MLPConfig,
    images: DcganConfig,
    *,
    generator: torch.Generator,
    clock: bool = False,
) -> nn.Module:
    """Return a critic: x (B, *shape) -> (B, 1); with a clock (x, c (B,)) -> (B, 1)."""
    shape = _image_shape(spec)
    if shape is not None and images.kind == "convolutional":
        return DcganCritic(images, shape, clock=clock, generator=generator)
    config = points if shape is None else _flat(images, "leaky-relu")
    make = TimeMLP if clock else MLP
    net = make(config, math.prod(spec.shape), 1, generator=generator)
    return net if shape is None else _Flat(net, ())


def generator_net(
    spec: DataSpec,
    latent: int,
    points: MLPConfig,
    images: DcganConfig,
    *,
    generator: torch.Generator,
) -> nn.Module:
    """Return a generator: z (B, latent) -> (B, *shape). Its images stay between black and white."""
    shape = _image_shape(spec)
    if shape is None:
        return MLP(points, latent, math.prod(spec.shape), generator=generator)
    net: nn.Module
    if images.kind == "convolutional":
        net = DcganGenerator(images, latent, shape, generator=generator)
    else:
        flat = MLP(_flat(images, "relu"), latent, math.prod(shape), generator=generator)
        net = _Flat(flat, shape)
    return _Bounded(net, spec)


def denoiser_net(
    spec: DataSpec, points: MLPConfig, images: UNetConfig, *, generator: torch.Generator
) -> nn.Module:
    """Return what a denoiser is made of: (x (B, *shape), c (B,)) -> (B, *shape)."""
    shape = _image_shape(spec)
    if shape is not None and images.kind == "convolutional":
        return UNet(images, shape, generator=generator)
    config = points if shape is None else _flat(images, "silu")
    dim = math.prod(spec.shape)
    net = TimeMLP(config, dim, dim, generator=generator)
    return net if shape is None else _Flat(net, shape)


def _image_shape(spec: DataSpec) -> tuple[int, int, int] | None:
    """Return (C, H, W), None for data that are no images."""
    if spec.modality != "images":
        return None
    channels, height, width = spec.shape
    return channels, height, width


def _flat(images: ImageNetConfig, activation: Activation) -> MLPConfig:
    return MLPConfig(width=images.units, depth=images.layers, activation=activation)


class _Flat(nn.Module):
    """A fully connected network on images: it sees (B, C H W) and returns (B, *shape)."""

    def __init__(self, net: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.net = net
        self.shape = shape

    def forward(self, x: Tensor, *told: Tensor) -> Tensor:
        out: Tensor = self.net(x.flatten(1), *told)
        return out.reshape(-1, *self.shape) if self.shape else out


class _Bounded(nn.Module):
    """A network whose outputs are squeezed into the standardised values of pixels from 0 to 1.

    Where the network says 0 a pixel is as bright as those of the data are on average. Grey pixels
    instead are far from data that are mostly dark, where no score that was learned can be trusted.
    """

    low: Tensor
    reach: Tensor
    middle: Tensor

    def __init__(self, net: nn.Module, spec: DataSpec) -> None:
        super().__init__()
        self.net = net
        low = spec.standardise(torch.zeros(spec.shape))
        self.register_buffer("low", low, persistent=False)
        self.register_buffer(
            "reach", spec.standardise(torch.ones(spec.shape)) - low, persistent=False
        )
        middle = torch.logit(spec.restore(torch.zeros(spec.shape)), eps=_DARKEST)
        self.register_buffer("middle", middle, persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        return torch.addcmul(self.low, self.reach, torch.sigmoid(self.net(z) + self.middle))
