"""The settings of a population: the same names and words in each family, so that values are carried
over where one is exchanged for another.
"""

from typing import Annotated

from models.carriers.starts import StartName
from models.config import param

__all__ = ["Noise", "PopulationSize", "Reach", "Speed", "StartLaw", "StartWidth"]

PopulationSize = Annotated[
    int,
    param(
        "Particles",
        "How many free particles there are. They are the samples: no more can be drawn later.",
        low=1,
        high=1_000_000,
        log=True,
    ),
]
StartLaw = Annotated[
    StartName,
    param(
        "Start",
        "Where the particles are before the first step.",
        choices={"gaussian": "Gaussian", "eight-gaussians": "Ring"},
    ),
]
StartWidth = Annotated[
    float,
    param(
        "Start width",
        "How wide the start is. Much wider than the data, and there are places with far more "
        "particles than data: some losses vanish there.",
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
        "How far a particle goes in a step along the field, for a field of length 1.",
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
        "Entropic noise: the particles also wander, which spreads them wider than the data.",
        low=0.0,
        high=100.0,
        zero="None",
        live=True,
    ),
]
Reach = Annotated[
    float,
    param(
        "Longest move",
        "No particle goes further than this along the field in a step, whatever the field says: an "
        "exploding one keeps its direction and does no harm.",
        low=0.0,
        high=1e4,
        unit="data std",
        zero="Any",
        advanced=True,
        live=True,
    ),
]
