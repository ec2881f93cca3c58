"""Settings that every family with a critic has: one name, title and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated, Literal

from pushforward.models.config import param
from pushforward.models.training.optim import OptimizerConfig

__all__ = [
    "CentreSetting",
    "CriticOptimizer",
    "CriticSteps",
    "PenaltySetting",
    "PlaceSetting",
]

PenaltySetting = Annotated[
    float,
    param(
        "Penalty",
        "Weight of the gradient penalty of the critic. Prevents particles from circling the "
        "modes; 0 trains faster and less stably.",
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
        "Target norm of the critic's gradient: 0 for any loss, 1 for the Wasserstein loss "
        "(WGAN-GP), with a weight of 1 to 10.",
        low=0.0,
        high=100.0,
        advanced=True,
        live=True,
    ),
]
PlaceSetting = Annotated[
    Literal["between", "data", "particles"],
    param(
        "Penalty location",
        "Points at which the gradient is penalised.",
        choices={"between": "Between data and particles", "data": "Data", "particles": "Particles"},
        advanced=True,
        live=True,
    ),
]
CriticSteps = Annotated[
    int,
    param(
        "Critic steps",
        "Critic updates per move of the particles or the generator.",
        low=1,
        high=100,
        unit="steps",
        live=True,
    ),
]
CriticOptimizer = Annotated[OptimizerConfig, param("Critic's optimiser", "How the critic learns.")]
