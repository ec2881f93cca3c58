"""Sliced Wasserstein distances: the average of one-dimensional ones over fixed directions."""

import math
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check
from pushforward.models.registry import metric
from pushforward.models.tensors import make_generator

__all__ = ["SlicedConfig", "SlicedW1", "SlicedW2", "directions", "sliced_wasserstein"]

# Fixed for good: figures of different runs, and of a run and its floor, use the same directions.
_SEED = 64


class SlicedConfig(Config, frozen=True):
    """How many directions."""

    directions: Annotated[
        int,
        param(
            "Directions",
            "Number of fixed directions; more reduce the variance and cost time.",
            low=1,
            high=4096,
            log=True,
            advanced=True,
        ),
    ] = 64


def directions(count: int, dim: int) -> Tensor:
    """Return fixed unit vectors (count, dim), uniform on the sphere."""
    v = torch.randn((count, dim), generator=make_generator(_SEED))
    return torch.nn.functional.normalize(v, dim=1)


def sliced_wasserstein(samples: Tensor, reference: Tensor, p: int, count: int = 64) -> float:
    """Return (mean over directions of W_p^p)^(1/p) between samples (n, d) and reference (m, d).

    In one dimension W_p^p is the integral of |F^-1 - G^-1|^p over the levels, exact here for any
    n and m (Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3, eqs. 3 and 8).
    """
    check(samples, reference, minimum=1)
    slope = directions(count, samples.shape[1]).to(samples)
    a = (slope @ samples.T).sort(dim=1).values
    b = (slope @ reference.to(samples).T).sort(dim=1).values
    if a.shape == b.shape:
        cost = (a - b).abs().pow(p).mean()
    else:
        i, j, width = _levels(a.shape[1], b.shape[1])
        cost = ((a[:, i] - b[:, j]).abs().pow(p) * width.to(a)).sum(dim=1).mean()
    return math.pow(float(cost), 1.0 / p)


def _levels(n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cut [0, 1] at every i/n and j/m: which sorted value is above each piece, and its length.

    In whole numbers of 1/(nm), so that shared cuts coincide exactly.
    """
    cuts = torch.cat([m * torch.arange(n + 1), n * torch.arange(1, m)]).sort().values
    left, width = cuts[:-1], cuts.diff()
    return left // m, left // n, width.double() / (n * m)


class _Sliced(SampleMetric[SlicedConfig]):
    p: ClassVar[int]

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.sides()
        return Figure(sliced_wasserstein(made, real, self.p, self.config.directions), n=len(made))


@metric(
    "sliced-w2",
    title="Sliced W2",
    summary="Root mean square Wasserstein-2 distance over fixed directions.",
    source="Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3, eq. 8",
    config=SlicedConfig,
    kinds=("points",),
    unit="data units",
)
class SlicedW2(_Sliced):
    """Sliced W2 as a metric."""

    p = 2


@metric(
    "sliced-w1",
    title="Sliced W1",
    summary="Wasserstein-1 distance averaged over fixed directions; less sensitive to outliers "
    "than W2.",
    source="Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3, eq. 8 with p = 1",
    config=SlicedConfig,
    kinds=("points",),
    unit="data units",
)
class SlicedW1(_Sliced):
    """Sliced W1 as a metric."""

    p = 1
