"""Settings of a family: score flow."""

from typing import Annotated

from pushforward.models.carriers.population_settings import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    StartWidth,
)
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.fields.difference_settings import (
    HighLevel,
    LevelRho,
    LowLevel,
    ScoreOptimizer,
    ScoreSteps,
    TeacherLevels,
    TeacherOptimizer,
    TeacherShare,
    WarmStart,
    WeightData,
    WeightGen,
)
from pushforward.models.nets.settings import ScoreNet
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["ScoreFlowConfig"]


class ScoreFlowConfig(Config, frozen=True):
    """Settings of a score flow. Lengths and levels are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    start_width: StartWidth = 1.0
    teacher_share: TeacherShare = 0.5
    score_steps: ScoreSteps = 5
    speed: Speed = 0.1
    noise: Noise = 0.0
    reach: Reach = 1.0
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    warm_start: WarmStart = True
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    pairs: Annotated[
        int,
        param(
            "Noise pairs",
            "Number of antithetic noise pairs over which a move is averaged, shared by all "
            "particles. More reduce the variance and cost more.",
            low=1,
            high=256,
            advanced=True,
        ),
    ] = 4
    net: ScoreNet = Pick()
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    teacher_levels: TeacherLevels = "log-normal"
    conditional: ConditionalSetting = False
