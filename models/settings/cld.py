"""Settings of a family: critically damped Langevin diffusion (CLD)."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["CldConfig"]


class CldConfig(Config, frozen=True):
    """Settings of a critically damped Langevin diffusion."""

    net: DenoiserNet = Pick()
    prediction: Annotated[
        Literal["mixed", "noise"],
        param(
            "Prediction",
            "What the network predicts: the noise of the velocities, or only its non-Gaussian "
            "part. Errors of the former are not damped and accumulate.",
            choices={"mixed": "What is not Gaussian (mixed score)", "noise": "Noise"},
            aspect="prediction",
        ),
    ] = "mixed"
    steps: Annotated[
        int,
        param(
            "Steps",
            "Number of Heun steps from noise to data, denser near the data.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 30
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    conditional: ConditionalSetting = False
