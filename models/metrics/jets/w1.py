"""Transport distances in one dimension: between masses of jets, and between their constituents."""

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.metrics.jets.by_type import (
    CLAMPED,
    FEWEST,
    ByType,
    DrawingConfig,
    Jets,
    draws,
)
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.registry import metric
from pushforward.observables.jets.kinematics import Floats, masses

__all__ = ["W1Constituents", "W1Mass", "W1Momentum", "W1Of", "w1"]

_SOURCE = "Kansal et al. 2021, arXiv:2106.11535, section 5 ({name})"


def w1(left: Floats, right: Floats) -> float:
    """Return the transport distance between numbers (n,) and others (m,), exact for any n and m."""
    # In one dimension the one direction is up or down.
    one, other = (torch.from_numpy(side)[:, None] for side in (left, right))
    return sliced_wasserstein(one, other, 1, 1)


class W1Of(ByType[DrawingConfig]):
    """The W1 distances of the variables of jets, and their mean."""

    def _between(self, made: Jets, real: Jets, rng: torch.Generator) -> Floats:
        one, other = self._numbers(made), self._numbers(real)
        if not self.config.drawn:
            return _w1_by_number(one, other, made.there, real.there)[None]
        found = []
        for left, right in draws(self.config, made, real, rng):
            there = made.there[left], real.there[right]
            found.append(_w1_by_number(one[left], other[right], *there))
        return np.stack(found)

    @abstractmethod
    def _numbers(self, jets: Jets) -> Floats:
        """Return the numbers that are compared: k of each constituent, (n, N, k), or of each jet,
        (n, k).
        """


def _w1_by_number(
    one: Floats, other: Floats, there: NDArray[np.bool_], elsewhere: NDArray[np.bool_]
) -> Floats:
    """Return W1 of each of k numbers; of constituents only those that are there."""
    if one.ndim == 3:
        one, other = one[there], other[elsewhere]
    if not min(len(one), len(other)):
        raise ArithmeticError("no jet of a side has a constituent")
    return np.array([w1(one[:, k], other[:, k]) for k in range(one.shape[1])])


@metric(
    "w1-jet-mass",
    title="W1 of the jet mass (W1M)",
    summary="Transport distance between the masses of generated and unseen jets, each over the pT "
    "of its jet; the mean over the types. Papers give it in thousandths. " + CLAMPED,
    source=_SOURCE.format(name="W1M"),
    kinds=("jets",),
    unit="of pT",
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Mass(W1Of):
    """W1 of the mass of the constituents over the jet's pT."""

    def _numbers(self, jets: Jets) -> Floats:
        return (masses(jets.angles, jets.pt) / jets.scale)[:, None]


@metric(
    "w1-constituent-pt",
    title="W1 of the constituents' pT",
    summary="Wasserstein-1 distance between the relative pT of constituents of generated and "
    "unseen jets; mean over the types. The pT part of W1P.",
    source=_SOURCE.format(name="of W1P the part of pT"),
    kinds=("jets",),
    unit="of pT",
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Momentum(W1Of):
    """W1 of the pT of a constituent over the jet's pT."""

    def _numbers(self, jets: Jets) -> Floats:
        return jets.share[..., None]


@metric(
    "w1-constituents",
    title="W1 of the constituents (W1P)",
    summary="Transport distances between the constituents of generated and unseen jets, of eta and "
    "phi from the axis and of pT over that of the jet; the mean of the three, and over the types. "
    "Papers give it in thousandths. " + CLAMPED,
    source=_SOURCE.format(name="W1P"),
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Constituents(W1Of):
    """W1 of eta, phi and relative pT of a constituent, their mean."""

    def _numbers(self, jets: Jets) -> Floats:
        return np.concatenate([jets.angles, jets.share[..., None]], axis=2, dtype=np.float64)
