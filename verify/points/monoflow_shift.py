"""M2: the vanilla loss vanishes where there are far too many particles; a shift cures it.

By plain gradient descent: Adam divides by the size of the gradient and would hide the claim.
"""

import torch
from torch import Tensor

from pushforward.models.fields.rescalings import RescalingName, rescaling
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.monoflow_toys import SEEDS, kl, learn, normal

__all__ = ["after", "vanishing_and_shift"]

_STEPS, _RATE, _SAMPLES = 1000, 0.02, 1000
_FAR, _TARGET = normal([6.0], [[1.0]]), normal([0.0], [[1.0]])
_SHIFTS = (0.0, 1.0, 3.0, 5.0, 10.0)


def _descent(parameters: list[Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=_RATE)


def after(name: RescalingName, shift: float = 0.0, steps: int = _STEPS) -> list[float]:
    """Return KL(q | p) of the three seeds after the training, from a mean of 6."""
    h = rescaling(name, shift)
    q = learn(
        lambda u: -h.h(u),
        start=_FAR,
        target=_TARGET,
        attached=False,
        optimizer=_descent,
        steps=steps,
        samples=_SAMPLES,
    )
    return kl(q, _TARGET)


def _outcome(steps: int = _STEPS) -> Outcome:
    """Train a 1-D generator from mean 6 with five shifts, and with losses that need none."""
    shifted = {shift: after("vanilla", shift, steps) for shift in _SHIFTS}
    others: dict[RescalingName, list[float]] = {
        name: after(name, steps=steps)
        for name in ("logit", "non-saturated", "arcsinh", "maximum-likelihood")
    }
    stuck = min(shifted[0.0])
    cured = max(max(kls) for shift, kls in shifted.items() if shift >= 3.0)
    return Outcome(
        figure="KL(q | p) of vanilla shifted by C: "
        + ", ".join(f"C = {shift:g} {max(kls):.1e}" for shift, kls in shifted.items())
        + "; of others: "
        + ", ".join(f"{name} {max(kls):.1e}" for name, kls in others.items()),
        value={"C = 0": stuck, "worst of C >= 3": cured},
        passed=stuck > 1.0 and cured < 1e-2,
        floor="0: the generator holds the target exactly; 18 before the training",
        seeds=SEEDS,
    )


@experiment(
    "M2",
    title="The vanishing gradient and its shift",
    claim="The vanilla loss hardly moves particles that are far from the data; shifted by C >= 3 "
    "it brings them there.",
    pass_line="KL(q | p) above 1 for C = 0, below 1e-2 for C = 3, 5 and 10, for all seeds",
    group="M",
    source="Yi et al. 2023, arXiv:2302.01075, section 5.2, on a one-dimensional toy",
    nulls=[Null("no training", lambda: _outcome(0))],
)
def vanishing_and_shift() -> Outcome:
    """Train for 1,000 steps."""
    return _outcome()
