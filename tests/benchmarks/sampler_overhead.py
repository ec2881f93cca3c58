"""Cost of samplers over the bare calls of the network, and over the schedulers of diffusers.

    python -m tests.benchmarks.sampler_overhead [--blocks 31] [--rows 4096] [--only deis unipc]

1. Each sampler at its default settings (Langevin: 3 steps a level) against nothing but the calls
   of the network that it makes. At most 1.05 is what we promise. "inside" is the same call of the
   sampler over what of it the network took: of one call, and so less moved by what others do to
   caches and clocks meanwhile.
2. Ours against the scheduler of diffusers with as many evaluations, where diffusers is installed
   (`tests/models/test_sampler_oracles.py` says how). At least 1.0 is what we promise.
3. The exact likelihood by `log_prob_adaptive` against torchdiffeq as one would use it plainly, in
   the time of the variance-preserving path, where torchdiffeq is installed.

As many samples as a run shows particles of, and its network for points: of fewer, or of a smaller
one, a call is over sooner, and what a sampler does between two is more of it.

All sides run in this process on one thread, with memory kept as the engine keeps it, in rounds of
one call each whose order is drawn anew: where two calls of one side come after one another, the
second finds its caches filled. The CPU time of each round gives a ratio, since others on the
machine slow all alike; the median of these is printed with its quartiles, beside the median times.
"""

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.entries import SamplerEntry
from pushforward.models.likelihood import log_prob_adaptive
from pushforward.models.nets.mlp import MLPConfig, TimeMLP
from pushforward.models.paths.gaussian import VariancePreservingLinear, drift
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.base import Sampler
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.process.allocator import keep_freed_memory
from tests.benchmarks.smallest import parse

S_MIN, S_MAX = 0.002, 20.0
Sides = dict[str, Callable[[], object]]


def network() -> Denoiser:
    """An MLP of 3 x 128 units with the preconditioning of EDM."""
    return Denoiser(TimeMLP(MLPConfig(), 2, 2, generator=make_generator(0))).eval()


def made(entry: SamplerEntry) -> Sampler:
    """Return a sampler at its default settings, but for those that walk for long."""
    short = {"walk": 3} if "walk" in entry.config.__struct_fields__ else {}
    sampler: Sampler = entry.make(decode(entry.config, short))
    return sampler


def against_calls(entry: SamplerEntry, rows: int) -> tuple[Sides, list[float]]:
    """The sampler, and the calls that it makes, at points and levels that are there already; and a
    list that grows with each call of the sampler, by the milliseconds of the network in it.
    """
    net, sampler = network(), made(entry)
    latents = torch.randn((rows, 2), generator=make_generator(1))
    asked: list[tuple[Tensor, Tensor]] = []

    def noted(x: Tensor, s: Tensor) -> Tensor:
        asked.append((x, s))
        return net(x, s)

    inside: list[float] = []

    def timed(x: Tensor, s: Tensor) -> Tensor:
        start = time.process_time()
        answer = net(x, s)
        inside[-1] += 1e3 * (time.process_time() - start)
        return answer

    with torch.no_grad():
        sampler.sample(noted, latents, S_MIN, S_MAX, make_generator(2))

    def bare() -> None:
        for x, s in asked:
            net(x, s)

    def ours() -> None:
        inside.append(0.0)
        sampler.sample(timed, latents, S_MIN, S_MAX, make_generator(2))

    return {"bare": bare, "ours": ours}, inside


SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {"clip_sample": False}),
    "ancestral": ("DDPMScheduler", {"clip_sample": False}),
    "plms": ("PNDMScheduler", {"skip_prk_steps": True}),
    "dpmpp-2m": ("DPMSolverMultistepScheduler", {"solver_order": 2}),
    "dpmpp-3m": ("DPMSolverMultistepScheduler", {"solver_order": 3}),
    "deis": ("DEISMultistepScheduler", {"solver_order": 3}),
    "unipc": ("UniPCMultistepScheduler", {"solver_order": 2}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm-solver-2s": ("KDPM2DiscreteScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
}


def against_diffusers(diffusers: Any, slug: str, rows: int) -> Sides:
    """The sampler, and the scheduler with as many evaluations, each with its own levels."""
    net, entry = network(), registry.get("sampler", slug)
    sampler = made(entry)
    latents = torch.randn((rows, 2), generator=make_generator(1))
    name, config = SCHEDULERS[slug]
    nfe = sampler.nfe()
    assert nfe is not None
    steps = (nfe + 1) // entry.evaluations - (slug == "plms")  # PNDM begins with two
    bars = getattr(diffusers, name)(**config).alphas_cumprod
    levels = ((1 - bars) / bars).sqrt()

    def theirs() -> None:
        scheduler = getattr(diffusers, name)(**config)
        scheduler.set_timesteps(steps)
        x = latents * scheduler.init_noise_sigma
        for t in scheduler.timesteps:
            s = levels[int(t)]
            scaled = scheduler.scale_model_input(x, t)
            # What is predicted is the noise; the network is called as by ours.
            xbar = scaled * (1 + s**2).sqrt()
            eps = (xbar - net(xbar, s)) / s
            x = scheduler.step(eps, t, x).prev_sample

    return {
        "theirs": theirs,
        "ours": lambda: sampler.sample(net, latents, S_MIN, S_MAX, make_generator(2)),
    }


