"""Transport distances of what physicists look at first: jet masses, and momenta of constituents."""

from abc import abstractmethod

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.kinds.jets import masses
from models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from models.metrics.samples.sliced import sliced_wasserstein
from models.registry import NoConfig, metric

__all__ = ["W1Mass", "W1Momentum"]

_SOURCE = (
    "Kansal et al. 2021, arXiv:2106.11535, section 4 (W1M, W1P), without the bootstrap, over the "
    "types apart"
)
_FEWEST = 20  # jets of a type


class _ByType(SampleMetric[NoConfig]):
    """The mean over the types of jets of the W1 distance of a number that each jet has."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.samples, evidence.reference
        names = evidence.real.spec().given["label"].names
        parts: dict[str, float] = {}
        for index, name in enumerate(names):
            sides = [rows.take(rows.given["label"] == index) for rows in (made, real)]
            if min(map(len, sides)) < _FEWEST:
                continue
            # In one dimension the one direction is up or down, and the distance exact.
            left, right = (self._numbers(rows)[:, None] for rows in sides)
            parts[name] = sliced_wasserstein(left, right, 1, 1)
        if not parts:
            raise NotApplicable(f"it needs {_FEWEST} jets of some type on each side")
        return Figure(sum(parts.values()) / len(parts), n=len(made), parts=parts)

    @abstractmethod
    def _numbers(self, rows: Batch) -> Tensor:
        """Return the numbers that are compared, (m,)."""


def _mask(rows: Batch) -> Tensor:
    return rows.x.new_ones(rows.x.shape[:2]).bool() if rows.mask is None else rows.mask


@metric(
    "w1-jet-mass",
    title="W1 of the jet mass",
    summary="Transport distance between the masses of generated and unseen jets, as shares of "
    "their pT, the mean over the types.",
    source=_SOURCE,
    kinds=("jets",),
    unit="of pT",
    minimum=_FEWEST,
)
class W1Mass(_ByType):
    """W1 of the mass of the constituents over the jet's pT."""

    def _numbers(self, rows: Batch) -> Tensor:
        return masses(rows.x, _mask(rows)) / rows.given["pt"]


@metric(
    "w1-constituent-pt",
    title="W1 of the constituents' pT",
    summary="Transport distance between the momenta of constituents of generated and unseen jets, "
    "as shares of the jet's pT, the mean over the types.",
    source=_SOURCE,
    kinds=("jets",),
    unit="of pT",
    minimum=_FEWEST,
)
class W1Momentum(_ByType):
    """W1 of the pT of a constituent over the jet's pT."""

    def _numbers(self, rows: Batch) -> Tensor:
        share = torch.expm1(rows.x[..., 2]).clamp_min(0.0) / rows.given["pt"][:, None]
        return share[_mask(rows)]
