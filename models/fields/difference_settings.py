"""Settings that every family with a difference of scores has: one name and meaning everywhere.

What a person has set for one family is carried over to another by these names.
"""

from typing import Annotated, Literal

from models.config import param
from models.training.optim import OptimizerConfig

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
        "The particles' own score learns at every step; what it moves, moves once in so many. Too "
        "few, and it chases a score that is no longer theirs.",
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
        "How much the score of the data counts: particles are drawn to where data are dense.",
        low=0.0,
        high=100.0,
        live=True,
    ),
]
WeightGen = Annotated[
    float,
    param(
        "Particle weight",
        "How much the particles' own score counts: they are pushed away from where they are dense. "
        "Less than the other weight narrows what is made, more widens it.",
        low=0.0,
        high=100.0,
        live=True,
    ),
]
LowLevel = Annotated[
    float,
    param(
        "Lowest noise",
        "The smallest noise at which the scores are compared. Lower shows more detail and is "
        "noisier. Too low for images, and the first ones of a generator are so far from all data "
        "that no learned score knows the way.",
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
        "Highest noise",
        "The largest noise at which the scores are compared. It must reach over the gaps between "
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
        "How the noise levels are spread: larger values draw more of the low ones.",
        low=1.0,
        high=100.0,
        advanced=True,
    ),
]
TeacherShare = Annotated[
    float,
    param(
        "Teacher share",
        "Part of the training that teaches the score of the data, before anything moves.",
        above=0.0,
        high=0.95,
    ),
]
TeacherLevels = Annotated[
    Literal["log-normal", "log-uniform"],
    param(
        "Teacher's levels",
        "At which noise levels the teacher learns: EDM's, of which few lie above 1, or evenly in "
        "their logarithm from the lowest to the highest at which the scores are compared. Where "
        "these are high, a teacher that saw few of them has each mode at a share of its own.",
        choices={"log-normal": "Log-normal (EDM)", "log-uniform": "Uniform log-SNR"},
        advanced=True,
    ),
]
WarmStart = Annotated[
    bool,
    param(
        "Warm start",
        "The particles' own score begins as a copy of the score of the data.",
        advanced=True,
    ),
]
TeacherOptimizer = Annotated[
    OptimizerConfig, param("Teacher's optimiser", "How the score of the data is learned.")
]
ScoreOptimizer = Annotated[
    OptimizerConfig, param("Score's optimiser", "How the particles' own score is learned.")
]
