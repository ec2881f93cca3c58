"""Settings that every family with a generator has: one name, title and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated

from models.config import param
from models.training.optim import OptimizerConfig

__all__ = [
    "FollowSpeed",
    "FollowSteps",
    "GeneratorAveraging",
    "GeneratorOptimizer",
    "LatentSize",
]

FollowSteps = Annotated[
    int,
    param(
        "Follow steps",
        "Steps that the generator makes each time it follows. One is a step along the field; more "
        "are a regression to where the particles would go.",
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
        "How far along the field the goal is that several steps of the generator regress to.",
        above=0.0,
        high=1e4,
        log=True,
        advanced=True,
        live=True,
    ),
]
LatentSize = Annotated[
    int,
    param("Latent size", "Numbers that a particle is made from.", low=1, high=4096, log=True),
]
GeneratorOptimizer = Annotated[
    OptimizerConfig, param("Generator's optimiser", "How the generator follows.")
]
GeneratorAveraging = Annotated[
    float,
    param(
        "Averaging",
        "Decay of the averaged generator that makes the samples.",
        low=0.0,
        below=1.0,
        zero="None",
    ),
]
