"""Settings that several of these families have: one name, title and meaning everywhere."""

from typing import Annotated

from models.config import param

__all__ = ["DecoderNoise", "PriorCouplings", "Restraint"]

_MOST = 32  # couplings

Restraint = Annotated[
    float,
    param(
        "Energy decay",
        "Weight of the square of the energies, which keeps them from running away together.",
        low=0.0,
        high=100.0,
        zero="None",
        live=True,
    ),
]
DecoderNoise = Annotated[
    bool,
    param(
        "Noise of the decoder",
        "Whether samples have the noise that the model says data have around what the decoder "
        "makes. Without it they are clean, and no draws from the model.",
        advanced=True,
    ),
]
PriorCouplings = Annotated[
    int,
    param(
        "Layers of the prior",
        "Affine couplings between N(0, I) and the highest latents, told the class where the "
        "decoder is. They learn where latents lie: of data of a few far kinds one Gaussian also "
        "draws from between these, where there are no data.",
        low=0,
        high=_MOST,
        zero="N(0, I)",
    ),
]
