"""Bits per dimension of models that bound their density: how briefly they could write images down,
at most.
"""

from pushforward.models.metrics.bound import LogLikelihoodBound
from pushforward.models.metrics.images.bits import BitsConfig, BitsPerDimension
from pushforward.models.registry import metric

__all__ = ["BitsBound"]


@metric(
    "bits-bound",
    title="Bits per dimension, bound",
    summary="Upper bound on the bits per pixel and channel of unseen images, for "
    "latent-variable models. Includes the gap of the bound.",
    source="Kingma et al. 2021, arXiv:2107.00630, section 4; Theis et al. 2016, arXiv:1511.01844, "
    "section 3.1",
    config=BitsConfig,
    kinds=("images",),
    needs=("bound",),
    unit="bits",
    bar_is="the Gaussian with mean and covariance of the training images",
    heavy=True,
)
class BitsBound(BitsPerDimension, LogLikelihoodBound):
    """As `BitsPerDimension`, of a lower bound of log p(x): an upper one of the bits."""
