"""Settings of families that learn, wherever they lie: one name, title and meaning everywhere."""

from typing import Annotated

from pushforward.models.config import param

__all__ = ["Averaging", "Beta", "ClassifyingAverage", "LatentNumbers", "SamplingAverage"]

Averaging = Annotated[
    float,
    param(
        "EMA decay",
        "Decay of the moving average of the weights, which evaluation and sampling use.",
        low=0.0,
        below=1.0,
        zero="None",
    ),
]
LatentNumbers = Annotated[
    int,
    param("Latent size", "Number of latents of a sample.", low=1, high=4096, log=True),
]
Beta = Annotated[
    float,
    param(
        "β",
        "Weight of the KL divergence of the latents from the prior. At 1 the loss is the "
        "likelihood bound; more gives smoother latents and blurrier data.",
        low=0.0,
        high=1000.0,
        live=True,
    ),
]
SamplingAverage = Annotated[
    float,
    param(
        "EMA decay",
        "Decay of the moving average of the weights, which sampling uses; 0 for no average.",
        low=0.0,
        below=1.0,
    ),
]
ClassifyingAverage = Annotated[
    float,
    param(
        "EMA decay",
        "Decay of the moving average of the weights, which classification uses.",
        low=0.0,
        below=1.0,
    ),
]
