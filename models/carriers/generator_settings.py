"""Settings that every family with a generator has: one name, title and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import GeneratorNet
from pushforward.models.training.optim import OptimizerConfig

__all__ = [
    "FollowSpeed",
    "FollowSteps",
    "GeneratorAveraging",
    "GeneratorOptimizer",
    "GeneratorSettings",
    "LatentSize",
]

FollowSteps = Annotated[
    int,
    param(
        "Generator steps",
        "Optimiser steps of the generator per velocity field. One follows the field; more "
        "regress to where the particles would move.",
        low=1,
        high=1000,
        unit="steps",
        advanced=True,
        live=True,
    ),
]
FollowSpeed = Annotated[
    float,
    param(
        "Speed",
        "Length of the move to which several generator steps regress.",
        above=0.0,
        high=1e4,
        log=True,
        advanced=True,
        live=True,
    ),
]
LatentSize = Annotated[
    int,
    param("Latent size", "Number of latents of a sample.", low=1, high=4096, log=True),
]
GeneratorOptimizer = Annotated[
    OptimizerConfig, param("Generator's optimiser", "How the generator follows.")
]
GeneratorAveraging = Annotated[
    float,
    param(
        "EMA decay",
        "Decay of the moving average of the generator, which samples.",
        low=0.0,
        below=1.0,
        zero="None",
    ),
]


class GeneratorSettings(Config, frozen=True):
    """Settings of a family whose carrier is a generator."""

    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: LatentSize = 16
    generator: GeneratorNet = Pick()
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: GeneratorAveraging = 0.99
