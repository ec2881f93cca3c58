"""Bits per dimension: how briefly a model could write unseen images down."""

import math
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.batch import Batch
from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.likelihood import LikelihoodConfig, LogLikelihood, mean_of
from pushforward.models.registry import metric

__all__ = ["BitsConfig", "BitsPerDimension"]


class BitsConfig(LikelihoodConfig, frozen=True):
    """How many images are looked at, and what pixels are."""

    rows: Annotated[
        int,
        param(
            "Images",
            "Number of unseen images. Each takes hundreds of network evaluations of a "
            "diffusion; the interval shrinks with their square root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 200
    levels: Annotated[
        int,
        param(
            "Grey levels",
            "Number of values of a pixel: 256 for 8 bits, 17 for the 8x8 digits. Values with "
            "different levels cannot be compared.",
            low=2,
            high=65_536,
            log=True,
        ),
    ] = 256


@metric(
    "bits-per-dimension",
    title="Bits per dimension",
    summary="Bits per pixel and channel to encode unseen images with the model; only for models "
    "with a density.",
    source="Theis et al. 2016, arXiv:1511.01844, section 3.1; Song et al. 2021, arXiv:2011.13456, "
    "eqs. 39-40",
    config=BitsConfig,
    kinds=("images",),
    needs=("likelihood",),
    unit="bits",
    bar_is="the Gaussian with mean and covariance of the training images",
    heavy=True,
)
class BitsPerDimension(LogLikelihood):
    """-E log2 p(x) / d as a metric, p of pixels spread evenly over the cell of their level.

    Pixels have levels, where a density may be as high as it likes; spread over the cells it bounds
    the probability of the levels.
    """

    config: BitsConfig
    by_law: ClassVar[bool] = False

    def prepared(self, rows: Batch, evidence: Evidence) -> Batch:
        u = torch.rand(rows.x.shape, generator=evidence.rng)
        return rows.holding(rows.x + (u - 0.5) / (self.config.levels - 1))

    def summarise(self, log_prob: Tensor, rows: Batch) -> Figure:
        d = rows.x[0].numel()
        cell = math.log2(self.config.levels - 1)
        return mean_of(cell - log_prob / (d * math.log(2.0)))
