"""Settings of a family: consistency distillation."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.denoisers.level_settings import DisplaySetting, LargestNoise, SmallestNoise
from pushforward.models.fields.consistency import ConsistencyWeight, TeacherStep
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["ConsistencyDistillationConfig"]


class ConsistencyDistillationConfig(Config, frozen=True):
    """Settings of a consistency distillation. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    levels: Annotated[
        int,
        param(
            "Levels",
            "Number of noise levels into which the teacher's trajectories are divided. More "
            "follow its ODE more closely and take longer to train.",
            low=2,
            high=1000,
            log=True,
        ),
    ] = 18
    teacher_steps: Annotated[
        int,
        param(
            "Steps between levels",
            "Teacher steps from each level to the next lower one. More allow fewer levels at "
            "the same accuracy; each costs time.",
            low=1,
            high=100,
            log=True,
        ),
    ] = 1
    solver: Annotated[
        TeacherStep,
        param(
            "Teacher's step",
            "Solver of the teacher's steps. Heun and DPM-2 take two network evaluations per step.",
            choices={"heun": "Heun", "dpm-2": "DPM-2 (PC-Droid)", "euler": "Euler"},
            advanced=True,
        ),
    ] = "heun"
    weight: Annotated[
        ConsistencyWeight,
        param(
            "Loss weight",
            "Weight of each pair of adjacent levels in the loss.",
            choices={"even": "Even", "gap": "One over their distance"},
            aspect="loss",
        ),
    ] = "even"
    target: Annotated[
        float,
        param(
            "Target EMA",
            "Decay of the moving average of the weights that gives the target; 0 uses the "
            "current weights.",
            low=0.0,
            below=1.0,
            aspect="loss",
        ),
    ] = 0.95
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    teacher_share: Annotated[
        float,
        param(
            "Teacher's share",
            "Fraction of the training spent on the teacher, if you choose none.",
            above=0.0,
            high=0.95,
        ),
    ] = 0.6
    teacher_optimizer: Annotated[
        OptimizerConfig,
        param("Optimiser of the lesson", "How a teacher that is not chosen learns."),
    ] = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    display: DisplaySetting = "variance-preserving"
