"""Settings of a family: a representation."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import EncoderNet
from pushforward.models.representation.latent_views import LatentViews
from pushforward.models.representation.pixel_views import PixelViews
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["RepresentationConfig"]


Objective = Literal[
    "nt-xent", "supcon", "alignment-uniformity", "vicreg", "inverter", "autoencoder"
]


class RepresentationConfig(Config, frozen=True):
    """Settings of a representation."""

    objective: Annotated[
        Objective,
        param(
            "Objective",
            "What the encoder minimises. NT-Xent and SupCon compare views; the inverter predicts "
            "the latent, the autoencoder the sample.",
            choices={
                "nt-xent": "NT-Xent (SimCLR)",
                "supcon": "SupCon (uses classes)",
                "alignment-uniformity": "Alignment + uniformity",
                "vicreg": "VICReg",
                "inverter": "Inverter (predict z)",
                "autoencoder": "Autoencoder",
            },
            aspect="loss",
        ),
    ] = "nt-xent"
    temperature: Annotated[
        float,
        param(
            "Temperature τ",
            "Divides the similarities. Smaller values stress the hardest negatives.",
            above=0.0,
            high=10.0,
            depends=("objective", ("nt-xent", "supcon")),
        ),
    ] = 0.5
    latent: Annotated[
        LatentViews, param("Latent views", "Second views from neighbouring latents of the source.")
    ] = LatentViews()
    pixels: Annotated[
        PixelViews,
        param("Pixel views", "Random changes of the pixels of both views, of data on a grid."),
    ] = PixelViews()
    noise: Annotated[
        float,
        param(
            "View noise on the data",
            "Standard deviation of noise that is added to both views, in units of the data's. For "
            "data without pixel views.",
            low=0.0,
            high=10.0,
            zero="none",
            advanced=True,
        ),
    ] = 0.0
    anchors: Annotated[
        int,
        param(
            "Frozen anchors",
            "Number of latents that are drawn once and used again; 0 draws new ones for every "
            "batch. Use a frozen set where generating takes long.",
            low=0,
            high=1_000_000,
            zero="online",
            log=True,
        ),
    ] = 0
    real_share: Annotated[
        float,
        param(
            "Share of real data",
            "Fraction of the anchors that are real samples, with pixel views only. Without a "
            "source all are.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.0
    solver_steps: Annotated[
        int,
        param(
            "Solver steps",
            "Steps from noise to sample, of a source that is a diffusion or a flow.",
            low=1,
            high=1000,
            log=True,
            advanced=True,
        ),
    ] = 6
    net: EncoderNet = Pick(config={"width": 8})
    features: Annotated[
        int, param("Features", "Numbers of the representation.", low=2, high=4096, log=True)
    ] = 64
    projection: Annotated[
        int,
        param(
            "Projection",
            "Outputs of the head that the loss reads; the head is dropped after the training.",
            low=2,
            high=4096,
            log=True,
            advanced=True,
        ),
    ] = 64
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=1e-2, weight_decay=1e-4, schedule="cosine"
    )
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which the representation uses.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.9
