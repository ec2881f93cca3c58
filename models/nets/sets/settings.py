"""The settings that networks for sets share: one name and meaning in each of them."""

from typing import Annotated, Literal

from pushforward.models.config import Config, ConfigError, param

__all__ = ["Encoding", "SetNetConfig", "check_heads"]


Encoding = Annotated[
    Literal["fourier", "log-cosine", "cosine"],
    param(
        "Noise embedding",
        "Embedding of the noise level: sines and cosines of its logarithm, cosines of its "
        "logarithm, or cosines of the level itself (PC-Droid).",
        choices={
            "fourier": "Fourier features of ln s",
            "log-cosine": "16 cosines of ln s",
            "cosine": "16 cosines of s (PC-Droid)",
        },
        advanced=True,
    ),
]
"""How a network is conditioned on the noise level, as a setting."""


class SetNetConfig(Config, frozen=True):
    """Size and make of a network for sets."""

    width: Annotated[
        int,
        param("Width", "Channels per position.", low=8, high=1024, log=True),
    ] = 64
    layers: Annotated[int, param("Layers", "Number of transformer blocks.", low=1, high=24)] = 4
    heads: Annotated[
        int,
        param("Heads", "Number of attention heads; must divide the width.", low=1, high=32),
    ] = 4
    feedforward: Annotated[
        int,
        param(
            "Feed-forward",
            "Hidden units of each feed-forward layer, as a multiple of the width.",
            low=1,
            high=8,
            advanced=True,
        ),
    ] = 2
    nonlinearity: Annotated[
        Literal["silu", "leaky-relu", "gelu", "relu"],
        param(
            "Activation",
            "Activation of each feed-forward layer.",
            choices={
                "silu": "SiLU",
                "leaky-relu": "Leaky ReLU (0.1)",
                "gelu": "GELU",
                "relu": "ReLU",
            },
            advanced=True,
        ),
    ] = "silu"
    encoding: Encoding = "fourier"
    embedding: Annotated[
        Literal["linear", "network"],
        param(
            "Input and output layers",
            "One linear layer each, or a small network each that also receives the context "
            "(PC-Droid).",
            choices={"linear": "Linear layers", "network": "Small networks"},
            advanced=True,
        ),
    ] = "linear"
    context: Annotated[
        int,
        param(
            "Context size",
            "Dimension of the context vector, computed from noise level and conditions.",
            low=4,
            high=1024,
            log=True,
            advanced=True,
            depends=("embedding", ("network",)),
        ),
    ] = 64
    norm_values: Annotated[
        bool,
        param(
            "Norm after attention",
            "Normalises the result of attention before its output projection.",
            advanced=True,
        ),
    ] = False
    norm_hidden: Annotated[
        bool,
        param(
            "Norm in feed-forward",
            "Normalises the hidden layer of each feed-forward layer.",
            advanced=True,
        ),
    ] = False


def check_heads(config: SetNetConfig) -> None:
    """Refuse heads that do not divide the width.

    Raises:
        ConfigError: they do not.
    """
    if config.width % config.heads:
        raise ConfigError("heads", f"must divide the width, {config.width}, got {config.heads}")
