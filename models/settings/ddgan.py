"""Settings of a family: denoising diffusion GAN."""

from typing import Annotated

from pushforward.models.carriers.generator_settings import GeneratorAveraging, GeneratorOptimizer
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.fields.adversarial import (
    LossSetting,
)
from pushforward.models.fields.critic_settings import PenaltySetting
from pushforward.models.fields.rescalings import RescalingSetting
from pushforward.models.nets.settings import CriticNet
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["DenoisingGanConfig"]


class DenoisingGanConfig(Config, frozen=True):
    """Settings of a denoising diffusion GAN."""

    levels: Annotated[
        int, param("Diffusion steps", "Number of denoising steps.", low=1, high=32)
    ] = 4
    latent: Annotated[
        int,
        param(
            "Latent size",
            "Number of latents of the generator; for images, channels. They select among the "
            "possible denoised samples.",
            low=1,
            high=256,
            log=True,
        ),
    ] = 4
    generator: Annotated[
        Pick,
        param(
            "Generator", "Network that predicts the denoised sample.", of="network", role="denoiser"
        ),
    ] = Pick()
    critic: CriticNet = Pick(config={"activation": "leaky-relu"})
    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "non-saturated"
    penalty: PenaltySetting = 0.05
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: GeneratorAveraging = 0.99
    conditional: ConditionalSetting = False
