"""Settings that every family with a difference of scores has: one name and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated, Literal

from pushforward.models.config import param
from pushforward.models.training.optim import OptimizerConfig

__all__ = [
    "HighLevel",
    "LevelRho",
    "LowLevel",
    "ScoreOptimizer",
    "ScoreSteps",
    "TeacherLevels",
    "TeacherOptimizer",
    "TeacherShare",
    "WarmStart",
    "WeightData",
    "WeightGen",
]

ScoreSteps = Annotated[
    int,
    param(
        "Score steps",
        "Updates of the particles' score per move of the particles. Too few, and the score lags "
        "behind.",
        low=1,
        high=100,
        unit="steps",
        live=True,
    ),
]
WeightData = Annotated[
    float,
    param(
        "Data weight",
        "Weight of the data score, which attracts particles to the data.",
        low=0.0,
        high=100.0,
        live=True,
    ),
]
WeightGen = Annotated[
    float,
    param(
        "Particle weight",
        "Weight of the particles' score, which repels them from each other. Below the data "
        "weight samples are too narrow, above too wide.",
        low=0.0,
        high=100.0,
        live=True,
    ),
]
LowLevel = Annotated[
    float,
    param(
        "Minimum noise",
        "Minimum noise level at which the scores are compared. Lower shows more detail with "
        "more variance; too low for images, and early samples get no useful gradient.",
        low=1e-3,
        high=10.0,
        unit="data std",
        log=True,
        advanced=True,
    ),
]
HighLevel = Annotated[
    float,
    param(
        "Maximum noise",
        "Maximum noise level at which the scores are compared. It must span the gaps between "
        "modes.",
        low=0.1,
        high=1000.0,
        unit="data std",
        log=True,
        advanced=True,
    ),
]
LevelRho = Annotated[
    float,
    param(
        "Rho",
        "Spacing of the noise levels: larger values sample more low ones.",
        low=1.0,
        high=100.0,
        advanced=True,
    ),
]
TeacherShare = Annotated[
    float,
    param(
        "Teacher's share",
        "Fraction of the training spent on the score of the data, before particles move.",
        above=0.0,
        high=0.95,
    ),
]
TeacherLevels = Annotated[
    Literal["log-normal", "log-uniform"],
    param(
        "Teacher's noise levels",
        "Noise levels of the teacher's training: EDM's log-normal, with few above 1, or "
        "log-uniform over the compared range. Use log-uniform if that range is high; otherwise "
        "modes may get wrong weights.",
        choices={"log-normal": "Log-normal (EDM)", "log-uniform": "Uniform log-SNR"},
        advanced=True,
    ),
]
WarmStart = Annotated[
    bool,
    param(
        "Warm start",
        "Initialises the particles' score as a copy of the data score.",
        advanced=True,
    ),
]
TeacherOptimizer = Annotated[
    OptimizerConfig, param("Teacher's optimiser", "How the score of the data is learned.")
]
ScoreOptimizer = Annotated[
    OptimizerConfig, param("Score's optimiser", "How the particles' own score is learned.")
]
