"""Samplers agree number by number with k-diffusion and diffusers where these mean the same.

Neither is needed by anything else here, so the tests are skipped where they are not installed.
To run them, put both and what they import, and no second torch, into a folder of their own:

    pip install --no-deps --target oracles k-diffusion torchdiffeq torchsde trampoline tqdm \
        diffusers huggingface-hub importlib-metadata zipp requests urllib3 certifi idna pyyaml \
        charset-normalizer httpx httpcore h11 anyio httpx2 httpcore2 truststore regex pillow fsspec
    PYTHONPATH=oracles pytest -rs tests/models/test_sampler_oracles.py

Compared in float64 with k-diffusion. The schedulers of diffusers hold their levels, and some their
samples, in float32. Not compared, for they mean something else: PNDM starts with two evaluations at
one level, DPM-Solver++ (3M) of k-diffusion has another second step, its LMS keeps the order into
the last step, to no noise, where DDPM of diffusers with the large variance still adds some; DEIS of
diffusers ends at a level above it, and UniPC lowers its order on the last two steps, too.
"""

import importlib
import importlib.util
import sys
import types
import warnings
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.base import GridSampler
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import latents, mixture

discover(["pushforward.models.samplers"])
N, STEPS = 50, 20
LAW = mixture()


def walk(slug: str, settings: dict[str, Any], levels: list[float]) -> list[Tensor]:
    """Our points at each of some levels."""
    entry = registry.get("sampler", slug)
    sampler: GridSampler = entry.make(decode(entry.config, settings))
    sampler.levels = lambda low, high: levels
    frames = sampler.frames(LAW.denoise, latents(0, N), 0.01, 20.0, make_generator(1))
    return [frame.x for frame in frames]


