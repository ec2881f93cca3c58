"""Coverage and minimum matching distance of jets, by the energy mover's distance."""

from abc import abstractmethod
from typing import Annotated

import numpy as np
import torch

from pushforward.models.config import Config, param
from pushforward.models.metrics.jets.by_type import FEWEST, ByType, Jets
from pushforward.models.metrics.jets.movers import movers_distances
from pushforward.models.registry import metric
from pushforward.observables.jets.kinematics import Floats

__all__ = ["Coverage", "MatchingConfig", "MatchingDistance"]

_SOURCE = (
    "Achlioptas et al. 2018, arXiv:1707.02392, section 3; with the energy mover's distance: Kansal "
    "et al. 2021, arXiv:2106.11535, section 5"
)


class MatchingConfig(Config, frozen=True):
    """How many jets are matched."""

    drawn: Annotated[
        int,
        param(
            "Jets per batch",
            "Jets of each type per batch, drawn with replacement on each side; all pairs are "
            "compared. Values with different numbers cannot be compared. JetNet uses 100.",
            low=10,
            high=1000,
            log=True,
        ),
    ] = 100
    batches: Annotated[
        int,
        param(
            "Batches",
            "Number of batches; the value is their mean. A batch of 100 takes 3 seconds per "
            "type. JetNet uses 10.",
            low=1,
            high=100,
            log=True,
        ),
    ] = 1


class _Matching(ByType[MatchingConfig]):
    """What is between jets that are drawn from both sides, by the distance of each pair."""

    def _between(self, made: Jets, real: Jets, rng: torch.Generator) -> Floats:
        found = []
        for _ in range(self.config.batches):
            one, other = (
                jets.take(torch.randint(len(jets), (self.config.drawn,), generator=rng).numpy())
                for jets in (made, real)
            )
            found.append([self._compute(movers_distances(one, other))])
        return np.array(found)

    @abstractmethod
    def _compute(self, apart: Floats) -> float:
        """Return the figure of the distances between samples and real jets, (n, m)."""


@metric(
    "jet-coverage",
    title="Coverage (energy mover's distance)",
    summary="Fraction of unseen jets that are the nearest to some generated jet, among 100 "
    "random ones of each; mean over the types. Real jets reach little more than 0.5. "
    "Hardly separates good models.",
    source=_SOURCE,
    kinds=("jets",),
    better="higher",
    minimum=FEWEST,
    heavy=True,
    config=MatchingConfig,
)
class Coverage(_Matching):
    """The share of real jets that are the nearest of a sample."""

    def _compute(self, apart: Floats) -> float:
        return float(len(np.unique(apart.argmin(axis=1))) / apart.shape[1])


@metric(
    "jet-matching",
    title="Minimum matching distance (MMD, energy mover's)",
    summary="Mean energy mover's distance from an unseen jet to the nearest generated one, "
    "among 100 random ones of each; mean over the types. Hardly separates good models. "
    "Not the maximum mean discrepancy.",
    source=_SOURCE,
    kinds=("jets",),
    minimum=FEWEST,
    heavy=True,
    config=MatchingConfig,
)
class MatchingDistance(_Matching):
    """The mean over real jets of the distance to the nearest sample."""

    def _compute(self, apart: Floats) -> float:
        return float(apart.min(axis=0).mean())
