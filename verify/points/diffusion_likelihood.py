"""A8 and A9: the probability-flow ODE gives the exact likelihood, also as the studio computes it,
and with a random probe instead of the trace it still does on average.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.families.edm import EdmConfig
from pushforward.models.likelihood import log_prob, log_prob_adaptive
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import S_MAX, SEEDS, mixture, real

__all__ = ["a8", "a9", "ring", "window"]

_S_MIN = 0.002
_LINE, _DRAWN_LINE = 1e-3, 0.05
_EDM = EdmConfig()
# Of a law in standardised coordinates, log densities at points (n, 2).
Density = Callable[[GaussianMixture, Tensor], Tensor]


def ring() -> GaussianMixture:
    """Return the distribution of the eight Gaussians as a family sees it: standardised, float64."""
    spec = real(0, 20_000).spec()
    return mixture().standardised(spec.mean.double(), spec.std.double())


def window(n: int = 20) -> Tensor:
    """Return a grid (n * n, 2) over the plane in which the ring is drawn: 3.3 deviations around."""
    axis = torch.linspace(-3.3, 3.3, n, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis)


def _as_drawn(spread: float = 1.0) -> Density:
    """Return the density of the EDM family: its levels, and the steps of `log_prob`."""

    def density(law: GaussianMixture, x: Tensor) -> Tensor:
        return log_prob(law.denoise, x, _EDM.s_min, _EDM.s_max, spread=spread)

    return density


def _one_gaussian(law: GaussianMixture, x: Tensor) -> Tensor:
    return -0.5 * x.square().sum(dim=1) - math.log(2 * math.pi)


def _adaptive(law: GaussianMixture, x: Tensor) -> Tensor:
    return log_prob_adaptive(law.denoise, x, _S_MIN, S_MAX)[0]


def _outcome(data: Density, drawn: Density) -> Outcome:
    """Compare with the mixture's own density, at 200 points a seed, and over the plane."""
    law = ring()
    level = torch.tensor(_S_MIN, dtype=torch.float64)

    def gap(density: Density, x: Tensor) -> Tensor:
        return (density(law, x) - law.log_prob(x, level)).abs()

    samples = [law.sample(200, make_generator(seed, 3004), s=_S_MIN) for seed in SEEDS]
    far = gap(drawn, window())
    value = {
        "adaptive": max(float(gap(data, x).mean()) for x in samples),
        "drawn, at the data": max(float(gap(drawn, x).mean()) for x in samples),
        "drawn, over the plane": float(far.mean()),
        "drawn, worst place": float(far.max()),
    }
    near = value["adaptive"] <= _LINE and value["drawn, at the data"] <= _LINE
    return Outcome(
        figure="nats a point: " + ", ".join(f"{name} {gap:.1e}" for name, gap in value.items()),
        value=value,
        passed=near and value["drawn, over the plane"] <= _DRAWN_LINE,
        floor="0",
        seeds=SEEDS,
    )


@experiment(
    "A8",
    title="The ODE gives the exact likelihood",
    claim="Integrating the divergence along the probability-flow ODE gives log p of each point: "
    f"from s = {S_MAX:g} by RK45 at tolerance 1e-5, and from the family's own {_EDM.s_max:g} by "
    "the 64 steps of Runge-Kutta that draw the log-density.",
    pass_line="mean |log p - exact| <= 1e-3 nats a point at the data for both, exact trace, and "
    "<= .05 over the plane that is drawn",
    group="A",
    source="Song et al. 2021, arXiv:2011.13456, eq. 39",
    nulls=[
        Null("a prior without the data's variance", lambda: _outcome(_adaptive, _as_drawn(0.0))),
        Null("the best single Gaussian", lambda: _outcome(_one_gaussian, _one_gaussian)),
    ],
)
def a8() -> Outcome:
    """Compare both."""
    return _outcome(_adaptive, _as_drawn())


# Estimates of log densities at points (n, 2), with so many probes a point.
Estimate = Callable[[GaussianMixture, Tensor, int], Tensor]
_POINTS, _MANY = 1000, 16


def _hutchinson(law: GaussianMixture, x: Tensor, probes: int) -> Tensor:
    return log_prob_adaptive(law.denoise, x, _S_MIN, S_MAX, probes=probes)[0]


def _without_noise_in(part: int) -> Estimate:
    """Return the estimate from probes that are 0 along one of the two axes."""

    def estimate(law: GaussianMixture, x: Tensor, probes: int) -> Tensor:
        along = torch.ones(2, dtype=x.dtype)
        along[part] = 0.0

        def denoise(y: Tensor, s: Tensor) -> Tensor:
            # As it was, but with no slope along that axis.
            return law.denoise(along * y + (1 - along) * y.detach(), s)

        return log_prob_adaptive(denoise, x, _S_MIN, S_MAX, probes=probes)[0]

    return estimate


def _unbiased(estimate: Estimate) -> Outcome:
    """Hold an estimate against the exact trace, point by point."""
    law = ring()
    biases, spreads, many = [], [], []
    for seed in SEEDS:
        x = law.sample(_POINTS, make_generator(seed, 3006), s=_S_MIN)
        exact = _adaptive(law, x)
        off = estimate(law, x, 1) - exact
        biases.append(abs(float(off.mean())) / (float(off.std()) / math.sqrt(_POINTS)))
        spreads.append(float(off.std()))
        many.append(float((estimate(law, x, _MANY) - exact).std()))
    value = {
        "mean difference in standard errors": max(biases),
        "deviation of a point": max(spreads),
        f"with {_MANY} probes": max(many),
    }
    return Outcome(
        figure=", ".join(f"{name} {number:.2f}" for name, number in value.items()),
        value=value,
        passed=max(biases) <= 3.0 and max(many) <= 0.4 * min(spreads),
        floor="1.3 standard errors, the mean largest of three; a quarter of the deviation",
        seeds=SEEDS,
    )


@experiment(
    "A9",
    title="Hutchinson's trace has no bias",
    claim="One random probe a point, held along the ODE, gives the exact log-likelihood on the "
    "average; each point is off by a nat, and by a quarter of that with 16 probes.",
    pass_line="|mean difference from the exact trace| <= 3 standard errors over 1000 points, and "
    "the deviation with 16 probes <= .4 of that with one",
    group="A",
    source="Grathwohl et al. 2019, arXiv:1810.01367, eq. 7; Song et al. 2021, arXiv:2011.13456, "
    "eq. 40",
    slow=True,
    nulls=[
        Null("probes along one axis only", lambda: _unbiased(_without_noise_in(1))),
        Null(
            "the best single Gaussian", lambda: _unbiased(lambda law, x, n: _one_gaussian(law, x))
        ),
    ],
)
def a9() -> Outcome:
    """Compare with the exact trace."""
    return _unbiased(_hutchinson)
