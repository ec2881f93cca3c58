"""Fully connected networks: of points, and of anything else once it is flattened.

Shapes: x (B, d) with the batch first; c (B,) one scalar condition a point, such as a noise level
or a flow time. Initial weights are drawn from a passed generator, never from the global one, so
that a seed fixes them and building a network changes no other random numbers.
"""

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.blank import blank
from pushforward.models.nets.given import Balanced, GivenFeatures, loudness
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = [
    "MLP",
    "Activation",
    "CoordinateFeatures",
    "Flattened",
    "FourierFeatures",
    "MLPConfig",
    "TimeMLP",
    "linear",
    "mlp",
]

Given: TypeAlias = Mapping[str, Tensor]
Activation = Literal["silu", "relu", "leaky-relu", "gelu", "tanh"]


class MLPConfig(Config, frozen=True):
    """Size and nonlinearity of a fully connected network, and the scale of its conditions."""

    width: Annotated[
        int, param("Width", "Units in each hidden layer.", low=1, high=4096, log=True)
    ] = 128
    depth: Annotated[int, param("Depth", "Number of hidden layers.", low=1, high=32)] = 3
    frequencies: Annotated[
        int,
        param(
            "Fourier features",
            "Sines and cosines of each coordinate as additional inputs, from 1 to 16 rad per "
            "standard deviation. Thin and curved shapes train faster, with some ripples; 0 for "
            "none.",
            low=0,
            high=64,
        ),
    ] = 0
    activation: Annotated[
        Activation,
        param(
            "Activation",
            "Nonlinearity after each hidden layer. SiLU is smooth, good for differentiated "
            "fields; leaky ReLU is usual for critics.",
            choices={
                "silu": "SiLU",
                "relu": "ReLU",
                "leaky-relu": "Leaky ReLU (0.2)",
                "gelu": "GELU",
                "tanh": "tanh",
            },
            advanced=True,
        ),
    ] = "silu"
    balanced: Balanced = False


_MODULES: dict[str, Callable[[], nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.2),
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}

# What keeps the second moment of the signal from layer to layer: sqrt(2) is exact for ReLU (He
# et al. 2015, eq. 10), the value for leaky ReLU follows from it, the others are Monte Carlo
# values of 1 / sqrt(E[f(z)^2]) with z ~ N(0, 1).
_GAINS: dict[str, float] = {
    "silu": 1.68,
    "relu": math.sqrt(2.0),
    "leaky-relu": math.sqrt(2.0 / (1.0 + 0.2**2)),
    "gelu": 1.53,
    "tanh": 1.59,
}


def linear(
    dim_in: int, dim_out: int, *, gain: float = 1.0, generator: torch.Generator
) -> nn.Linear:
    """Return a linear layer, weights uniform with variance gain^2 / dim_in, biases within
    1 / sqrt(dim_in) (zero where the gain is zero).
    """
    layer = blank(nn.Linear, dim_in, dim_out)
    with torch.no_grad():
        layer.weight.uniform_(-1.0, 1.0, generator=generator).mul_(gain * math.sqrt(3.0 / dim_in))
        layer.bias.uniform_(-1.0, 1.0, generator=generator).mul_(
            1.0 / math.sqrt(dim_in) if gain else 0.0
        )
    return layer


def _stack(
    config: MLPConfig,
    dim_in: int,
    dim_out: int,
    output_gain: float,
    generator: torch.Generator,
) -> nn.Sequential:
    """Return the layers of a network: ``depth`` hidden ones and the last."""
    gain = _GAINS[config.activation]
    layers: list[nn.Module] = []
    for i in range(config.depth):
        # The input is standardised, not the output of an activation: gain 1 there.
        layers += [
            linear(
                dim_in if i == 0 else config.width,
                config.width,
                gain=1.0 if i == 0 else gain,
                generator=generator,
            ),
            _MODULES[config.activation](),
        ]
    layers.append(linear(config.width, dim_out, gain=output_gain, generator=generator))
    return nn.Sequential(*layers)


