"""Settings that every family with a critic has: one name, title and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated, Literal

from models.config import param

__all__ = ["CentreSetting", "CriticSteps", "PenaltySetting", "PlaceSetting"]

PenaltySetting = Annotated[
    float,
    param(
        "Penalty",
        "Weight of the penalty on the critic's slope. It keeps particles from circling the modes; "
        "without it training is faster and less steady.",
        low=0.0,
        high=1e4,
        zero="None",
        live=True,
    ),
]
CentreSetting = Annotated[
    float,
    param(
        "Penalty centre",
        "The slope that the penalty pulls to: 0 calms any loss, 1 is the classic choice for the "
        "Wasserstein loss (WGAN-GP), with a weight of 1 to 10.",
        low=0.0,
        high=100.0,
        advanced=True,
        live=True,
    ),
]
PlaceSetting = Annotated[
    Literal["between", "data", "particles"],
    param(
        "Penalty at",
        "Where the slope is penalised.",
        choices={"between": "Between data and particles", "data": "Data", "particles": "Particles"},
        advanced=True,
        live=True,
    ),
]
CriticSteps = Annotated[
    int,
    param(
        "Critic steps",
        "The critic learns at every step; what it moves, moves once in so many.",
        low=1,
        high=100,
        unit="steps",
        live=True,
    ),
]
