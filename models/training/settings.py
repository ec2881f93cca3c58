"""Settings of families that learn, wherever they lie: one name, title and meaning everywhere."""

from typing import Annotated

from models.config import param

__all__ = ["Averaging", "Beta", "LatentNumbers"]

Averaging = Annotated[
    float,
    param(
        "Averaging",
        "Decay of the averaged weights that everything but the training uses.",
        low=0.0,
        below=1.0,
        zero="None",
    ),
]
LatentNumbers = Annotated[
    int,
    param("Latent size", "Numbers that a datum is made from.", low=1, high=4096, log=True),
]
Beta = Annotated[
    float,
    param(
        "Beta",
        "Weight of the divergence of the latents from their prior; only at 1 is the loss a bound "
        "of the likelihood. More gives smoother latents and vaguer data.",
        low=0.0,
        high=1000.0,
        live=True,
    ),
]
