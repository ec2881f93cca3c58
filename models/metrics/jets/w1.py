"""Transport distances of what physicists look at first: jet masses, and momenta of constituents."""

from abc import abstractmethod

import torch
from torch import Tensor

from models.config import NoConfig
from models.contracts.batch import Batch
from models.contracts.spec import LABEL
from models.kinds.jets import masses
from models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from models.metrics.samples.sliced import sliced_wasserstein
from models.registry import metric

__all__ = ["W1Constituents", "W1Mass", "W1Momentum"]

_SOURCE = (
    "Kansal et al. 2021, arXiv:2106.11535, section 4 ({name}), on all jets at once in the place of "
    "bootstrapped batches, and over the types apart"
)
_FEWEST = 20  # jets of a type


class _ByType(SampleMetric[NoConfig]):
    """The mean over the types of jets, and over some numbers, of the W1 distance of each number."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.samples, evidence.reference
        names = evidence.real.spec().given[LABEL].names
        parts: dict[str, float] = {}
        for index, name in enumerate(names):
            sides = [rows.take(rows.given[LABEL] == index) for rows in (made, real)]
            if min(map(len, sides)) < _FEWEST:
                continue
            left, right = (self._numbers(rows) for rows in sides)
            # In one dimension the one direction is up or down, and the distance exact.
            apart = [
                sliced_wasserstein(left[:, [k]], right[:, [k]], 1, 1) for k in range(left.shape[1])
            ]
            parts[name] = sum(apart) / len(apart)
        if not parts:
            raise NotApplicable(f"it needs {_FEWEST} jets of some type on each side")
        return Figure(sum(parts.values()) / len(parts), n=len(made), parts=parts)

    @abstractmethod
    def _numbers(self, rows: Batch) -> Tensor:
        """Return the numbers that are compared, (m, k): k of each jet, or of each constituent."""


def _mask(rows: Batch) -> Tensor:
    return rows.x.new_ones(rows.x.shape[:2]).bool() if rows.mask is None else rows.mask


def _shares(rows: Batch) -> Tensor:
    """Return the pT of each place over that of the jet, (n, N)."""
    return torch.expm1(rows.x[..., 2]).clamp_min(0.0) / rows.given["pt"][:, None]


@metric(
    "w1-jet-mass",
    title="W1 of the jet mass (W1M)",
    summary="Transport distance between the masses of generated and unseen jets, each over the pT "
    "of its jet; the mean over the types. Papers give it in thousandths.",
    source=_SOURCE.format(name="W1M"),
    kinds=("jets",),
    unit="of pT",
    minimum=_FEWEST,
)
class W1Mass(_ByType):
    """W1 of the mass of the constituents over the jet's pT."""

    def _numbers(self, rows: Batch) -> Tensor:
        return (masses(rows.x, _mask(rows)) / rows.given["pt"])[:, None]


@metric(
    "w1-constituent-pt",
    title="W1 of the constituents' pT",
    summary="Transport distance between the pT of the constituents of generated and unseen jets, "
    "each over the pT of its jet; the mean over the types. It is the part of W1P that is of pT.",
    source=_SOURCE.format(name="of W1P the part of pT"),
    kinds=("jets",),
    unit="of pT",
    minimum=_FEWEST,
)
class W1Momentum(_ByType):
    """W1 of the pT of a constituent over the jet's pT."""

    def _numbers(self, rows: Batch) -> Tensor:
        return _shares(rows)[_mask(rows)][:, None]


@metric(
    "w1-constituents",
    title="W1 of the constituents (W1P)",
    summary="Transport distances between the constituents of generated and unseen jets, of eta and "
    "phi from the axis and of pT over that of the jet; the mean of the three, and over the types. "
    "Papers give it in thousandths.",
    source=_SOURCE.format(name="W1P"),
    kinds=("jets",),
    minimum=_FEWEST,
)
class W1Constituents(_ByType):
    """W1 of eta, phi and relative pT of a constituent, their mean."""

    def _numbers(self, rows: Batch) -> Tensor:
        return torch.cat([rows.x[..., :2], _shares(rows)[..., None]], dim=2)[_mask(rows)]
