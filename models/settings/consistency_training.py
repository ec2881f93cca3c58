"""Settings of a family: consistency training."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import (
    DensityMean,
    DensityStd,
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
)
from pushforward.models.fields.consistency import ConsistencyWeight
from pushforward.models.fields.consistency_schedule import CutName
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["ConsistencyTrainingConfig"]


class ConsistencyTrainingConfig(Config, frozen=True):
    """Settings of a consistency training. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    schedule: Annotated[
        CutName,
        param(
            "Schedule of levels",
            "How the number of levels grows: with the root of the step (CT), or by doubling (iCT).",
            choices={"root": "Rising (CT)", "doubling": "Doubled (iCT)", "constant": "The last"},
            aspect="loss",
        ),
    ] = "doubling"
    first: Annotated[
        int,
        param(
            "First levels",
            "Number of levels at the start of the training.",
            low=1,
            high=1000,
            log=True,
            depends=("schedule", ("root", "doubling")),
            aspect="loss",
        ),
    ] = 10
    last: Annotated[
        int,
        param(
            "Last levels",
            "Number of levels at the end of the training. More follow the ODE more closely, "
            "with a noisier loss.",
            low=2,
            high=10_000,
            log=True,
            aspect="loss",
        ),
    ] = 160
    distance: Annotated[
        Literal["l2", "pseudo-huber"],
        param(
            "Distance",
            "Distance between two predictions: squared (CT), or pseudo-Huber (iCT), which is "
            "less sensitive to outliers.",
            choices={"l2": "Squared (CT)", "pseudo-huber": "Pseudo-Huber (iCT)"},
            aspect="loss",
        ),
    ] = "pseudo-huber"
    huber: Annotated[
        float,
        param(
            "Huber constant",
            "Scale below which the pseudo-Huber distance is quadratic, per dimension.",
            above=0.0,
            high=10.0,
            log=True,
            depends=("distance", ("pseudo-huber",)),
            aspect="loss",
        ),
    ] = 0.03
    density: Annotated[
        Literal["even", "log-normal"],
        param(
            "Training levels",
            "Distribution of the noise levels in training: uniform (CT) or log-normal (iCT).",
            choices={"even": "All alike (CT)", "log-normal": "Log-normal (iCT)"},
            aspect="loss",
        ),
    ] = "log-normal"
    density_mean: DensityMean = -1.1
    density_std: DensityStd = 2.0
    weight: Annotated[
        ConsistencyWeight,
        param(
            "Loss weight",
            "Weight of each pair of adjacent levels in the loss.",
            choices={"even": "Even (CT)", "gap": "One over their distance (iCT)"},
            aspect="loss",
        ),
    ] = "gap"
    target: Annotated[
        float,
        param(
            "Target EMA",
            "Decay of the moving average that gives the target, at the first number of levels; "
            "0 uses the current weights (iCT).",
            low=0.0,
            below=1.0,
            aspect="loss",
        ),
    ] = 0.0
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False
