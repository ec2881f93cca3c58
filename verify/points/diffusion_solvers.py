"""A3, A5 and A6 go on: the other multistep, singlestep and adaptive solvers, and flow matching.

Errors are those of `verify.points.diffusion_orders`, at 1000 points a seed; the worst counts.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import Tensor

from pushforward.models.paths.gaussian import RectifiedFlow, drift
from pushforward.models.samplers.adaptive import AdaptiveOde, AdaptiveOdeConfig
from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.deis import Deis, DeisConfig
from pushforward.models.samplers.dpm_solver_2s import DpmSolver2S, DpmSolver2SConfig
from pushforward.models.samplers.dpm_solver_3s import DpmSolver3S, DpmSolver3SConfig
from pushforward.models.samplers.dpmpp2m import DpmSolverPlusPlus2M, DpmSolverPlusPlus2MConfig
from pushforward.models.samplers.dpmpp2s import DpmSolverPlusPlus2S, DpmSolverPlusPlus2SConfig
from pushforward.models.samplers.dpmpp3m import DpmSolverPlusPlus3M, DpmSolverPlusPlus3MConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.lms import Lms, LmsConfig
from pushforward.models.samplers.unipc import UniPc, UniPcConfig
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed, ratios_of, sampling_error
from pushforward.verify.points.diffusion_ring import (
    S_MAX,
    S_MIN,
    SEEDS,
    latents,
    mixture,
    rms,
    solution,
)

__all__ = ["adaptive", "flow_matching", "multistep", "singlestep"]

_N = 1000
_FLOOR = "0 at infinitely many steps; the reference solution itself is good to about 1e-5"
_EVEN, _QUADRATIC = GridConfig(kind="log-snr"), GridConfig(kind="time-quadratic")
# A sampler from its number of steps and its grid, and the order that it must have.
Make = Callable[[int, GridConfig], Sampler]
Claimed = Mapping[str, tuple[Make, float]]


def _errors(sampler: Sampler) -> list[float]:
    return [sampling_error(sampler, seed, _N) for seed in SEEDS]


def _orders(make: Make, coarse: int, fine: int) -> list[float]:
    """Return the measured order by seed, on the log-SNR grid."""
    ratios = ratios_of(_errors(make(coarse, _EVEN)), _errors(make(fine, _EVEN)))
    return [math.log(ratio, fine / coarse) for ratio in ratios]


def _ddim(n: int, grid: GridConfig) -> Sampler:
    return Ddim(DdimConfig(steps=n, grid=grid))


def _two_m(n: int, grid: GridConfig) -> Sampler:
    return DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=n, grid=grid))


_MULTISTEP: Claimed = {
    "DEIS": (lambda n, grid: Deis(DeisConfig(steps=n, grid=grid)), 2.5),
    "UniPC": (lambda n, grid: UniPc(UniPcConfig(steps=n, grid=grid)), 2.5),
    "LMS": (lambda n, grid: Lms(LmsConfig(steps=n, grid=grid)), 3.2),
    "3M": (
        lambda n, grid: DpmSolverPlusPlus3M(DpmSolverPlusPlus3MConfig(steps=n, grid=grid)),
        2.0,
    ),
}


def _remembers(claimed: Claimed) -> Outcome:
    value: dict[str, float] = {}
    passed = True
    base = _errors(_two_m(50, _QUADRATIC))
    for name, (make, least) in claimed.items():
        order = min(_orders(make, 100, 200))
        share = max(ratios_of(_errors(make(50, _QUADRATIC)), base))
        value |= {f"{name} order": order, f"{name} of 2M's error at 50": share}
        passed = passed and order >= least and share <= 0.75
    return Outcome(listed(value), value, passed, _FLOOR, SEEDS)


@experiment(
    "A3-multistep",
    title="DEIS, UniPC, LMS and DPM-Solver++ (3M) remember more",
    claim="With one evaluation a step DEIS and UniPC are third order, LMS is nearly fourth, and "
    "DPM-Solver++ (3M) as published is second order: all of them err less than 2M in 50 steps.",
    pass_line="order from 100 to 200 steps >= 2.5, 2.5, 3.2 and 2.0 on the log-SNR grid; error at "
    "50 steps <= .75 of DPM-Solver++ (2M)'s on the quadratic grid",
    group="A",
    source="Zhang & Chen 2023, arXiv:2204.13902, section 3.3; Zhao et al. 2023, arXiv:2302.04867, "
    "theorem 3.1; Lu et al. 2022, arXiv:2211.01095",
    nulls=[
        Null("DPM-Solver++ (2M)", lambda: _remembers({"2M": (_two_m, 2.0)})),
        Null("DDIM", lambda: _remembers({"DDIM": (_ddim, 2.0)})),
    ],
)
def multistep() -> Outcome:
    """Measure orders and errors."""
    return _remembers(_MULTISTEP)


def _singlestep(claimed: Mapping[str, tuple[Make, float, int]]) -> Outcome:
    value: dict[str, float] = {}
    passed = True
    for name, (make, least, steps) in claimed.items():
        order = min(_orders(make, 50, 100))
        error = max(_errors(make(steps, _QUADRATIC)))
        value |= {f"{name} order": order, f"{name} err({make(steps, _QUADRATIC).nfe()})": error}
        passed = passed and order >= least and error <= 0.03
    return Outcome(listed(value), value, passed, _FLOOR, SEEDS)


@experiment(
    "A5-singlestep",
    title="DPM-Solver-2, -3 and ++ (2S) earn their order",
    claim="Two evaluations a step make second order, three make third, and none needs a memory.",
    pass_line="order from 50 to 100 steps >= 1.7 (DPM-Solver-2, ++2S) and 2.6 (DPM-Solver-3) on "
    "the log-SNR grid; error at 19 evaluations <= .03 on the quadratic grid",
    group="A",
    source="Lu et al. 2022, arXiv:2206.00927, theorem 3.2; Lu et al. 2022, arXiv:2211.01095",
    nulls=[
        Null("DDIM in as many evaluations", lambda: _singlestep({"DDIM": (_ddim, 1.7, 19)})),
    ],
)
def singlestep() -> Outcome:
    """Measure orders and errors."""
    return _singlestep(
        {
            "2": (lambda n, g: DpmSolver2S(DpmSolver2SConfig(steps=n, grid=g)), 1.7, 10),
            "3": (lambda n, g: DpmSolver3S(DpmSolver3SConfig(steps=n, grid=g)), 2.6, 7),
            "++2S": (
                lambda n, g: DpmSolverPlusPlus2S(DpmSolverPlusPlus2SConfig(steps=n, grid=g)),
                1.7,
                10,
            ),
        }
    )


_TOLERANCES = (1e-3, 1e-4, 1e-5)


def _check_line(make: Callable[[float], Sampler]) -> Outcome:
    """Hold the errors of samplers, made for a tolerance, to twenty times of it."""
    value: dict[str, float] = {}
    passed = True
    for tolerance in _TOLERANCES:
        sampler = make(tolerance)
        *_, last = sampler.frames(mixture().denoise, latents(0, _N), S_MIN, S_MAX)
        error = max(_errors(sampler))
        value |= {f"err at {tolerance:g}": error, f"NFE at {tolerance:g}": float(last.nfe)}
        passed = passed and error <= 20 * tolerance and last.nfe <= 150
    return Outcome(listed(value), value, passed, _FLOOR, SEEDS)


def _as_many_as_rk45(tolerance: float) -> Sampler:
    *_, last = AdaptiveOde(AdaptiveOdeConfig(tolerance=tolerance)).frames(
        mixture().denoise, latents(0, _N), S_MIN, S_MAX
    )
    return _ddim(last.nfe, _EVEN)


@experiment(
    "A5-adaptive",
    title="The adaptive solver keeps to its tolerance",
    claim="RK45 chooses its own steps along the ODE, so that its error follows the tolerance.",
    pass_line="rms error of the ends <= 20 tolerances at 1e-3, 1e-4 and 1e-5, in at most 150 "
    "evaluations",
    group="A",
    source="Song et al. 2021, arXiv:2011.13456, appendix D.2",
    nulls=[Null("Euler's method in as many evaluations", lambda: _check_line(_as_many_as_rk45))],
)
def adaptive() -> Outcome:
    """Measure errors and evaluations."""
    return _check_line(lambda tolerance: AdaptiveOde(AdaptiveOdeConfig(tolerance=tolerance)))


def _flow_error(midpoint: bool, steps: int, seed: int) -> float:
    """Return the error of even steps of Euler's or the midpoint method in the time of the path."""
    path, law = RectifiedFlow(), mixture()
    ends = path.time(torch.tensor([S_MAX, S_MIN], dtype=torch.float64))
    times = torch.linspace(float(ends[0]), float(ends[1]), steps + 1, dtype=torch.float64)
    x: Tensor = S_MAX * latents(seed, _N) * path.alpha(times[0])
    for a, b in pairwise(times):
        slope = drift(path, law.denoise, x, a)
        if midpoint:
            slope = drift(path, law.denoise, x + 0.5 * (b - a) * slope, 0.5 * (a + b))
        x = x + (b - a) * slope
    return rms(law.denoise(x / path.alpha(times[-1]), path.s(times[-1])) - solution(seed, _N))


