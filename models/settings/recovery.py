"""Settings of a family: recovery likelihood."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.nets.settings import EnergyNet
from pushforward.models.settings.likelihood_terms import Restraint
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["RecoveryLikelihoodConfig"]


class RecoveryLikelihoodConfig(Config, frozen=True):
    """Settings of a diffusion recovery likelihood. Lengths are relative to standardised data."""

    energy: EnergyNet = Pick()
    levels: Annotated[
        int, param("Levels", "Number of noise levels.", low=1, high=100, log=True)
    ] = 6
    walk: Annotated[
        int,
        param(
            "Langevin steps",
            "Langevin steps per level, in training and in sampling.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 30
    size: Annotated[
        float,
        param(
            "Step size",
            "Langevin step size in units of the width of the conditional distribution.",
            above=0.0,
            high=1.0,
            live=True,
        ),
    ] = 0.4
    restraint: Restraint = 0.001
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine", clip=1.0)
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False
