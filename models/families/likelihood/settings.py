"""Settings that several of these families have: one name, title and meaning everywhere."""

from typing import Annotated

from models.config import param
from models.contracts.learner import Line

__all__ = ["PRIOR", "DecoderNoise", "PriorCouplings", "Restraint"]

_MOST = 32  # couplings
PRIOR = (
    Line(formula="p(z) = N(z; 0, I)", only=("couplings", (0,))),
    Line(
        formula="p(z) = N(f(z); 0, I) |det ∂f/∂z|,  f affine couplings",
        source="Chen et al. 2017, arXiv:1611.02731, section 3.2",
        only=("couplings", tuple(range(1, _MOST + 1))),
    ),
)
"""What a training step says of the law of the highest latents z."""

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