class CoordinateFeatures(nn.Module):
    """x (B, d) -> (B, d (2 count + 1)): each coordinate, its sines and its cosines.

    Frequencies are geometric from 1 to 16 radians a unit, the axis-aligned positional encoding of
    Tancik et al. 2020, arXiv:2006.10739, section 6.1. With ``count`` 0 it is the identity.
    """

    frequencies: Tensor

    def __init__(self, dim: int, count: int) -> None:
        super().__init__()
        powers = torch.linspace(0.0, math.log(16.0), count) if count > 1 else torch.zeros(count)
        self.register_buffer("frequencies", powers.exp(), persistent=False)
        self.dim_out = dim * (2 * count + 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.frequencies.numel() == 0:
            return x
        angle = (x[..., None] * self.frequencies).flatten(1)
        return torch.cat([x, angle.sin(), angle.cos()], dim=1)


class MLP(nn.Module):
    """x (B, dim_in) -> (B, dim_out) through ``depth`` hidden layers.

    Args:
        config: width, depth, input frequencies and activation.
        dim_in: features of the input.
        dim_out: features of the output.
        output_gain: gain of the last layer; 0 starts the network at exactly zero.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are concatenated with x.
    """

    def __init__(
        self,
        config: MLPConfig,
        dim_in: int,
        dim_out: int,
        *,
        output_gain: float = 1.0,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
    ) -> None:
        super().__init__()
        self.features = CoordinateFeatures(dim_in, config.frequencies)
        self.told = told
        self.loudness = loudness(told, dim_in) if config.balanced else 1.0
        seen = self.features.dim_out + (told.dim if told is not None else 0)
        self.layers = _stack(config, seen, dim_out, output_gain, generator)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        seen = self.features(x)
        if self.told is not None:
            seen = torch.cat([seen, self.loudness * self.told.of(given, x)], dim=1)
        out: Tensor = self.layers(seen)
        return out


class FourierFeatures(nn.Module):
    """c (B,) -> (B, 2 count + 1): the scalar, and its sine and cosine at fixed frequencies.

    Frequencies are geometric from ``lowest`` to ``highest`` radians a unit of c (Tancik et al.
    2020, arXiv:2006.10739, section 4, with deterministic instead of random frequencies). The
    defaults resolve about 0.1 in c, right for ln(s)/4 in [-2, 2] and for t in [0, 1].
    """

    frequencies: Tensor

    def __init__(self, count: int = 16, lowest: float = 0.5, highest: float = 32.0) -> None:
        super().__init__()
        powers = torch.linspace(math.log(lowest), math.log(highest), count)
        self.register_buffer("frequencies", powers.exp(), persistent=False)
        self.dim_out = 2 * count + 1

    def forward(self, c: Tensor) -> Tensor:
        angle = c[:, None] * self.frequencies
        return torch.cat([c[:, None], angle.sin(), angle.cos()], dim=1)


class TimeMLP(nn.Module):
    """(x (B, dim_in), c (B,)) -> (B, dim_out); the condition enters as Fourier features.

    Args:
        config: width, depth, input frequencies and activation.
        dim_in: features of the points.
        dim_out: features of the output.
        output_gain: gain of the last layer; 0 starts the network at exactly zero.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are concatenated with x.
    """

    def __init__(
        self,
        config: MLPConfig,
        dim_in: int,
        dim_out: int,
        *,
        output_gain: float = 1.0,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
    ) -> None:
        super().__init__()
        self.features = CoordinateFeatures(dim_in, config.frequencies)
        self.embed = FourierFeatures()
        self.told = told
        self.loudness = loudness(told, dim_in) if config.balanced else 1.0
        seen = self.features.dim_out + self.embed.dim_out + (told.dim if told is not None else 0)
        self.layers = _stack(config, seen, dim_out, output_gain, generator)

    def forward(
        self,
        x: Tensor,
        clock: Tensor,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        seen = [self.features(x), self.embed(clock)]
        if self.told is not None:
            seen.append(self.loudness * self.told.of(given, x))
        out: Tensor = self.layers(torch.cat(seen, dim=1))
        return out


class Flattened(nn.Module):
    """A fully connected network on data of any shape: it sees rows (B, numbers) and returns
    (B, *shape), or what it says itself where the shape is ().

    Args:
        net: called with (B, numbers).
        shape: of what it returns.
        padded: whether x is data that may have padded places, which it then sees as 0.
    """

    def __init__(self, net: nn.Module, shape: tuple[int, ...], *, padded: bool = False) -> None:
        super().__init__()
        self.net = net
        self.shape = shape
        self.padded = padded

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        seen = Batch(x, mask).zeroed(x) if self.padded else x
        out: Tensor = self.net(seen.flatten(1), clock, given)
        return out.reshape(-1, *self.shape) if self.shape else out


@network(
    "mlp",
    title="Fully connected",
    summary="A multilayer perceptron on all values at once: for points and other small data.",
    source="Rumelhart, Hinton and Williams 1986, doi:10.1038/323533a0; He et al. 2015, "
    "arXiv:1502.01852, eq. 10 (initial weights)",
    roles=("denoiser", "critic", "generator", "noisy-encoder"),
    needs=("continuous",),
    config=MLPConfig,
)
def mlp(config: MLPConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return a fully connected network for a role."""
    dim = math.prod(spec.shape)
    dim_in = role.latent or dim
    says = role.outputs or (1 if role.name == "critic" else 0)  # 0 where it says a datum
    # Encoders are asked what others are told.
    told = GivenFeatures(spec) if spec.given and role.name != "noisy-encoder" else None
    make = TimeMLP if role.clock else MLP
    net = make(config, dim_in, says or dim, generator=generator, told=told)
    padded = spec.masks is not None and not role.latent
    if len(spec.shape) == 1 and not padded:
        return net
    return Flattened(net, () if says else spec.shape, padded=padded)
