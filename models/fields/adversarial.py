"""What a critic minimises, and where its particles go: one convention for every adversarial loss.

The critic d(x) is larger where there is more data than particles; for the logistic losses its
optimum is d = log p/q, p the law of the data and q that of the particles. Particles move along
h'(d) grad d, uphill in h(d), with h increasing (Yi et al. 2023, MonoFlow, arXiv:2302.01075); the
generator loss of the literature is -E h(d(g(z))). Authors who write the critic of an IPM with the
opposite sign (Franceschi et al. 2023, arXiv:2305.16150) get the same motion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["LOSSES", "AdversarialLoss", "LossName", "Rescaling"]

LossName = Literal["non-saturating", "hinge", "ipm"]
Elementwise = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Rescaling:
    """The h that turns a critic into a motion.

    Attributes:
        h: elementwise, what particles climb.
        slope: h', elementwise.
        monotone: whether h' > 0 everywhere; where it is not, particles run away from the data.
    """

    name: str
    h: Elementwise
    slope: Elementwise
    monotone: bool


@dataclass(frozen=True)
class AdversarialLoss:
    """A critic's loss E_p[real(d)] + E_q[fake(d)], and the h that goes with it.

    Attributes:
        is_log_ratio: whether the optimal critic is log p/q.
        needs_penalty: whether the critic is unbounded without a gradient penalty.
    """

    name: LossName
    real: Elementwise
    fake: Elementwise
    rescaling: Rescaling
    is_log_ratio: bool
    needs_penalty: bool


def _minus(d: Tensor) -> Tensor:
    return -d


def _same(d: Tensor) -> Tensor:
    return d


def _softplus_of_minus(d: Tensor) -> Tensor:
    return F.softplus(-d)


def _sigmoid_of_minus(d: Tensor) -> Tensor:
    return torch.sigmoid(-d)


def _one_less(d: Tensor) -> Tensor:
    return F.relu(1.0 - d)


def _one_more(d: Tensor) -> Tensor:
    return F.relu(1.0 + d)


IDENTITY = Rescaling("logit", _same, torch.ones_like, True)
# log sigmoid(d): strong where particles are many, hence "non-saturating".
LOG_SIGMOID = Rescaling("log-sigmoid", F.logsigmoid, _sigmoid_of_minus, True)

LOSSES: dict[LossName, AdversarialLoss] = {
    loss.name: loss
    for loss in (
        # Goodfellow et al. 2014, arXiv:1406.2661, eq. 1 and section 3.
        AdversarialLoss("non-saturating", _softplus_of_minus, F.softplus, LOG_SIGMOID, True, False),
        # Lim and Ye 2017, arXiv:1705.02894, eqs. 6 and 7.
        AdversarialLoss("hinge", _one_less, _one_more, IDENTITY, False, False),
        # Arjovsky et al. 2017, arXiv:1701.07875, eq. 2; Gulrajani et al. 2017, eq. 3.
        AdversarialLoss("ipm", _minus, _same, IDENTITY, False, True),
    )
}
