"""M3 and M4: free particles obey the exact flow, and no increasing h ever leads away.

The particles are a Gaussian sample, whose law is known exactly from its own mean and variance as
long as the motion is affine (M3). For the many h of M4, whose motion is not, the carrier is an
affine generator: its law stays Gaussian, and its divergence is a closed formula at all times.
"""

import math

import torch
from torch import Tensor

from pushforward.models.carriers.population import Population
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.fields.rescaling import Rescaling
from pushforward.models.fields.rescalings import rescaling
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.monoflow_toys import (
    MONOTONE,
    SEEDS,
    START,
    TARGET,
    Gaussian,
    kl,
    learn,
)

__all__ = ["ExactRatio", "descent", "divergence_of_time", "exact_ode", "moments"]

_SPEED, _TIMES, _PARTICLES = 5e-4, (0.25, 0.5, 1.0, 2.0), 1000
_MEAN, _STD = 3.0, 0.4
_CLIP, _NEAR = 1.0, 0.01


class ExactRatio:
    """The field h'(u) grad u, u = log p/q, of p = N(0, 1) and particles with a Gaussian law."""

    def __init__(self, h: Rescaling) -> None:
        self.h = h
        self.mean = torch.zeros(1)
        self.variance = torch.ones(1)

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Take the mean and the variance of the particles (n, 1)."""
        made = Batch.of(particles).x
        self.mean = made.mean(dim=0)
        self.variance = made.var(dim=0, correction=0)
        return {"loss": torch.zeros(())}

    def velocity(self, rows: Rows, t: float) -> Tensor:
        """Return h'(u) grad u at x (n, 1)."""
        x = Batch.of(rows).x
        gap = x - self.mean
        u = 0.5 * (gap.square() / self.variance + self.variance.log() - x.square())
        slope: Tensor = self.h.slope(u) * (gap / self.variance - x)
        return slope


class DataAlone(ExactRatio):
    """The score of the data, -x, without that of the particles: all of them end in one place."""

    def velocity(self, rows: Rows, t: float) -> Tensor:
        return -Batch.of(rows).x


def moments(
    seed: int, times: tuple[float, ...] = _TIMES, field: ExactRatio | None = None
) -> list[tuple[float, float]]:
    """Return the mean and the variance of the particles at some times of the flow with h = u, or
    along another field.
    """
    noise = torch.randn((_PARTICLES, 1), generator=make_generator(seed), dtype=torch.float64)
    carrier = Population(_MEAN + _STD * noise, speed=_SPEED, generator=make_generator(seed, 1))
    field = field or ExactRatio(rescaling("logit"))
    found = []
    for time in times:
        while carrier.count < round(time / _SPEED):
            field.fit(carrier.x, carrier.x, None)
            carrier.follow(field, carrier.x)
        found.append((float(carrier.x.mean()), float(carrier.x.var(correction=0))))
    return found


def _followed(field: ExactRatio | None = None) -> Outcome:
    """Move 1,000 particles with steps of 5e-4, and hold their moments to the formula."""
    error = {"mean": 0.0, "variance": 0.0}
    for seed in SEEDS:
        (m0, v0), *found = moments(seed, (0.0, *_TIMES), field)
        for t, (mean, variance) in zip(_TIMES, found, strict=True):
            exact = m0 * math.exp(-t), 1.0 + (v0 - 1.0) * math.exp(-2.0 * t)
            error["mean"] = max(error["mean"], abs(mean / exact[0] - 1.0))
            error["variance"] = max(error["variance"], abs(variance / exact[1] - 1.0))
    return Outcome(
        figure=f"relative error of the mean {error['mean']:.1e}, of the variance "
        f"{error['variance']:.1e}",
        value=error,
        passed=max(error.values()) < 1e-3,
        floor=f"Euler's own error t speed / 2 = {_TIMES[-1] * _SPEED / 2:.0e} of the mean at t = 2",
        seeds=SEEDS,
    )


@experiment(
    "M3",
    title="The exact flow of a Gaussian",
    claim="Free particles on the field grad log p/q follow m(t) = m(0) e^-t and "
    "s^2(t) = 1 + (s^2(0) - 1) e^-2t.",
    pass_line="relative error of mean and variance below 1e-3 at t = 0.25, 0.5, 1 and 2, all seeds",
    group="M",
    source="Yi et al. 2023, arXiv:2302.01075, with h = u; the Gaussian case in closed form",
    nulls=[Null("the score of the data alone", lambda: _followed(DataAlone(rescaling("logit"))))],
)
def exact_ode() -> Outcome:
    """Follow the log ratio."""
    return _followed()


def descent(parameters: list[Tensor], rate: float = 0.02) -> torch.optim.Optimizer:
    """Return plain gradient descent: small steps of the flow itself."""
    return torch.optim.SGD(parameters, lr=rate)


def divergence_of_time(h: Rescaling, steps: int = 1000, rate: float = 0.02) -> list[list[float]]:
    """Return KL(q | p) of the three seeds before each step of the training with an h, and at the
    end.
    """
    seen: list[list[float]] = []

    def look(step: int, q: Gaussian) -> None:
        seen.append(kl(q, TARGET))

    learn(
        lambda u: -h.h(u),
        start=START,
        target=TARGET,
        attached=False,
        optimizer=lambda parameters: descent(parameters, rate),
        steps=steps,
        samples=1000,
        # An exploding slope would make of a step more than a small piece of the flow.
        clip=_CLIP,
        look=look,
    )
    return seen


def _falls(chosen: list[Rescaling], rate: float = 0.02, steps: int = 1000) -> Outcome:
    """Train the affine generator by plain gradient descent with each h."""
    rises: dict[str, float] = {}
    ends: dict[str, float] = {}
    (before,) = kl(START, TARGET)
    for h in chosen:
        seen = torch.tensor(divergence_of_time(h, steps, rate), dtype=torch.float64)
        rises[h.name] = float(seen.diff(dim=0).max())
        ends[h.name] = float(seen[-1].max())
    worst = max(rises, key=lambda name: rises[name])
    return Outcome(
        figure=f"largest rise in a step {rises[worst]:.1e} ({worst}); KL falls from {before:.2f} "
        "to " + ", ".join(f"{name} {end:.1e}" for name, end in ends.items()),
        value={f"largest rise, {name}": rise for name, rise in rises.items()}
        | {f"end, {name}": end for name, end in ends.items()},
        # What does not move does not rise either: it has to come nearer.
        passed=rises[worst] < 1e-3 and max(ends.values()) < _NEAR,
        floor="0 and below: it falls in each step",
        seeds=SEEDS,
    )


@experiment(
    "M4",
    title="The divergence only falls",
    claim="d KL(q | p)/dt = -E_q[h'(u) |grad u|^2], so that in continuous time KL falls along "
    "the motion of every increasing h: here in small steps, of gradients clipped to length 1, "
    "since an exploding slope makes any step a large one.",
    pass_line="KL never rises by more than 1e-3 in any of 1000 small steps and ends below .01, "
    f"for each of the {len(MONOTONE)} different functions that increase, all seeds",
    group="M",
    source="Yi et al. 2023, arXiv:2302.01075: the flow decreases the reverse KL for any h' > 0",
    slow=True,
    nulls=[
        Null("no motion", lambda: _falls(MONOTONE[:1], rate=0.0)),
        Null("an h that decreases", lambda: _falls([rescaling("plugged-forward-kl")])),
    ],
)
def only_falls() -> Outcome:
    """Take every monotone h."""
    return _falls(MONOTONE)
