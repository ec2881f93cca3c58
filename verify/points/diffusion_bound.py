"""A10: the variational bound with the exact denoiser, which leaves nothing to be gained."""

import math
from collections.abc import Callable

from torch import Tensor

from pushforward.models.bound import continuous_bound
from pushforward.models.denoisers.densities import Density, LogUniform, RhoUniform
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import S_MIN, SEEDS, mixture

__all__ = ["a10", "entropy"]

_S_MAX = 20.0
_N, _LEVELS = 20_000, 64
_DATA, _NOISE = 3003, 3004
_LINE = 0.1
_SCHEDULES: dict[str, Density] = {
    "uniform log-SNR": LogUniform(S_MIN, _S_MAX),
    "EDM grid": RhoUniform(S_MIN, _S_MAX),
}
Denoiser = Callable[[Tensor, Tensor], Tensor]


def entropy(law: GaussianMixture) -> float:
    """Return the entropy of eight Gaussians that hardly touch, in nats."""
    return math.log(8) + math.log(2 * math.pi * math.e * float(law.std[0]) ** 2)


def _bounds(denoise: Denoiser, schedules: dict[str, Density], seed: int) -> dict[str, float]:
    """Return the mean bound by schedule, of the same data with other noise."""
    x = mixture().sample(_N, make_generator(seed, _DATA))
    return {
        name: float(
            continuous_bound(
                denoise, x, law, _LEVELS, make_generator(seed, _NOISE + i)
            ).total.mean()
        )
        for i, (name, law) in enumerate(schedules.items())
    }


def _outcome(denoise: Denoiser, schedules: dict[str, Density] | None = None) -> Outcome:
    exact = entropy(mixture())
    found = [_bounds(denoise, schedules or _SCHEDULES, seed) for seed in SEEDS]
    gap = max(abs(value - exact) for each in found for value in each.values())
    apart = max(max(each.values()) - min(each.values()) for each in found)
    told = "; ".join(
        f"seed {seed}: " + ", ".join(f"{name} {value:.3f}" for name, value in each.items())
        for seed, each in zip(SEEDS, found, strict=True)
    )
    return Outcome(
        figure=f"nats a point: {told}",
        value={"gap": gap, "between schedules": apart},
        passed=gap <= _LINE and apart <= _LINE,
        floor=f"the entropy of the data, {exact:.3f} nats",
        seeds=SEEDS,
    )


def _one_gaussian(x: Tensor, s: Tensor) -> Tensor:
    """The best denoiser of the Gaussian with the moments of the ring."""
    law = mixture()
    variance = float(law.std[0] ** 2 + law.means.square().mean())
    return x * (variance / (variance + s[:, None].square()))


class _Mistaken(RhoUniform):
    """Levels of one schedule that are weighed as if they were of another."""

    def pdf(self, s: Tensor) -> Tensor:
        return LogUniform(self.s_min, self.s_max).pdf(s)


@experiment(
    "A10",
    title="The bound is tight for any schedule",
    claim="The variational bound of a diffusion with the exact denoiser is the entropy of eight "
    "Gaussians, with two schedules between the same ends.",
    pass_line="|bound - entropy| <= .1 nats, and the two schedules differ by <= .1, for each seed "
    "(20,000 points, each at 64 levels)",
    group="A",
    source="Kingma et al. 2021, arXiv:2107.00630, eqs. 11-18",
    nulls=[
        Null("the best single Gaussian", lambda: _outcome(_one_gaussian)),
        Null(
            "levels weighed for another schedule",
            lambda: _outcome(
                mixture().denoise,
                {"mistaken": _Mistaken(S_MIN, _S_MAX), **_SCHEDULES},
            ),
        ),
    ],
)
def a10() -> Outcome:
    """Measure both."""
    return _outcome(mixture().denoise)
