"""D1 to D3: the solvers that PC-Droid compares, on the grid it uses, with an exact denoiser.

What a solver is worth at few and at many evaluations is known before any network has learned: on
one Gaussian by its order, on the ring of five by its distance from a fine solution.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import torch
from torch import Tensor

from pushforward.models.data.ring_of_five import RingOfFiveConfig
from pushforward.models.oracle import GaussianMixture
from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.dpm_solver_2s import DpmSolver2S, DpmSolver2SConfig
from pushforward.models.samplers.dpmpp2m import DpmSolverPlusPlus2M, DpmSolverPlusPlus2MConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.samplers.lms import Lms, LmsConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed
from pushforward.verify.points.diffusion_ring import rms

__all__ = ["few_evaluations", "solver_orders", "very_few_evaluations"]

_GRID = GridConfig(kind="edm-rho")
_S_MIN, _S_MAX = 1e-3, 80.0
_N, _SEEDS, _LATENTS = 1000, [0, 1, 2], 3301
_FLOOR = "0 at infinitely many steps; the reference solution itself is good to about 1e-5"
Make = Callable[[int], Sampler]


def _euler(n: int) -> Sampler:
    return Ddim(DdimConfig(steps=n, grid=_GRID))


def _two_m(n: int) -> Sampler:
    return DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=n, grid=_GRID))


def _lms(n: int) -> Sampler:
    return Lms(LmsConfig(steps=n, grid=_GRID))


def _heun(n: int) -> Sampler:
    return Heun(HeunConfig(steps=n, grid=_GRID))


def _dpm_2(n: int) -> Sampler:
    return DpmSolver2S(DpmSolver2SConfig(steps=n, grid=_GRID))


def _ends(sampler: Sampler, law: GaussianMixture, seed: int, s_min: float = _S_MIN) -> Tensor:
    noise = torch.randn(
        _N, law.means.shape[1], generator=make_generator(seed, _LATENTS), dtype=torch.float64
    )
    return sampler.sample(law.denoise, noise, s_min, _S_MAX)


# The last step, to no noise, is first order in every solver: levels that end so low leave the
# order of the others.
_LOWEST = 1e-5
_SPREAD = 0.5


def _gaussian() -> GaussianMixture:
    return GaussianMixture(
        torch.zeros(1, 1, dtype=torch.float64),
        torch.full((1,), _SPREAD, dtype=torch.float64),
        torch.ones(1, dtype=torch.float64),
    )


def _order(make: Make, seed: int) -> float:
    """Return the order from 20 to 160 steps, against the closed form of the ODE's end."""
    noise = torch.randn(_N, 1, generator=make_generator(seed, _LATENTS), dtype=torch.float64)
    start = math.hypot(_SPREAD, _S_MAX)
    exact = _S_MAX * noise * _SPREAD / start
    errors = [rms(_ends(make(n), _gaussian(), seed, _LOWEST) - exact) for n in (20, 160)]
    return math.log(errors[0] / errors[1], 8)


_ORDERS: Mapping[str, tuple[Make, float, float]] = {
    "Euler": (_euler, 0.9, 1.1),
    "Heun": (_heun, 1.9, 2.3),
    "DPM-2": (_dpm_2, 1.9, 2.3),
    "DPM++2M": (_two_m, 1.9, 2.3),
    "LMS": (_lms, 3.0, math.inf),
}


def _orders(claimed: Mapping[str, tuple[Make, float, float]]) -> Outcome:
    value: dict[str, float] = {}
    passed = True
    for name, (make, least, most) in claimed.items():
        found = [_order(make, seed) for seed in _SEEDS]
        value[name] = min(found)
        passed = passed and least <= min(found) and max(found) <= most
    return Outcome(listed(value), value, passed, _FLOOR, _SEEDS)


