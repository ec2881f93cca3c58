"""FPD and KPD: how far apart two samples of jets are in 36 energy flow polynomials.

Both are those of Kansal et al. 2023, arXiv:2211.10295: the features are the polynomials of at most
four edges, each over its largest value in real jets. The Fréchet physics distance is that of two
Gaussians, the kernel physics distance the unbiased MMD^2 of a polynomial kernel. A few jets of the
tail decide both: they are to be reported, no line is to be drawn by them.
"""

import math
from collections.abc import Generator
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.intervals import CONFIDENT
from pushforward.models.metrics.jets.by_type import (
    FEWEST,
    ByType,
    DrawingConfig,
    Jets,
    draws,
    types_of,
)
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.metrics.samples.unbiased import KernelSums, unbiased_mmd2
from pushforward.models.registry import metric
from pushforward.observables.jets.energy_flow import all_polynomials
from pushforward.observables.jets.kinematics import Floats

__all__ = [
    "FPD",
    "KPD",
    "FPDConfig",
    "extrapolated",
    "features",
    "polynomial_mmd2",
    "polynomial_sums",
]

_SOURCE = "Kansal et al. 2023, arXiv:2211.10295, section III ({name}), as in jetnet 0.2.5"
_DEGREE = 4
_ROWS = 2048  # of a kernel, at once
_SIZES, _REPEATS = 10, 20


class FPDConfig(Config, frozen=True):
    """How the distance is estimated."""

    estimate: Annotated[
        Literal["all", "extrapolated"],
        param(
            "Estimate",
            "The plain distance is biased by about 1/n. JetNet extrapolates batches of several "
            "sizes to infinite n, which needs about 20,000 jets of a type.",
            choices={"all": "of all jets", "extrapolated": "extrapolated to infinitely many"},
            advanced=True,
        ),
    ] = "all"
    least: Annotated[
        int,
        param(
            "Minimum batch",
            "Jets in the smallest batch.",
            low=100,
            high=200_000,
            log=True,
            depends=("estimate", ("extrapolated",)),
            advanced=True,
        ),
    ] = 20_000
    most: Annotated[
        int,
        param(
            "Maximum batch",
            "Jets in the largest batch; the sizes between are uniform in 1/n.",
            low=200,
            high=200_000,
            log=True,
            depends=("estimate", ("extrapolated",)),
            advanced=True,
        ),
    ] = 50_000

    def __post_init__(self) -> None:
        if self.least >= self.most:
            raise ValueError(
                f"least: the smallest batch ({self.least:,}) must be below the largest "
                f"({self.most:,})"
            )


def features(made: Jets, real: Jets) -> tuple[Tensor, Tensor]:
    """Return the features of samples (n, 36) and of real jets (m, 36)."""
    one, other = (all_polynomials(jets.angles, jets.share) for jets in (made, real))
    return normalised(one, other)


def normalised(made: Floats, real: Floats) -> tuple[Tensor, Tensor]:
    """Return features over their largest size in real data; those that are 0 there stay."""
    largest = np.abs(real).max(axis=0)
    largest[largest == 0.0] = 1.0
    return torch.from_numpy(made / largest), torch.from_numpy(real / largest)


def extrapolated(made: Tensor, real: Tensor, least: int, most: int, rng: torch.Generator) -> float:
    """Return the Fréchet distance at infinitely many data: where a line in 1/N meets 0, fitted by
    least squares to the mean distances of 20 pairs of batches of each of 10 sizes N; neither its
    height nor its slope may be below 0 (Chong and Forsyth 2020, arXiv:1911.07023, for the FID).
    """
    from scipy.optimize import nnls  # late: nobody's start waits for it

    sizes = (1.0 / np.linspace(1.0 / least, 1.0 / most, _SIZES)).astype(int)
    means = []
    for size in sizes.tolist():
        found = []
        for _ in range(_REPEATS):
            one, other = (x[torch.randint(len(x), (size,), generator=rng)] for x in (made, real))
            found.append(frechet_distance(one, other))
        means.append(np.mean(found))
    (height, _), _ = nnls(np.stack([np.ones(_SIZES), 1.0 / sizes], axis=1), np.array(means))
    return float(height)


