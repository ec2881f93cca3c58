"""Settings of a family: energy-based model."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.nets.settings import EnergyNet
from pushforward.models.settings.likelihood_terms import Restraint
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["EnergyBasedConfig"]


class EnergyBasedConfig(Config, frozen=True):
    """Settings of an energy-based model. Lengths are relative to standardised data."""

    energy: EnergyNet = Pick()
    walk: Annotated[
        int,
        param(
            "Langevin steps",
            "Langevin steps of the buffer between two training steps.",
            low=1,
            high=1000,
            log=True,
            live=True,
        ),
    ] = 20
    size: Annotated[
        float,
        param(
            "Step size",
            "Step size of the Langevin dynamics. Details below its square root are lost.",
            above=0.0,
            high=100.0,
            log=True,
            live=True,
        ),
    ] = 0.005
    temperature: Annotated[
        float,
        param(
            "Temperature",
            "Temperature of the Langevin noise. At 1 particles are samples of the model and −∇E "
            "is its score; lower is usual for images.",
            low=0.0,
            high=100.0,
            zero="No noise",
            live=True,
        ),
    ] = 1.0
    buffer: Annotated[
        int,
        param(
            "Replay buffer",
            "Number of particles that are kept from one training step to the next.",
            low=1,
            high=100_000,
            log=True,
        ),
    ] = 4096
    restarts: Annotated[
        float,
        param(
            "Restarts",
            "Fraction of the buffer that restarts from noise in each step.",
            low=0.0,
            high=1.0,
            live=True,
        ),
    ] = 0.05
    restraint: Restraint = 0.001
    steps: Annotated[
        int,
        param(
            "Sampling steps",
            "Langevin steps from noise to a sample.",
            low=1,
            high=10_000,
            log=True,
        ),
    ] = 200
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine", clip=1.0)
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False
