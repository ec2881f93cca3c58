"""Distances between generated and real jet variables: Wasserstein for numbers, frequencies for
counts.
"""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.kinds.jet_variables import conditions_of
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
)
from pushforward.models.metrics.jets.by_type import FEWEST, each_type
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.registry import metric

__all__ = ["VARIABLES", "ConstituentsTv", "W1Variables", "by_type", "tv", "w1"]

VARIABLES = {"pt": "pT", "mass": "mass", "eta": "eta"}
"""The numbers of a jet that are no counts, and what they are called."""


def by_type(made: Batch, real: Batch, names: tuple[str, ...]) -> dict[str, tuple[Batch, Batch]]:
    """Return the jets of each type on both sides, in the units of the data; of types that one of
    them has few of, none.

    Raises:
        NotApplicable: that leaves nothing.
        ArithmeticError: a number is not finite.
    """
    for rows in (made, real):
        check_finite(rows.x)
    left, right = each_type(made, names), each_type(real, names)
    found = {
        name: (left[name], right[name])
        for name in names
        if min(len(left[name]), len(right[name])) >= FEWEST
    }
    if not found:
        raise NotApplicable(f"it needs {FEWEST} jets of some type on each side")
    return found


def w1(made: Batch, real: Batch) -> dict[str, float]:
    """Return the transport distance of each of `VARIABLES`, in GeV for pT and mass."""
    left, right = conditions_of(made), conditions_of(real)
    # In one dimension the one direction is up or down, and the distance exact.
    return {
        name: sliced_wasserstein(left[name][:, None], right[name][:, None], 1, 1)
        for name in VARIABLES
    }


def tv(made: Batch, real: Batch) -> float:
    """Return the total variation distance between the laws of the number of constituents:
    half the sum of |p - q|.
    """
    left, right = (_shares(conditions_of(rows)[SIZE]) for rows in (made, real))
    most = max(len(left), len(right))
    padded = [torch.nn.functional.pad(each, (0, most - len(each))) for each in (left, right)]
    return float(0.5 * (padded[0] - padded[1]).abs().sum())


def _shares(size: Tensor) -> Tensor:
    return torch.bincount(size.clamp_min(0)).double() / len(size)


@metric(
    "w1-jet-variables",
    title="W1 of the jet variables",
    summary="Wasserstein-1 distances of pT, mass and η between generated and unseen jets, in "
    "standard deviations of the type; the mean of the three, and over the types.",
    source="Ramdas et al. 2017, arXiv:1509.02237 (in one dimension), by type",
    kinds=("jet-variables",),
    unit="deviations",
    minimum=FEWEST,
)
class W1Variables(SampleMetric[NoConfig]):
    """The mean over types and variables; the parts are the variables."""

    def measure(self, evidence: Evidence) -> Figure:
        names = evidence.real.spec().given[LABEL].names
        sides = by_type(evidence.samples, evidence.reference, names).values()
        parts = dict.fromkeys(VARIABLES.values(), 0.0)
        for made, real in sides:
            known = conditions_of(real)
            for name, apart in w1(made, real).items():
                spread = float(known[name].std().clamp_min(1e-12))
                parts[VARIABLES[name]] += apart / spread / len(sides)
        mean = sum(parts.values()) / len(parts)
        return Figure(mean, n=len(evidence.samples), parts=parts)


@metric(
    "constituents-tv",
    title="TV of the constituents",
    summary="Total variation of the number of constituents: half the sum of the differences "
    "between the shares that generated and unseen jets of each number have; 0 for the same law, 1 "
    "for laws that share nothing. The mean over the types.",
    source="Levin and Peres 2017, Markov Chains and Mixing Times, proposition 4.2",
    kinds=("jet-variables",),
    minimum=FEWEST,
)
class ConstituentsTv(SampleMetric[NoConfig]):
    """The mean over the types, which are its parts."""

    def measure(self, evidence: Evidence) -> Figure:
        names = evidence.real.spec().given[LABEL].names
        sides = by_type(evidence.samples, evidence.reference, names)
        parts = {name: tv(made, real) for name, (made, real) in sides.items()}
        return Figure(sum(parts.values()) / len(parts), n=len(evidence.samples), parts=parts)
