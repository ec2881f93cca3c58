"""Exact Wasserstein-2 distance between point clouds."""

import math
import warnings
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check, subsample
from pushforward.models.registry import metric

__all__ = ["ExactW2", "ExactW2Config", "exact_w2"]


_ITERATIONS = 10_000_000


class ExactW2Config(Config, frozen=True):
    """How many points are matched."""

    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of samples on each side: more are subsampled at random, as the cost "
            "is cubic. Values with different numbers cannot be compared: the noise floor falls "
            "with the number.",
            low=10,
            high=10_000,
            log=True,
            unit="samples",
        ),
    ] = 1000


def exact_w2(samples: Tensor, reference: Tensor) -> float:
    """Return W2 between the empirical laws of samples (n, d) and reference (m, d).

    The square root of the cheapest transport plan for squared distances, by the network simplex
    method (Bonneel et al. 2011, doi:10.1145/2070781.2024192, as in POT).

    Raises:
        ValueError: not two (n, d) arrays of the same d, or one is empty.
        ArithmeticError: a number is not finite, or the solver found no best plan.
    """
    import ot

    check(samples, reference, minimum=1)
    a, b = samples.cpu().double(), reference.cpu().double()
    # Exact differences: POT's own `dist` expands the square and loses digits.
    cost = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square_().numpy()
    if not np.isfinite(cost).all():
        raise ArithmeticError("points are too far apart: their squared distance is not finite")
    # Where it finds no plan POT warns, and returns a cost of 0.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        squared, log = ot.emd2([], [], cost, numItermax=_ITERATIONS, log=True)
    if log["warning"]:
        raise ArithmeticError(f"no best matching was found: {log['warning']}")
    return math.sqrt(max(float(squared), 0.0))


@metric(
    "exact-w2",
    title="Exact W2",
    summary="Wasserstein-2 distance by exact optimal transport, on at most 1,000 points by "
    "default.",
    source="Villani 2009, Optimal Transport, def. 6.1; solver doi:10.1145/2070781.2024192",
    config=ExactW2Config,
    kinds=("points",),
    unit="data units",
)
class ExactW2(SampleMetric[ExactW2Config]):
    """Exact W2 on at most ``most`` points a side as a metric."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = (subsample(x, self.config.most, evidence.rng) for x in evidence.sides())
        return Figure(exact_w2(made, real), n=len(made))
