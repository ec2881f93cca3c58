"""Settings that several of these families have: one name, title and meaning everywhere."""

from typing import Annotated

from pushforward.models.config import param

__all__ = ["DecoderNoise", "PriorCouplings", "Restraint"]

_MOST = 32  # couplings

Restraint = Annotated[
    float,
    param(
        "Energy decay",
        "Weight of the squared energies, which keeps them bounded.",
        low=0.0,
        high=100.0,
        zero="None",
        live=True,
    ),
]
DecoderNoise = Annotated[
    bool,
    param(
        "Observation noise",
        "Adds the decoder's Gaussian noise to samples. Without it they are clean, but are not "
        "samples of the model.",
        advanced=True,
    ),
]
PriorCouplings = Annotated[
    int,
    param(
        "Prior layers",
        "Affine coupling layers from N(0, I) to the top latents, conditioned on the class if "
        "the decoder is. A Gaussian prior also samples between separated clusters; this one "
        "does not.",
        low=0,
        high=_MOST,
        zero="N(0, I)",
    ),
]
