"""Settings of a family: truncated diffusion."""

from typing import Annotated

from pushforward.models.carriers.pair_settings import PairCount
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import (
    DisplaySetting,
    LogNormalMean,
    LogNormalStd,
    SmallestNoise,
)
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["TruncatedDiffusionConfig"]


class TruncatedDiffusionConfig(Config, frozen=True):
    """Settings of a truncated diffusion. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    start: Annotated[
        float,
        param(
            "Starting noise",
            "Noise level at which sampling starts. Errors of the starting distribution smaller "
            "than this are corrected, larger ones remain.",
            low=0.05,
            high=100.0,
            log=True,
            unit="data std",
            aspect="path",
        ),
    ] = 0.5
    pairs: PairCount = 10_000
    density_mean: LogNormalMean = -1.2
    density_std: LogNormalStd = 1.2
    s_min: SmallestNoise = 0.002
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False

    @property
    def s_max(self) -> float:
        """The largest noise that is learned and sampled."""
        return self.start