def polynomial_mmd2(made: Tensor, real: Tensor) -> float:
    """Return the unbiased MMD^2 between features (n, d) and (m, d) of the kernel (x y / d + 1)^4
    (Gretton et al. 2012, JMLR 13, eq. 3); 0 on average between real and real, and at times below.
    """
    return unbiased_mmd2(polynomial_sums(made, real))[0]


def polynomial_sums(made: Tensor, real: Tensor) -> KernelSums:
    """Return the row sums of the kernel of `polynomial_mmd2`."""
    within = [_sums(x, x) - _kernel((x * x).sum(dim=1), x) for x in (made, real)]
    return KernelSums(within[0], within[1], _sums(made, real), _sums(real, made))


def _sums(left: Tensor, right: Tensor) -> Tensor:
    """Return the sum of the kernel over all of ``right``, for each of ``left``."""
    blocks = (left[start : start + _ROWS] for start in range(0, len(left), _ROWS))
    return torch.cat([_kernel(rows @ right.T, left).sum(dim=1) for rows in blocks])


def _kernel(products: Tensor, x: Tensor) -> Tensor:
    return (products / x.shape[1] + 1.0) ** _DEGREE


@metric(
    "fpd",
    title="Fréchet physics distance (FPD)",
    summary="Fréchet distance of 36 energy flow polynomials of generated and unseen jets; mean "
    "over the types. Dominated by a few jets of the tail and biased by their number: "
    "report it with its noise floor.",
    source=_SOURCE.format(name="FPD"),
    kinds=("jets",),
    minimum=FEWEST,
    config=FPDConfig,
)
class FPD(ByType[FPDConfig]):
    """The Fréchet distance in energy flow polynomials."""

    def _between(self, made: Jets, real: Jets, rng: torch.Generator) -> Floats:
        one, other = features(made, real)
        if self.config.estimate == "all":
            return np.array([[frechet_distance(one, other)]])
        least, most = self.config.least, self.config.most
        return np.array([[extrapolated(one, other, least, most, rng)]])


@metric(
    "kpd",
    title="Kernel physics distance (KPD)",
    summary="Squared maximum mean discrepancy, unbiased, with a polynomial kernel on 36 energy "
    "flow polynomials of generated and unseen jets; mean over the types. Its noise "
    "floor is 0 on average, so it may be negative. JetNet uses the median over 10 "
    "batches of 5,000.",
    source=_SOURCE.format(name="KPD"),
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class KPD(ByType[DrawingConfig]):
    """The MMD^2 of a polynomial kernel in energy flow polynomials; of batches their median."""

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        if self.config.drawn:
            return (yield from super().walk(evidence))
        found = {}
        for name, made, real in types_of(evidence):
            found[name] = unbiased_mmd2(polynomial_sums(*features(made, real)))
            yield
        value = sum(each for each, _ in found.values()) / len(found)
        # Types are independent: the error of their mean adds up in squares.
        reach = CONFIDENT * math.hypot(*(error for _, error in found.values())) / len(found)
        parts = {name: each for name, (each, _) in found.items()}
        return Figure(value, value - reach, value + reach, len(evidence.samples), parts)

    def _between(self, made: Jets, real: Jets, rng: torch.Generator) -> Floats:
        one, other = features(made, real)
        if not self.config.drawn:
            return np.array([[polynomial_mmd2(one, other)]])
        drawn = draws(self.config, made, real, rng)
        return np.array([[polynomial_mmd2(one[left], other[right])] for left, right in drawn])

    def _middle(self, values: Floats) -> Floats:
        return np.asarray(np.median(values, axis=0))
