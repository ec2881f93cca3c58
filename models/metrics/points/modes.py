"""How samples lie at the known modes of a data set: how close to them, and how evenly."""

import math

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric

__all__ = ["DEVIATIONS", "ModeBalance", "ModeShare", "mode_balance", "mode_masses", "mode_share"]

DEVIATIONS = 2.0
"""Within this many standard deviations of a mode's centre a sample counts as being at the mode. Of
a Gaussian in the plane 1 - exp(-2) = 0.865 of the mass is there: enough to notice samples that are
too wide, and little enough to notice samples that are too narrow."""


def _nearest(x: Tensor, points: PointSet) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distance of x (n, d) to its nearest mode (n,), which it is, and the modes."""
    if points.modes is None:
        raise NotApplicable("it needs a data set whose modes are known")
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


def mode_share(x: Tensor, points: PointSet, deviations: float = DEVIATIONS) -> float:
    """Return the share of x (n, d) within ``deviations`` standard deviations of its nearest mode.

    For 2-D Gaussian modes real data have 1 - exp(-deviations² / 2): 0.865 at 2. Both a smaller and
    a larger share differ from real data: an annulus has less, samples at the centres alone have 1.

    Raises:
        NotApplicable: the modes, or their standard deviation, are not known.
    """
    distance, _, _ = _nearest(x, points)
    if not points.bandwidth > 0.0:
        raise NotApplicable("the standard deviation of the modes is not known")
    return float((distance <= deviations * points.bandwidth).double().mean())


def mode_balance(found: Tensor, wanted: Tensor) -> float:
    """Return exp(-KL(found || wanted)) of two vectors of masses (k,), in [0, 1].

    1 where all modes have the mass that they have in real data. For equal masses it is the
    effective number of modes, exp(entropy), over their number: 7/8 where one of eight is missing.
    Modes that the real data lack are left out; 0 where nothing else is found.
    """
    p, q = found.double()[wanted > 0], wanted.double()[wanted > 0]
    if not float(p.sum()) > 0.0:
        return 0.0
    p, q = p / p.sum(), q / q.sum()
    divergence = float(torch.special.xlogy(p, p / q).sum())
    return math.exp(-max(0.0, divergence))


@metric(
    "mode-share",
    title="Share at the modes",
    summary="Fraction of samples within 2 standard deviations of their nearest mode. Gaussians "
    "in the plane have 0.865; less means too wide or between modes, more means too "
    "narrow.",
    source="Srivastava et al. 2017, arXiv:1705.07761, section 4.1 (high-quality samples, there "
    "within 3 standard deviations)",
    kinds=("points",),
    better="near",
    minimum=10,
    far_off=(
        "farther from the modes than real data",
        "closer to the centres of the modes than real data",
    ),
)
class ModeShare(SampleMetric[NoConfig]):
    """Share of samples at the modes as a metric; its parts are the shares within 1 and 3 standard
    deviations.
    """

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        made, _ = evidence.sides()
        points = _points(evidence)
        share = mode_share(made, points)
        parts = {f"within {d:g} σ": mode_share(made, points, d) for d in (1.0, 3.0)}
        return Figure(share, *wilson(share, len(made)), n=len(made), parts=parts)


@metric(
    "mode-balance",
    title="Balance of the modes",
    summary="Effective fraction of modes, exp(−KL) between the mode weights of samples and of "
    "real data: 1 is balanced, 7/8 is one of eight missing. See the share at the modes, "
    "too.",
    source="Lin et al. 2018, arXiv:1712.04086, section 4.1 (reverse KL divergence of the masses of "
    "the modes)",
    kinds=("points",),
    better="higher",
    minimum=10,
    formerly=("mode-coverage",),
)
class ModeBalance(SampleMetric[NoConfig]):
    """Balance of the masses at the modes, in [0, 1], as a metric; its parts are the mass at each
    mode in units of that in real data.
    """

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.sides()
        points = _points(evidence)
        found, wanted = mode_masses(made, points), mode_masses(real.to(made), points)
        ratios = enumerate((found / wanted).tolist(), 1)
        parts = {f"mode {i}": ratio for i, ratio in ratios if wanted[i - 1] > 0.0}
        return Figure(mode_balance(found, wanted), n=len(made), parts=parts)


def _points(evidence: Evidence) -> PointSet:
    if not isinstance(evidence.real, PointSet):
        raise NotApplicable("it needs points whose modes are known")
    return evidence.real
