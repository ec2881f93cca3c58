"""Settings of a family: Discriminator Flow."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.fields.adversarial import LossSetting
from pushforward.models.fields.critic_settings import CentreSetting, PenaltySetting, PlaceSetting
from pushforward.models.fields.rescalings import RescalingSetting, ShiftSetting
from pushforward.models.nets.settings import CriticNet
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["DiscriminatorFlowConfig"]


class DiscriminatorFlowConfig(Config, frozen=True):
    """Settings of a Discriminator Flow. Lengths are relative to standardised data."""

    critic: CriticNet = Pick(config={"activation": "leaky-relu"})
    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "non-saturated"
    shift: ShiftSetting = 0.0
    steps: Annotated[
        int,
        param(
            "Flow steps",
            "Number of Euler steps from the prior to the data. The cost of a training step "
            "grows with it.",
            low=1,
            high=1024,
            unit="steps",
            log=True,
        ),
    ] = 28
    speed: Annotated[
        float,
        param(
            "Speed",
            "Distance that a particle moves along the whole flow in a field of length 1.",
            above=0.0,
            high=1e4,
            unit="data std",
            log=True,
            live=True,
        ),
    ] = 2.0
    stop: Annotated[
        int,
        param(
            "Stop after",
            "Sampling may stop after fewer steps; a quarter is often enough.",
            low=0,
            high=1024,
            unit="steps",
            zero="All",
            live=True,
        ),
    ] = 0
    noise: Annotated[
        float,
        param(
            "Noise",
            "Variance of the noise added along the whole flow (entropic regularisation). Widens "
            "the samples.",
            low=0.0,
            high=100.0,
            unit="variance",
            zero="None",
            live=True,
        ),
    ] = 0.0
    penalty: PenaltySetting = 0.03
    centre: CentreSetting = 0.0
    place: PlaceSetting = "between"
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the critic, which moves the samples; 0 for no average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99
    conditional: ConditionalSetting = False
