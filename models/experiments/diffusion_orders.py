"""A2 to A5: samplers have the order they claim, measured with the exact denoiser.

The error is the rms distance of 2000 end points from the solution of the ODE (Heun, 800 steps)
from the same noise; the worst seed counts.
"""

from collections.abc import Sequence

from models.experiments.base import Outcome, experiment
from models.experiments.diffusion_ring import (
    S_MAX,
    S_MIN,
    SEEDS,
    latents,
    mixture,
    rms,
    solution,
)
from models.samplers.base import Sampler
from models.samplers.ddim import Ddim, DdimConfig
from models.samplers.dpmpp2m import DpmSolverPlusPlus2M, DpmSolverPlusPlus2MConfig
from models.samplers.grids import GridConfig, GridName
from models.samplers.heun import Heun, HeunConfig
from models.samplers.plms import Plms, PlmsConfig

__all__ = ["a2", "a3", "a4", "a5", "sampling_error"]

_FLOOR = "0 at infinitely many steps; the reference solution itself is good to about 1e-5"


def sampling_error(sampler: Sampler, seed: int, n: int = 2000) -> float:
    """Return the rms distance of a sampler's ends from the exact ODE's."""
    ends = sampler.sample(mixture().denoise, latents(seed, n), S_MIN, S_MAX)
    return rms(ends - solution(seed, n))


def _errors(samplers: Sequence[Sampler]) -> list[list[float]]:
    """Return errors by sampler and seed."""
    return [[sampling_error(s, seed) for seed in SEEDS] for s in samplers]


def _ratios(coarse: list[float], fine: list[float]) -> list[float]:
    return [a / b for a, b in zip(coarse, fine, strict=True)]


@experiment(
    "A2",
    title="DDIM is first order",
    claim="DDIM is Euler's method in s, so halving its steps doubles its error.",
    pass_line="err(50)/err(100) in 1.8-2.2, on the log-SNR and the quadratic grid",
    group="A",
    source="Song, Meng & Ermon 2021, arXiv:2010.02502, eq. 14",
)
def a2() -> Outcome:
    """Measure the ratio on both grids."""
    grids: tuple[GridName, ...] = ("log-snr", "time-quadratic")
    value: dict[str, float] = {}
    for kind in grids:
        grid = GridConfig(kind=kind)
        coarse, fine = _errors([Ddim(DdimConfig(steps=n, grid=grid)) for n in (50, 100)])
        ratios = _ratios(coarse, fine)
        value |= {f"{kind} lowest": min(ratios), f"{kind} highest": max(ratios)}
    return Outcome(
        figure=", ".join(f"{name} {ratio:.2f}" for name, ratio in value.items()),
        value=value,
        passed=all(1.8 <= ratio <= 2.2 for ratio in value.values()),
        floor="2 for a first-order method",
        seeds=SEEDS,
    )


@experiment(
    "A3",
    title="DPM-Solver++ (2M) is second order",
    claim="One remembered evaluation makes DPM-Solver++ second order.",
    pass_line="err(50)/err(100) >= 3 and err(20) <= 0.02, quadratic grid",
    group="A",
    source="Lu et al. 2022, arXiv:2211.01095, theorem 4.1",
)
def a3() -> Outcome:
    """Measure the ratio and the error at 20 steps."""
    steps = (10, 20, 50, 100)
    errors = _errors([DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=n)) for n in steps])
    ratio = min(_ratios(errors[2], errors[3]))
    value = {f"err({n})": max(e) for n, e in zip(steps, errors, strict=True)} | {"ratio": ratio}
    return Outcome(
        figure=_list(value),
        value=value,
        passed=ratio >= 3.0 and value["err(20)"] <= 0.02,
        floor=_FLOOR,
        seeds=SEEDS,
    )


@experiment(
    "A4",
    title="PLMS is of high order",
    claim="Four remembered predictions make PLMS accurate in 50 evaluations.",
    pass_line="err(50) <= 0.002, quadratic grid",
    group="A",
    source="Liu et al. 2022, arXiv:2202.09778, eq. 12",
)
def a4() -> Outcome:
    """Measure the errors at 10 to 100 steps."""
    steps = (10, 20, 50, 100)
    errors = _errors([Plms(PlmsConfig(steps=n)) for n in steps])
    value = {f"err({n})": max(e) for n, e in zip(steps, errors, strict=True)}
    return Outcome(
        figure=_list(value),
        value=value,
        passed=value["err(50)"] <= 0.002,
        floor=_FLOOR,
        seeds=SEEDS,
    )


@experiment(
    "A5",
    title="EDM's Heun sampler is second order",
    claim="Two evaluations a step make Heun's method second order in the noise level.",
    pass_line="err(NFE 35)/err(69) and err(69)/err(139) >= 3.2, and err(35) <= 0.05",
    group="A",
    source="Karras et al. 2022, arXiv:2206.00364, algorithm 1",
)
def a5() -> Outcome:
    """Measure the errors at 18, 35 and 70 steps."""
    samplers = [Heun(HeunConfig(steps=n)) for n in (18, 35, 70)]
    errors = _errors(samplers)
    value = {f"err({s.nfe()})": max(e) for s, e in zip(samplers, errors, strict=True)}
    value["ratio"] = min(_ratios(errors[0], errors[1]) + _ratios(errors[1], errors[2]))
    return Outcome(
        figure=_list(value),
        value=value,
        passed=value["ratio"] >= 3.2 and value["err(35)"] <= 0.05,
        floor=_FLOOR,
        seeds=SEEDS,
    )


def _list(value: dict[str, float]) -> str:
    return ", ".join(f"{name} {number:.2g}" for name, number in value.items())
