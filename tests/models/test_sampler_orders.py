"""The order that a sampler is registered with is the one that it has, on every grid.

Measured with the exact denoiser, in float64, against a solution of the ODE to ten digits.
"""

import math
from functools import lru_cache

import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.entries import SamplerEntry
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import S_MAX, S_MIN, latents, mixture, rms

discover(["pushforward.models.samplers"])
# Of denoisers; what else there is to sample from has tests of its own.
SAMPLERS = [entry for entry in registry.all("sampler") if entry.needs == ("denoiser",)]
MEASURED = [(entry, kind) for entry in SAMPLERS for kind in entry.orders]
N = 60


@lru_cache(maxsize=2)
def solution(s_end: float) -> Tensor:
    """Where the exact ODE carries the latents: D(x, s_end) of the points there."""
    law = mixture()

    def slope(log_s: float, flat):
        x = torch.as_tensor(flat).reshape(N, 2)
        return (x - law.denoise(x, torch.tensor(math.exp(log_s)).double())).numpy().ravel()

    start = (S_MAX * latents(0, N)).numpy().ravel()
    span = (math.log(S_MAX), math.log(s_end))
    found = solve_ivp(slope, span, start, method="DOP853", rtol=1e-10, atol=1e-12)
    return law.denoise(torch.as_tensor(found.y[:, -1]).reshape(N, 2), torch.tensor(s_end).double())


def error(entry: SamplerEntry, kind: str, steps: int) -> float:
    sampler = entry.make(decode(entry.config, {"steps": steps, "grid": {"kind": kind}}))
    ends = sampler.sample(mixture().denoise, latents(0, N), S_MIN, S_MAX)
    # Grids in the noise level end at s_min and denoise there; those in time go on to no noise.
    return rms(ends - solution(1e-6 if kind.startswith("time") else S_MIN))


@pytest.mark.parametrize(
    ("entry", "kind"), MEASURED, ids=[f"{entry.slug}-{kind}" for entry, kind in MEASURED]
)
def test_the_order_is_the_one_that_is_said(entry: SamplerEntry, kind: str):
    measured = math.log(error(entry, kind, 100) / error(entry, kind, 400), 4)
    assert measured == pytest.approx(entry.orders[kind], abs=0.25)


def test_the_order_of_a_sampler_is_that_on_grids_with_a_fixed_end():
    adaptive_or_noisy = {
        "rk45",
        "adaptive-sde",
        "ancestral",
        "annealed-langevin",
        "predictor-corrector",
    }
    everything = {entry.slug for entry in SAMPLERS}
    assert {entry.slug for entry, _ in MEASURED} == everything - adaptive_or_noisy
    for entry, kind in MEASURED:
        if kind in ("edm-rho", "log-snr"):
            assert round(entry.orders[kind]) == entry.order


@pytest.mark.parametrize("entry", SAMPLERS, ids=[entry.slug for entry in SAMPLERS])
def test_a_step_costs_the_evaluations_that_are_said(entry: SamplerEntry):
    sampler = entry.make(entry.config())
    frames = sampler.frames(lambda x, s: 0 * x, latents(0, 2), 0.01, 10.0, make_generator(0))
    _, *spent = {frame.s: frame.nfe for frame in frames}.values()  # with a walk at a level
    assert spent[1] - spent[0] == entry.evaluations


@pytest.mark.parametrize(("nfe", "most"), [(10, 1.0), (15, 0.7), (20, 0.8), (50, 0.5)])
def test_plms_errs_less_than_dpm_solver_at_equal_evaluations(nfe: int, most: float):
    """On the grid that both have by default: neither is best whatever the budget, as was said of
    DPM-Solver++ once.
    """
    plms, dpm = (
        error(registry.get("sampler", slug), "time-quadratic", nfe) for slug in ("plms", "dpmpp-2m")
    )
    assert plms < most * dpm
