"""The settings of a population: the same names and words in each family, so that values are carried
over where one is exchanged for another.
"""

from typing import Annotated

from pushforward.models.carriers.starts import StartName
from pushforward.models.config import param

__all__ = ["Noise", "PopulationSize", "Reach", "Speed", "StartLaw", "StartWidth"]

PopulationSize = Annotated[
    int,
    param(
        "Particles",
        "Number of particles. They are the samples; more cannot be generated later.",
        low=1,
        high=1_000_000,
        log=True,
    ),
]
StartLaw = Annotated[
    StartName,
    param(
        "Initial distribution",
        "Where the particles are before the first step.",
        choices={"gaussian": "Gaussian", "eight-gaussians": "Ring"},
    ),
]
StartWidth = Annotated[
    float,
    param(
        "Initial width",
        "Standard deviation of the initial distribution. If much wider than the data, some "
        "losses vanish in the outer regions.",
        above=0.0,
        high=100.0,
        unit="data std",
        advanced=True,
    ),
]
Speed = Annotated[
    float,
    param(
        "Speed",
        "Distance that a particle moves per step in a field of length 1.",
        above=0.0,
        high=1e4,
        log=True,
        live=True,
    ),
]
Noise = Annotated[
    float,
    param(
        "Noise",
        "Entropic noise: adds diffusion to the particles, which widens them.",
        low=0.0,
        high=100.0,
        zero="None",
        live=True,
    ),
]
Reach = Annotated[
    float,
    param(
        "Maximum move",
        "Maximum distance of a move along the field per step; keeps exploding fields harmless.",
        low=0.0,
        high=1e4,
        unit="data std",
        zero="Any",
        advanced=True,
        live=True,
    ),
]
