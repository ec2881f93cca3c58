"""The settings that networks for sets share: one name and meaning in each of them."""

from typing import Annotated, Literal

from models.config import Config, ConfigError, param

__all__ = ["Encoding", "SetNetConfig", "check_heads"]


Encoding = Annotated[
    Literal["fourier", "log-cosine", "cosine"],
    param(
        "Noise level",
        "How it is told the noise level: by sines and cosines of its logarithm, by cosines of "
        "it that are even in that, or by cosines of the level itself, as PC-Droid.",
        choices={
            "fourier": "Fourier features of ln s",
            "log-cosine": "16 cosines of ln s",
            "cosine": "16 cosines of s (PC-Droid)",
        },
        advanced=True,
    ),
]
"""How a network is told the noise level, as a setting."""


class SetNetConfig(Config, frozen=True):
    """Size and make of a network for sets."""

    width: Annotated[
        int,
        param("Width", "Numbers that each place is thought of in.", low=8, high=1024, log=True),
    ] = 64
    layers: Annotated[
        int, param("Layers", "Blocks of attention and feed-forward.", low=1, high=24)
    ] = 4
    heads: Annotated[
        int,
        param("Heads", "Looks in so many ways at once; must divide the width.", low=1, high=32),
    ] = 4
    feedforward: Annotated[
        int,
        param(
            "Feed-forward",
            "How many times the width the hidden layer of each feed-forward has.",
            low=1,
            high=8,
            advanced=True,
        ),
    ] = 2
    nonlinearity: Annotated[
        Literal["silu", "leaky-relu", "gelu", "relu"],
        param(
            "Activation",
            "Nonlinearity of each feed-forward.",
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
            "In and out",
            "How places enter and leave: by one linear layer each, or by a small network each that "
            "is told the context, as in PC-Droid.",
            choices={"linear": "Linear layers", "network": "Small networks"},
            advanced=True,
        ),
    ] = "linear"
    context: Annotated[
        int,
        param(
            "Context",
            "In how many numbers a small network sums up the noise level and what is given.",
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
            "Whether what attention gathers is normalised before its last projection.",
            advanced=True,
        ),
    ] = False
    norm_hidden: Annotated[
        bool,
        param(
            "Norm when hidden",
            "Whether the hidden layer of each feed-forward is normalised.",
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