@experiment(
    "D1",
    title="Solvers of jets have their order",
    claim="On one Gaussian of deviation .5, whose denoiser and whose ODE are closed forms, Euler's "
    "method is first order on PC-Droid's levels, Heun's, DPM-2 and DPM-Solver++ (2M) are second, "
    "and LMS is better than third.",
    pass_line="order from 20 to 160 steps: .9 to 1.1, 1.9 to 2.3 (three), above 3",
    group="J",
    source="Karras et al. 2022, arXiv:2206.00364, eq. 5; Leigh et al. 2023, arXiv:2307.06836",
    nulls=[
        Null("Euler as second order", lambda: _orders({"Euler": (_euler, 1.9, 2.3)})),
        Null("Heun as LMS", lambda: _orders({"Heun": (_heun, 3.0, math.inf)})),
    ],
)
def solver_orders() -> Outcome:
    """Measure orders."""
    return _orders(_ORDERS)


def _ring() -> GaussianMixture:
    config = RingOfFiveConfig()
    return GaussianMixture.ring(5, config.radius, config.std)


def _errors(makes: Mapping[str, Sampler]) -> dict[str, float]:
    """Return rms distances from the ends of 1,500 steps of Heun's method, over the seeds."""
    return {
        name: sum(rms(_ends(s, _ring(), seed) - _fine(seed)) for seed in _SEEDS) / len(_SEEDS)
        for name, s in makes.items()
    }


@lru_cache(maxsize=len(_SEEDS))
def _fine(seed: int) -> Tensor:
    return _ends(_heun(1500), _ring(), seed)


def _better(two_m: Make, lms: Make) -> Outcome:
    value = _errors({"Euler": _euler(20), "DPM++2M": two_m(20), "LMS": lms(20), "Heun": _heun(10)})
    most = {"DPM++2M": 0.5, "LMS": 0.4}
    passed = all(value[name] <= share * value["Euler"] for name, share in most.items())
    passed = passed and value["Heun"] > value["Euler"]
    return Outcome(listed(value), value, passed, _FLOOR, _SEEDS)


@experiment(
    "D2",
    title="Solvers with a memory are worth it at 20 evaluations",
    claim="With the exact denoiser of the ring of five and 20 evaluations DPM-Solver++ (2M) has at "
    "most half of the error of Euler's method, and LMS at most .4 of it; Heun's method, which "
    "steps half as often, errs more than Euler's still.",
    pass_line="rms distance from 1,500 steps of Heun's method at 20 evaluations, over Euler's: "
    "DPM++2M <= .5, LMS <= .4, Heun > 1",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836 (LMS with 100 levels draws its jets)",
    nulls=[Null("Euler's method in their place", lambda: _better(_euler, _euler))],
)
def few_evaluations() -> Outcome:
    """Measure errors at 20 evaluations."""
    return _better(_two_m, _lms)


_PAIR: Mapping[str, Make] = {"DPM++2M": _two_m, "Euler": _euler}
_MORE = {8: 16, 10: 40}


def _worse(makes: Mapping[str, Sampler]) -> Outcome:
    value = _errors(makes)
    passed = all(value[f"DPM++2M {n}"] > value[f"Euler {n}"] for n in (8, 10))
    return Outcome(listed(value), value, passed, _FLOOR, _SEEDS)


@experiment(
    "D3",
    title="With very few evaluations a memory does harm",
    claim="At 8 and at 10 evaluations, from a noise of 80, DPM-Solver++ (2M) is farther from the "
    "ring's own ends than Euler's method: what it remembers is of another level.",
    pass_line="rms distance from 1,500 steps of Heun's method: DPM++2M above Euler's at 8 and 10",
    group="J",
    source="a known weakness: k-diffusion, issue 43; Karras et al. 2022, arXiv:2206.00364",
    nulls=[
        Null(
            "twice and four times as many evaluations",
            lambda: _worse(
                {f"{name} {n}": make(m) for name, make in _PAIR.items() for n, m in _MORE.items()}
            ),
        ),
    ],
)
def very_few_evaluations() -> Outcome:
    """Measure errors at 8 and 10 evaluations."""
    return _worse({f"{name} {n}": make(n) for name, make in _PAIR.items() for n in _MORE})
