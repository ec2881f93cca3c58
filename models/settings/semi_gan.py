"""Settings of a family: semi-supervised GAN."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import EncoderNet
from pushforward.models.nets.spectra.discriminator import PatchConfig
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import ClassifyingAverage

__all__ = ["SemiGanConfig"]


class SemiGanConfig(Config, frozen=True):
    """Settings of a semi-supervised GAN."""

    net: EncoderNet = Pick(slug="patch-discriminator")
    generator: Annotated[
        PatchConfig, param("Generator", "Network that maps latents to windows.")
    ] = PatchConfig()
    latent: Annotated[
        int, param("Latent size", "Number of values of a latent.", low=1, high=1024)
    ] = 32
    form: Annotated[
        Literal["implicit", "explicit"],
        param(
            "Class of generated data",
            "Implicit: one logit for each class, and 0 for generated data. Explicit: one more "
            "logit. Both describe the same distributions.",
            choices={"implicit": "Implicit (K logits)", "explicit": "Explicit (K + 1 logits)"},
        ),
    ] = "implicit"
    generator_loss: Annotated[
        Literal["feature-matching", "ordinary"],
        param(
            "Generator loss",
            "Feature matching compares the mean features of generated and unlabelled data; the "
            "ordinary loss maximises log p(real).",
            choices={"feature-matching": "Feature matching", "ordinary": "Ordinary"},
        ),
    ] = "feature-matching"
    fakes: Annotated[
        Literal["generator", "shuffled"],
        param(
            "Generated data",
            "A generator, or no generator at all: unlabelled data with each channel shuffled over "
            "the batch. If that is as good, the generator earns nothing.",
            choices={"generator": "By the generator", "shuffled": "Shuffled channels (null model)"},
        ),
    ] = "generator"
    unlabelled: Annotated[
        float,
        param(
            "Unlabelled weight",
            "Weight of the loss on unlabelled and generated data.",
            low=0.0,
            high=100.0,
            zero="supervised only",
        ),
    ] = 0.2
    noise: Annotated[
        float,
        param(
            "Noise",
            "Standard deviation of noise added to all windows, in units of the data's.",
            low=0.0,
            high=10.0,
            zero="none",
        ),
    ] = 0.1
    optimizer: NetworkOptimizer = OptimizerConfig(kind="adam", lr=3e-3, schedule="cosine")
    generator_optimizer: Annotated[
        OptimizerConfig, param("Optimiser of the generator", "How the generator learns.")
    ] = OptimizerConfig(kind="adam", lr=1e-3, beta1=0.5)
    ema: ClassifyingAverage = 0.99