@pytest.fixture
def kdiffusion(monkeypatch) -> Any:
    """The samplers of k-diffusion alone: its other modules want libraries for images."""
    found = importlib.util.find_spec("k_diffusion")
    if found is None:
        pytest.skip("k-diffusion is not installed; see the head of this file")
    package, utils = types.ModuleType("k_diffusion"), types.ModuleType("k_diffusion.utils")
    package.__path__ = list(found.submodule_search_locations or ())
    package.utils = utils
    utils.append_dims = lambda x, dims: x[(...,) + (None,) * (dims - x.ndim)]
    monkeypatch.setitem(sys.modules, "k_diffusion", package)
    monkeypatch.setitem(sys.modules, "k_diffusion.utils", utils)
    monkeypatch.delitem(sys.modules, "k_diffusion.sampling", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("k_diffusion.sampling")
    monkeypatch.delitem(sys.modules, "k_diffusion.sampling")
    return module


K_DIFFUSION = [
    ("ddim", {}, "sample_euler", {}),
    ("ddim", {"eta": 1.0}, "sample_euler_ancestral", {}),
    ("ancestral", {"variance": "small"}, "sample_euler_ancestral", {}),
    ("ddim", {"eta": 0.5}, "sample_euler_ancestral", {"eta": 0.5}),
    ("heun", {}, "sample_heun", {}),
    ("dpm-solver-2s", {}, "sample_dpm_2", {}),
    ("dpmpp-2s", {}, "sample_dpmpp_2s_ancestral", {"eta": 0.0}),
    ("dpmpp-2m", {}, "sample_dpmpp_2m", {}),
    ("lms", {"order": 4}, "sample_lms", {"order": 4}),
    ("lms", {"order": 2}, "sample_lms", {"order": 2}),
]


@pytest.mark.parametrize(("slug", "settings", "name", "more"), K_DIFFUSION)
def test_k_diffusion_agrees(kdiffusion, slug, settings, name, more):
    grid = make_grid(GridConfig(), STEPS, 0.02, 20.0)
    early = 1 if slug == "lms" else 0
    mine = walk(slug, settings, [float(s) for s in grid])
    theirs: list[Tensor] = []
    noise = make_generator(1)
    if "eta" in more or "ancestral" in name:
        more = more | {
            "noise_sampler": lambda a, b: torch.randn(N, 2, generator=noise, dtype=torch.float64)
        }
    start = mine[0]
    end = getattr(kdiffusion, name)(
        LAW.denoise, start, grid, callback=lambda told: theirs.append(told["x"]), disable=True,
        **more,
    )  # fmt: skip
    theirs.append(end)
    assert len(theirs) == len(mine)
    for a, b in list(zip(mine, theirs, strict=True))[: len(mine) - early]:
        torch.testing.assert_close(a, b, rtol=0, atol=1e-9)


def test_dpm_solver_3_of_k_diffusion_agrees(kdiffusion):
    levels = [9.0, 3.0, 1.2, 0.4, 0.1, 0.0]
    solver = kdiffusion.DPMSolver(LAW.denoise)
    x, found = latents(0, N) * levels[0], []
    for a, b in pairwise(levels[:-1]):
        a, b = (-torch.tensor(s, dtype=torch.float64).log() for s in (a, b))
        x, _ = solver.dpm_solver_3_step(x, a, b)
        found.append(x)
    for mine, theirs in zip(walk("dpm-solver-3s", {}, levels)[1:-1], found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-10)


@pytest.fixture(scope="module")
def diffusers() -> Any:
    if importlib.util.find_spec("diffusers") is None:
        pytest.skip("diffusers is not installed; see the head of this file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("diffusers")


PLAIN = {"clip_sample": False}
MULTISTEP = {"solver_order": 3, "final_sigmas_type": "zero"}
# Ours, theirs, its settings and those of its steps, and the steps at the end taken otherwise.
DIFFUSERS = [
    ("ddim", {}, "DDIMScheduler", PLAIN, {}, 0),
    ("ddim", {"eta": 1.0}, "DDIMScheduler", PLAIN, {"eta": 1.0}, 0),
    ("ancestral", {"variance": "small"}, "DDPMScheduler", PLAIN, {}, 0),
    ("ancestral", {"variance": "large"}, "DDPMScheduler",
     PLAIN | {"variance_type": "fixed_large"}, {}, 1),
    ("dpmpp-2m", {}, "DPMSolverMultistepScheduler", MULTISTEP | {"solver_order": 2}, {}, 0),
    ("dpmpp-3m", {}, "DPMSolverMultistepScheduler", MULTISTEP, {}, 0),
    ("deis", {"variable": "log-s", "order": 2}, "DEISMultistepScheduler",
     {"solver_order": 2}, {}, 1),
    ("deis", {"variable": "log-s", "order": 3}, "DEISMultistepScheduler",
     {"solver_order": 3}, {}, 1),
    ("unipc", {"order": 1}, "UniPCMultistepScheduler", MULTISTEP | {"solver_order": 1}, {}, 0),
    ("unipc", {"order": 2}, "UniPCMultistepScheduler", MULTISTEP | {"solver_order": 2}, {}, 0),
    ("unipc", {"order": 3}, "UniPCMultistepScheduler", MULTISTEP, {}, 2),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its use of numpy
@pytest.mark.parametrize(("slug", "settings", "name", "config", "steps", "early"), DIFFUSERS)
def test_diffusers_agree(diffusers, slug, settings, name, config, steps, early):
    scheduler = getattr(diffusers, name)(timestep_spacing="trailing", **config)
    scheduler.set_timesteps(STEPS)
    bars = [float(scheduler.alphas_cumprod[t]) for t in scheduler.timesteps]
    levels = [((1 - bar) / bar) ** 0.5 for bar in bars] + [0.0]
    mine = walk(slug, settings, levels)

    x, theirs = mine[0] * bars[0] ** 0.5, []
    noise = make_generator(1)
    if "DD" in name:
        steps = steps | {"generator": noise}
    for t, bar, s in zip(scheduler.timesteps, bars, levels, strict=False):
        at = x.double() / bar**0.5
        eps = (at - LAW.denoise(at, torch.tensor(s, dtype=torch.float64))) / s
        x = scheduler.step(eps, t, x, **steps).prev_sample
        theirs.append(x)
    alphas = [*(bar**0.5 for bar in bars[1:]), 1.0]
    pairs = list(zip(mine[1:], theirs, alphas, strict=True))
    for a, b, alpha in pairs[: len(pairs) - early]:
        torch.testing.assert_close(a * alpha, b.double(), rtol=0, atol=1e-4)
