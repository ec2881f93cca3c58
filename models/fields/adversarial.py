"""What a critic minimises: one convention for every adversarial loss.

The critic d(x) is larger where there is more data than particles; for the logistic loss its optimum
is d = log p/q, p the distribution of the data and q that of the particles. The particles move along
h'(d) grad d, uphill in h(d) (`models.fields.rescaling`; Yi et al. 2023, MonoFlow,
arXiv:2302.01075), and the generator loss of the literature is -E h(d(g(z))). Authors who write the
critic of an IPM with the opposite sign (Franceschi et al. 2023, arXiv:2305.16150) get the same
motion.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from torch import Tensor
from torch.nn import functional as F

from pushforward.models.config import ConfigError, param
from pushforward.models.fields.rescaling import Elementwise, Rescaling
from pushforward.models.fields.rescalings import RescalingName, rescaling

__all__ = [
    "LOSSES",
    "AdversarialLoss",
    "LossName",
    "LossSetting",
    "check_penalty",
    "motion_of",
    "warn_of",
]

LossName = Literal["logistic", "hinge", "ipm"]


@dataclass(frozen=True)
class AdversarialLoss:
    """A critic's loss E_p[real(d)] + E_q[fake(d)].

    Attributes:
        is_log_ratio: whether the optimal critic is log p/q.
        needs_penalty: whether the critic is unbounded without a gradient penalty.
    """

    name: LossName
    real: Elementwise
    fake: Elementwise
    is_log_ratio: bool
    needs_penalty: bool


def _minus(d: Tensor) -> Tensor:
    return -d


def _same(d: Tensor) -> Tensor:
    return d


def _softplus_of_minus(d: Tensor) -> Tensor:
    return F.softplus(-d)


def _one_less(d: Tensor) -> Tensor:
    return F.relu(1.0 - d)


def _one_more(d: Tensor) -> Tensor:
    return F.relu(1.0 + d)


LOSSES: dict[LossName, AdversarialLoss] = {
    loss.name: loss
    for loss in (
        # Goodfellow et al. 2014, arXiv:1406.2661, eq. 1.
        AdversarialLoss("logistic", _softplus_of_minus, F.softplus, True, False),
        # Lim and Ye 2017, arXiv:1705.02894, eqs. 6 and 7.
        AdversarialLoss("hinge", _one_less, _one_more, False, False),
        # Arjovsky et al. 2017, arXiv:1701.07875, eq. 2; Gulrajani et al. 2017, eq. 3.
        AdversarialLoss("ipm", _minus, _same, False, True),
    )
}


LossSetting = Annotated[
    LossName,
    param(
        "Critic's loss",
        "Loss of the critic. Logistic: estimates log p/q, which a rescaling h turns into a "
        "velocity. Hinge: a margin. Wasserstein: a difference of means with bounded slope. The "
        "last two move particles along ∇d.",
        choices={"logistic": "Logistic", "hinge": "Hinge", "ipm": "Wasserstein (IPM)"},
    ),
]


def motion_of(loss: LossName, name: RescalingName, shift: float) -> Rescaling:
    """Return the h that particles climb with this loss.

    A rescaling needs a log ratio. The critics of hinge and IPM losses estimate none, so their
    particles climb d itself for any rescaling.
    """
    return rescaling(name, shift) if LOSSES[loss].is_log_ratio else rescaling("logit")


def warn_of(h: Rescaling) -> list[str]:
    """Return what to know of an h before training with it: nothing if it increases everywhere."""
    return [] if h.monotone else [f"{h.title} is not monotone: {h.reason}"]


def check_penalty(loss: LossName, penalty: float) -> float:
    """Return the weight of a gradient penalty, if the loss can live with it.

    Raises:
        ConfigError: a critic that would be unbounded has no penalty.
    """
    if penalty == 0.0 and LOSSES[loss].needs_penalty:
        raise ConfigError(
            "penalty",
            "must be greater than 0 for the Wasserstein loss, whose critic would grow without "
            "bound; try 0.1 with centre 0, or 1 with centre 1",
        )
    return penalty
