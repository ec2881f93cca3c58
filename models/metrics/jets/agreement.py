"""Whether generated jets are what they were asked to be: their pT and mass compared with the
conditions.

Nothing forces a model of constituents to satisfy them. The conditions are pT and mass of a whole
jet, but only the hardest constituents are generated; those of real jets do not sum to them either.
The reference is therefore the value of real jets with their own conditions, and no model reaches 0.
"""

from abc import abstractmethod

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.jets import masses
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.jets.by_type import FEWEST, check_momenta, each_type
from pushforward.models.registry import metric

__all__ = ["MassCorrelation", "MassError", "PtError"]

_BAR = "real against real, each jet under its own conditions: what is lost with all constituents "
_BAR += "but the hardest, for which a cloud has places"
_SOURCE = "Leigh et al. 2023, arXiv:2307.06836, whose conditions these are; the figure is ours"


class _ByType(SampleMetric[NoConfig]):
    """A figure of each type of jets, and their mean."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        made = evidence.samples
        check_momenta(made.x)
        types = each_type(made, evidence.real.spec().given[LABEL].names).items()
        parts = {name: self._figure(rows) for name, rows in types if len(rows) >= FEWEST}
        if not parts:
            raise NotApplicable(f"it needs {FEWEST} jets of some type")
        return Figure(sum(parts.values()) / len(parts), n=len(made), parts=parts)

    @abstractmethod
    def _figure(self, rows: Batch) -> float:
        """Return the figure of jets of one type."""


def _mask(rows: Batch) -> Tensor:
    return rows.x.new_ones(rows.x.shape[:2]).bool() if rows.mask is None else rows.mask


@metric(
    "mass-correlation",
    title="Correlation with the requested mass",
    summary="Correlation between the masses of generated jets and the requested ones, within a "
    "type; mean over the types. 0 if the condition is ignored; below 0.6 is poor.",
    source=_SOURCE,
    kinds=("jets",),
    bar_is=_BAR,
    better="higher",
    minimum=FEWEST,
)
class MassCorrelation(_ByType):
    """Pearson's correlation."""

    def _figure(self, rows: Batch) -> float:
        both = torch.stack([masses(rows.x, _mask(rows)), rows.given["mass"]])
        # A mass that never changes follows nothing.
        return float(torch.corrcoef(both)[0, 1].nan_to_num(0.0))


@metric(
    "mass-error",
    title="Mass error",
    summary="Mean difference between the mass of a generated jet and the requested one; mean "
    "over the types. Real jets have an error, too: the request uses all constituents, "
    "the jet only the hardest.",
    source=_SOURCE,
    kinds=("jets",),
    bar_is=_BAR,
    unit="GeV",
    minimum=FEWEST,
)
class MassError(_ByType):
    """Mean absolute error."""

    def _figure(self, rows: Batch) -> float:
        return float((masses(rows.x, _mask(rows)) - rows.given["mass"]).abs().mean())


@metric(
    "pt-error",
    title="pT error",
    summary="Mean relative difference between the total pT of a generated jet and the requested "
    "one; mean over the types. Real jets have an error, too, as their softest "
    "constituents are cut.",
    source=_SOURCE,
    kinds=("jets",),
    bar_is=_BAR,
    unit="of pT",
    minimum=FEWEST,
)
class PtError(_ByType):
    """Mean absolute error of the sum."""

    def _figure(self, rows: Batch) -> float:
        total = (torch.expm1(rows.x[..., 2]).clamp_min(0.0) * _mask(rows)).double().sum(dim=1)
        return float((total / rows.given["pt"] - 1.0).abs().mean())
