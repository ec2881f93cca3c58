"""Settings of a family: truncated diffusion."""

from typing import Annotated

from pushforward.models.carriers.pair_settings import PairCount
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import DisplaySetting, SmallestNoise
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

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

    @property
    def s_max(self) -> float:
        """The largest noise that is learned and sampled."""
        return self.start
