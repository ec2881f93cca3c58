"""Settings of a family: PFGM++."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    LogNormalMean,
    LogNormalStd,
    SmallestNoise,
)
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

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
    density_mean: LogNormalMean = -1.2
    density_std: LogNormalStd = 1.2
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False
