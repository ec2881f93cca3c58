"""How near generated spectra are to real ones of the same class: angle, bands, two-sample test."""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, NoConfig, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scene_spectra import SpectrumDecoder, middle_of, spectral_angle
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric, subsample
from pushforward.models.metrics.checks import check_finite
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric

__all__ = [
    "BandStatistics",
    "SpectralAngle",
    "SpectralTwoSample",
    "SpectralTwoSampleConfig",
    "separate_by_kernel",
]

FEWEST = 20
"""Spectra of a class on each side, below which the class is left out."""
_RIDGE = 1e-2


class _ByClass:
    """Spectra of each class on both sides, (n, channels) or (n, bands)."""

    def __init__(self, evidence: Evidence, *, bands: bool) -> None:
        real = evidence.real
        if not isinstance(real, CubeSet):
            raise NotApplicable("it reads hyperspectral scenes")
        made, reference = evidence.samples, evidence.reference
        if LABEL not in made.given:
            raise NotApplicable("the samples have no class")
        check_finite(made.x)
        self.names = real.scene.names
        decoder = SpectrumDecoder(real.scene) if bands else None
        sides = [self._spectra(rows, decoder) for rows in (made, reference)]
        self.classes: dict[int, tuple[Tensor, Tensor]] = {}
        for index in range(len(self.names)):
            pair = [x[label == index] for x, label in sides]
            if min(map(len, pair)) >= FEWEST:
                self.classes[index] = (pair[0], pair[1])
        if not self.classes:
            raise NotApplicable(f"no class has {FEWEST} generated and {FEWEST} unseen spectra")
        self.n = sum(len(pair[0]) for pair in self.classes.values())

    @staticmethod
    def _spectra(rows: Batch, decoder: SpectrumDecoder | None) -> tuple[Tensor, Tensor]:
        x = middle_of(rows.x)
        return (x if decoder is None else decoder.decode(x)), rows.given[LABEL].long()


class _PerClass(SampleMetric[NoConfig]):
    """A mean over classes, each of which is a part."""

    def measure(self, evidence: Evidence) -> Figure:
        sides = _ByClass(evidence, bands=True)
        found = {sides.names[i]: self.compare(*pair) for i, pair in sides.classes.items()}
        return Figure(sum(found.values()) / len(found), n=sides.n, parts=found)

    @abstractmethod
    def compare(self, made: Tensor, real: Tensor) -> float:
        """Return the value of a class, from spectra (n, bands) and (m, bands)."""


@metric(
    "spectral-angle",
    title="Spectral angle",
    summary="Angle between the mean spectra of generated and unseen pixels of a class, averaged "
    "over the classes. It ignores brightness, and a Gaussian of each class passes it.",
    source="Kruse et al. 1993, doi:10.1016/0034-4257(93)90013-N, eq. 1",
    kinds=("cubes",),
    unit="°",
    minimum=FEWEST,
)
class SpectralAngle(_PerClass):
    """Between the means of a class."""

    def compare(self, made: Tensor, real: Tensor) -> float:
        return spectral_angle(made.mean(dim=0), real.mean(dim=0))


@metric(
    "band-statistics",
    title="Band statistics",
    summary="Difference of mean and of standard deviation in each band, in standard deviations of "
    "the unseen pixels of the class, averaged over bands and classes.",
    source="by definition",
    kinds=("cubes",),
    unit="SD",
    minimum=FEWEST,
)
class BandStatistics(_PerClass):
    """Mean over the bands of (|mean gap| + |sd gap|) / (2 sd)."""

    def compare(self, made: Tensor, real: Tensor) -> float:
        sd = real.std(dim=0).clamp_min(1e-9)
        gap = (made.mean(dim=0) - real.mean(dim=0)).abs() + (made.std(dim=0) - sd).abs()
        return float((gap / (2.0 * sd)).mean())


class SpectralTwoSampleConfig(Config, frozen=True):
    """How much the classifier is given."""

    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of spectra of a class on each side. Values with different numbers "
            "cannot be compared.",
            low=2 * FEWEST,
            high=4000,
            log=True,
        ),
    ] = 400


@metric(
    "spectral-two-sample",
    title="Spectral two-sample test",
    summary="Accuracy of a kernel classifier that separates generated from unseen spectra of the "
    "same class: 0.5 if indistinguishable, 1 if separable. Half of each side trains it.",
    source="Lopez-Paz and Oquab 2017, arXiv:1610.06545, section 3",
    config=SpectralTwoSampleConfig,
    kinds=("cubes",),
    minimum=2 * FEWEST,
    heavy=True,
)
class SpectralTwoSample(SampleMetric[SpectralTwoSampleConfig]):
    """Accuracy over all classes, in the whitened input of models."""

    def measure(self, evidence: Evidence) -> Figure:
        sides = _ByClass(evidence, bands=False)
        spec = evidence.real.spec()
        middle = spec.mean.shape[1] // 2
        mean, std = (each[:, middle, middle] for each in (spec.mean, spec.std))
        right, total, parts = 0, 0, {}
        for index, pair in sides.classes.items():
            n = min(self.config.most, *map(len, pair))
            made, real = (subsample((x - mean) / std, n, evidence.rng) for x in pair)
            hits = separate_by_kernel(made, real, evidence.rng)
            parts[sides.names[index]] = float(hits.double().mean())
            right, total = right + int(hits.sum()), total + len(hits)
        value = right / total
        return Figure(value, *wilson(value, total), n=sides.n, parts=parts)


def separate_by_kernel(made: Tensor, real: Tensor, rng: torch.Generator) -> Tensor:
    """Return which of the held-out halves of two sets of as many rows (n, d) a kernel classifier
    puts on the right side, bool: regularised least squares with a Gaussian kernel of the median
    distance (Rifkin, Yeo and Poggio 2003, Nato Science Series 190, section 7.3).
    """
    n, half = len(made), len(made) // 2
    made, real = (x[torch.randperm(n, generator=rng)].double() for x in (made, real))
    train = torch.cat([made[:half], real[:half]])
    test = torch.cat([made[half:], real[half:]])
    sign = torch.tensor([1.0, -1.0], dtype=torch.float64)
    squares = torch.cdist(train, train).square()
    width = squares[squares > 0].median() if bool((squares > 0).any()) else torch.ones(())
    kernel = torch.exp(-squares / width)
    system = kernel + _RIDGE * half * torch.eye(2 * half, dtype=torch.float64)
    weights = torch.linalg.solve(system, sign.repeat_interleave(half))
    scores = torch.exp(-torch.cdist(test, train).square() / width) @ weights
    right: Tensor = (scores > 0) == (sign.repeat_interleave(n - half) > 0)
    return right
