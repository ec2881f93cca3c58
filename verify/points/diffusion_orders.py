"""A2 to A5: samplers have the order they claim, measured with the exact denoiser.

The error is the rms distance of 2000 end points from the solution of the ODE (Heun, 800 steps)
from the same noise; the worst seed counts.
"""

import math
from collections.abc import Callable, Sequence

from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.dpmpp2m import DpmSolverPlusPlus2M, DpmSolverPlusPlus2MConfig
from pushforward.models.samplers.grids import GridConfig, GridName
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.samplers.plms import Plms, PlmsConfig
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import (
    S_MAX,
    S_MIN,
    SEEDS,
    latents,
    mixture,
    rms,
    solution,
)

__all__ = ["a2", "a3", "a4", "a5", "errors_of", "listed", "ratios_of", "sampling_error"]

_FLOOR = "0 at infinitely many steps; the reference solution itself is good to about 1e-5"


def sampling_error(sampler: Sampler, seed: int, n: int = 2000) -> float:
    """Return the rms distance of a sampler's ends from the exact ODE's."""
    ends = sampler.sample(mixture().denoise, latents(seed, n), S_MIN, S_MAX)
    return rms(ends - solution(seed, n))


def errors_of(samplers: Sequence[Sampler]) -> list[list[float]]:
    """Return errors by sampler and seed."""
    return [[sampling_error(s, seed) for seed in SEEDS] for s in samplers]


def ratios_of(coarse: list[float], fine: list[float]) -> list[float]:
    """Return by how much errors fall, by seed."""
    return [a / b for a, b in zip(coarse, fine, strict=True)]


# A sampler from its number of steps.
Make = Callable[[int], Sampler]


def _ddim(kind: GridName) -> Make:
    return lambda n: Ddim(DdimConfig(steps=n, grid=GridConfig(kind=kind)))


def _dpm(kind: GridName) -> Make:
    grid = GridConfig(kind=kind)
    return lambda n: DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=n, grid=grid))


def _plms(kind: GridName) -> Make:
    return lambda n: Plms(PlmsConfig(steps=n, grid=GridConfig(kind=kind)))


def _heun(kind: GridName) -> Make:
    return lambda n: Heun(HeunConfig(steps=n, grid=GridConfig(kind=kind)))


# A null is a sampler of another order, held to the same line on the same grids.
OnGrid = Callable[[GridName], Make]
_QUADRATIC: GridName = "time-quadratic"


def _first_order(make: OnGrid) -> Outcome:
    grids: tuple[GridName, ...] = ("log-snr", _QUADRATIC)
    value: dict[str, float] = {}
    for kind in grids:
        coarse, fine = errors_of([make(kind)(n) for n in (50, 100)])
        ratios = ratios_of(coarse, fine)
        value |= {f"{kind} lowest": min(ratios), f"{kind} highest": max(ratios)}
    return Outcome(
        figure=", ".join(f"{name} {ratio:.2f}" for name, ratio in value.items()),
        value=value,
        passed=all(1.8 <= ratio <= 2.2 for ratio in value.values()),
        floor="2 for a first-order method",
        seeds=SEEDS,
    )


@experiment(
    "A2",
    title="DDIM is first order",
    claim="DDIM is Euler's method in s, so halving its steps doubles its error.",
    pass_line="err(50)/err(100) in 1.8-2.2, on the log-SNR and the quadratic grid",
    group="A",
    source="Song, Meng & Ermon 2021, arXiv:2010.02502, eq. 14",
    nulls=[Null("Heun's method, which is second order", lambda: _first_order(_heun))],
)
def a2() -> Outcome:
    """Measure the ratio on both grids."""
    return _first_order(_ddim)


