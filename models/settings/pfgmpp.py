"""Settings of a family: PFGM++."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
)
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["PfgmPlusPlusConfig"]


class PfgmPlusPlusConfig(Config, frozen=True):
    """Settings of PFGM++ in addition to those of EDM. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    dimensions: Annotated[
        int,
        param(
            "Extra dimensions D",
            "Number of extra dimensions D. Small values give heavy-tailed noise, which "
            "tolerates errors; large values approach diffusion.",
            low=1,
            high=1_000_000,
            log=True,
            aspect="path",
        ),
    ] = 128
    density_mean: Annotated[
        float,
        param(
            "P_mean (of ln s)", "Mean of ln σ over the training noise levels.", low=-6.0, high=6.0
        ),
    ] = -1.2
    density_std: Annotated[
        float,
        param(
            "P_std (of ln s)",
            "Standard deviation of ln σ over the training noise levels.",
            above=0.0,
            high=6.0,
        ),
    ] = 1.2
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which sampling uses; 0 for no average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False