def likelihoods(odeint: Any, rows: int) -> Sides:
    """The exact likelihood of some points, to the same tolerance."""
    net, path = network(), VariancePreservingLinear()
    x = torch.randn((rows, 2), generator=make_generator(3))
    ends = path.time(torch.tensor([S_MIN, S_MAX], dtype=torch.float64)).float()

    def slope(u: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            at = state[0].detach().requires_grad_(True)
            rate = drift(path, net, at, u)
            trace = sum(
                torch.autograd.grad(rate[:, i].sum(), at, retain_graph=True)[0][:, i]
                for i in range(2)
            )
        return rate.detach(), trace

    def plain() -> None:
        odeint(slope, (x, torch.zeros(rows)), ends, rtol=1e-5, atol=1e-5, method="dopri5")

    return {"plain": plain, "ours": lambda: log_prob_adaptive(net, x, S_MIN, S_MAX)}


def measure(sides: Sides, blocks: int) -> dict[str, list[float]]:
    """Return the milliseconds of each side, round by round."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    drawn = random.Random(0)
    for block in range(blocks + 2):
        for name, side in drawn.sample(list(sides.items()), len(sides)):
            start = time.process_time()
            side()
            if block >= 2:  # the first calls pay for allocations and caches
                times[name].append(1e3 * (time.process_time() - start))
    return times


def report(title: str, sides: Sides, blocks: int, over: str, inside: Sequence[float] = ()) -> None:
    """Measure the sides, and print how many times as long the other takes as ``over``, and as what
    it spends ``inside`` of the network, where that grows with its calls.
    """
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = measure(sides, blocks)
    (other,) = found.keys() - {over}
    each = "".join(f"{statistics.median(found[name]):10.2f}" for name in (over, other))
    low, middle, high = statistics.quantiles(_ratios(found[other], found[over]), n=4)
    own = ""
    if inside:
        own = f"{statistics.median(_ratios(found[other], inside[-blocks:])):9.3f}"
    print(f"{title:24}{each}{middle:9.3f}   {low:.3f} to {high:.3f}{own}", flush=True)


def _ratios(some: list[float], others: list[float]) -> list[float]:
    return [a / b for a, b in zip(some, others, strict=True)]


def installed(name: str) -> Any:
    """Return a module, None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return __import__(name)
    except ImportError:
        print(f"{name} is not installed: left out")
        return None


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Samplers against the bare network.")
    parser.add_argument("--blocks", type=int, default=31, help="rounds")
    parser.add_argument("--rows", type=int, default=4096, help="samples at once")
    parser.add_argument("--only", nargs="*", default=[], help="slugs of samplers")
    told = parse(parser, argv, blocks=3, rows=16, only=["heun"])
    torch.set_num_threads(1)
    keep_freed_memory()
    discover(["pushforward.models.samplers"])
    entries = [e for e in registry.all("sampler") if e.needs == ("denoiser",)]
    slugs = [e.slug for e in entries if not told.only or e.slug in told.only]
    print(f"MLP 3 x 128, {told.rows} rows, one thread; median of {told.blocks} rounds")
    print(f"{'sampler':24}{'bare ms':>10}{'ours ms':>10}{'ratio':>9}   (quartiles)     inside")
    for slug in slugs:
        sides, inside = against_calls(registry.get("sampler", slug), told.rows)
        report(slug, sides, told.blocks, "bare", inside)
    if (diffusers := installed("diffusers")) is not None:
        print(f"{'sampler':24}{'ours ms':>10}{'theirs ms':>10}{'ratio':>9}   (at least 1.0)")
        for slug in (slug for slug in slugs if slug in SCHEDULERS):
            sides = against_diffusers(diffusers, slug, told.rows)
            report(slug, sides, told.blocks, over="ours")
    if not told.only and (ode := installed("torchdiffeq")) is not None:
        print(f"{'likelihood':24}{'ours ms':>10}{'plain ms':>10}{'ratio':>9}")
        sides = likelihoods(ode.odeint, told.rows)
        report("exact trace, tol 1e-5", sides, max(3, told.blocks // 4), over="ours")


if __name__ == "__main__":
    main()