def _second_order(make: OnGrid) -> Outcome:
    steps = (10, 20, 50, 100)
    errors = errors_of([make(_QUADRATIC)(n) for n in steps])
    ratio = min(ratios_of(errors[2], errors[3]))
    value = {f"err({n})": max(e) for n, e in zip(steps, errors, strict=True)} | {"ratio": ratio}
    return Outcome(
        figure=listed(value),
        value=value,
        passed=ratio >= 3.0 and value["err(20)"] <= 0.02,
        floor=_FLOOR,
        seeds=SEEDS,
    )


@experiment(
    "A3",
    title="DPM-Solver++ (2M) is second order",
    claim="One remembered evaluation makes DPM-Solver++ second order.",
    pass_line="err(50)/err(100) >= 3 and err(20) <= 0.02, quadratic grid",
    group="A",
    source="Lu et al. 2022, arXiv:2211.01095, theorem 4.1",
    nulls=[Null("DDIM, which is first order", lambda: _second_order(_ddim))],
)
def a3() -> Outcome:
    """Measure the ratio and the error at 20 steps."""
    return _second_order(_dpm)


def _remembers_more(make: OnGrid) -> Outcome:
    steps = (10, 15, 20, 50)
    errors, others = (errors_of([m(_QUADRATIC)(n) for n in steps]) for m in (make, _dpm))
    coarse, fine = errors_of([make("log-snr")(n) for n in (100, 200)])
    orders = [math.log2(ratio) for ratio in ratios_of(coarse, fine)]
    pairs = dict(zip(steps, zip(errors, others, strict=True), strict=True))
    value = {f"err({n})": max(mine) for n, (mine, _) in pairs.items()}
    value |= {f"of 2M's at {n}": max(ratios_of(mine, other)) for n, (mine, other) in pairs.items()}
    value |= {"lowest order": min(orders), "highest order": max(orders)}
    second = min(orders) >= 1.7 and max(orders) <= 2.3
    return Outcome(
        figure=listed(value),
        value=value,
        passed=second and value["err(50)"] <= 0.002 and value["of 2M's at 50"] <= 0.5,
        floor=_FLOOR,
        seeds=SEEDS,
    )


@experiment(
    "A4",
    title="PLMS is second order, with a small error",
    claim="Three remembered predictions do not make PLMS fourth order, as its weights would with "
    "even steps: it is second order, and in 50 evaluations has less than half of DPM-Solver++'s "
    "error.",
    pass_line="err(50) <= 0.002 and <= half of DPM-Solver++ (2M)'s, quadratic grid; order from 100 "
    "to 200 steps in 1.7-2.3, log-SNR grid",
    group="A",
    source="Liu et al. 2022, arXiv:2202.09778, eq. 12",
    nulls=[
        Null("DPM-Solver++ (2M)", lambda: _remembers_more(_dpm)),
        Null("DDIM", lambda: _remembers_more(_ddim)),
    ],
)
def a4() -> Outcome:
    """Measure the errors at 10 to 50 steps, and the order."""
    return _remembers_more(_plms)


def _heun_like(make: Make) -> Outcome:
    samplers = [make(n) for n in (18, 35, 70)]
    errors = errors_of(samplers)
    nfe = [sampler.nfe() for sampler in samplers]
    value = {f"err({n})": max(e) for n, e in zip(nfe, errors, strict=True)}
    value["ratio"] = min(ratios_of(errors[0], errors[1]) + ratios_of(errors[1], errors[2]))
    return Outcome(
        figure=listed(value),
        value=value,
        passed=value["ratio"] >= 3.2 and max(errors[0]) <= 0.05,
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
    nulls=[
        Null("Euler's method in as many steps", lambda: _heun_like(_ddim("edm-rho"))),
        Null(
            "Euler's method in as many evaluations",
            lambda: _heun_like(lambda n: _ddim("edm-rho")(2 * n - 1)),
        ),
    ],
)
def a5() -> Outcome:
    """Measure the errors at 18, 35 and 70 steps."""
    return _heun_like(_heun("edm-rho"))


def listed(value: dict[str, float]) -> str:
    """Return named numbers as a line."""
    return ", ".join(f"{name} {number:.2g}" for name, number in value.items())
