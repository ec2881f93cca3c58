"""Which of the known modes of a data set the samples have found, and how evenly."""

from typing import Annotated

import torch
from torch import Tensor

from models.config import Config, param
from models.kinds.points import PointSet
from models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from models.registry import metric

__all__ = ["ModeConfig", "ModeCoverage", "mode_masses", "share_near"]


class ModeConfig(Config, frozen=True):
    """When a mode counts as found."""

    share: Annotated[
        float,
        param(
            "Found from",
            "A mode counts as found if it holds at least this part of the mass that it has in the "
            "reference.",
            above=0.0,
            high=1.0,
        ),
    ] = 0.25


def _nearest(x: Tensor, points: PointSet) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distance of x (n, d) to its nearest mode (n,), which it is, and the modes."""
    if points.modes is None:
        raise NotApplicable("mode coverage needs a data set whose modes are known")
    modes = points.modes.to(x)
    distance, index = torch.cdist(x, modes, compute_mode="donot_use_mm_for_euclid_dist").min(dim=1)
    return distance, index, modes


def mode_masses(x: Tensor, points: PointSet, *, within: bool = False) -> Tensor:
    """Return the share of x (n, d) that is nearest to each mode, (k,).

    With ``within``, points farther than ``points.mode_radius`` from their mode belong to none.

    Raises:
        NotApplicable: the modes are not known.
    """
    distance, index, modes = _nearest(x, points)
    if within:
        index = index[distance <= points.mode_radius]
    return torch.bincount(index, minlength=len(modes)) / len(x)


def share_near(x: Tensor, points: PointSet, deviations: float = 4.0) -> float:
    """Return the share of x (n, d) within so many standard deviations of its nearest mode.

    Raises:
        NotApplicable: the modes, or their standard deviation, are not known.
    """
    distance, _, _ = _nearest(x, points)
    if not points.bandwidth > 0.0:
        raise NotApplicable("the standard deviation of the modes is not known")
    return float((distance <= deviations * points.bandwidth).double().mean())


@metric(
    "mode-coverage",
    title="Mode coverage",
    summary="Share of the known modes that hold a fair part of their mass.",
    source="Metz et al. 2017, arXiv:1611.02163, section 3.3 (modes covered), relative to the data",
    config=ModeConfig,
    kinds=("points",),
    better="higher",
    minimum=10,
)
class ModeCoverage(SampleMetric[ModeConfig]):
    """Share of the modes found, in [0, 1], as a metric; its parts are the mass at each mode, in
    units of what is there in real data.
    """

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.sides()
        assert isinstance(evidence.real, PointSet)
        found = mode_masses(made, evidence.real, within=True)
        wanted = mode_masses(real.to(made), evidence.real, within=True)
        present = wanted > 0.0
        value = float((found >= self.config.share * wanted)[present].double().mean())
        ratios = (found / wanted).tolist()
        parts = {f"mode {i + 1}": r for i, r in enumerate(ratios) if bool(present[i])}
        return Figure(value, n=len(made), parts=parts)
