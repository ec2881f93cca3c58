"""Settings of a family: MolGAN."""

from typing import Annotated, Literal

from pushforward.models.carriers.adversarial_family import AdversarialSettings
from pushforward.models.carriers.generator_settings import (
    LatentSize,
)
from pushforward.models.config import param
from pushforward.models.fields.adversarial import LossSetting
from pushforward.models.fields.critic_settings import (
    CriticSteps,
    PenaltySetting,
)
from pushforward.models.nets.graphs.drawn_bits import Bits
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["MolGanConfig"]


class MolGanConfig(AdversarialSettings, frozen=True):
    """Settings of MolGAN."""

    bits: Annotated[
        Bits,
        param(
            "Pairs",
            "What the critic receives for a pair: a sampled edge, with a relaxed gradient, or "
            "its probability, which reveals generated graphs.",
            choices={
                "straight-through": "Sampled (straight-through)",
                "gumbel": "Relaxed (Gumbel)",
                "soft": "Probabilities",
            },
        ),
    ] = "straight-through"
    temperature: Annotated[
        float,
        param(
            "Temperature",
            "Temperature of the relaxed edge samples for the gradient: lower is less biased "
            "with more variance.",
            above=0.0,
            high=10.0,
            log=True,
        ),
    ] = 1.0
    wish: Annotated[
        Literal["none", "connected"],
        param(
            "Reward weight",
            "Property that graphs are rewarded for, in addition to resembling the data. A "
            "network learns to predict it and the generator maximises it.",
            choices={"none": "None", "connected": "To hang together"},
        ),
    ] = "none"
    reward: Annotated[
        float,
        param(
            "Reward weight",
            "Weight of the reward relative to the critic.",
            low=0.0,
            high=1e3,
            zero="Nothing",
            live=True,
        ),
    ] = 1.0
    loss: LossSetting = "ipm"
    penalty: PenaltySetting = 1.0
    critic_steps: CriticSteps = 2
    latent: LatentSize = 32
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns, and the reward.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