def _flows(second: bool) -> Outcome:
    """Measure Euler's method, and what stands for the midpoint method."""
    errors = {
        (name, steps): [_flow_error(name == "midpoint" and second, steps, seed) for seed in SEEDS]
        for name, each in (("Euler", (50, 100)), ("midpoint", (10, 50, 100)))
        for steps in each
    }
    value = {
        "Euler ratio": min(ratios_of(errors["Euler", 50], errors["Euler", 100])),
        "midpoint ratio": min(ratios_of(errors["midpoint", 50], errors["midpoint", 100])),
        "midpoint err(20)": max(errors["midpoint", 10]),
    }
    passed = 1.8 <= value["Euler ratio"] <= 2.2 and value["midpoint ratio"] >= 3.2
    return Outcome(
        listed(value), value, passed and value["midpoint err(20)"] <= 0.02, _FLOOR, SEEDS
    )


@experiment(
    "A6",
    title="Flow matching: Euler is first order, midpoint second",
    claim="In the time of rectified flow Euler's method is DDIM, first order, and the midpoint "
    "method second order.",
    pass_line="Euler err(50)/err(100) in 1.8-2.2; midpoint err(50)/err(100) >= 3.2 and error at 20 "
    "evaluations <= .02",
    group="A",
    source="Lipman et al. 2022, arXiv:2210.02747, section 6; Liu et al. 2022, arXiv:2209.03003",
    nulls=[Null("Euler's method for both", lambda: _flows(second=False))],
)
def flow_matching() -> Outcome:
    """Measure both."""
    return _flows(second=True)
