"""8B: learned schedules and variances lower the bound of a denoiser or the variance of its
estimate.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pushforward.models.bound import Variance, discrete_bound, fixed_large, fixed_small
from pushforward.models.bound_spread import Moments, error_at
from pushforward.models.contracts.abilities import HasDenoiser, HasReverseVariance
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.denoisers.densities import Density, LogUniform
from pushforward.models.denoisers.times import TimesName
from pushforward.models.families.edm import Edm
from pushforward.models.paths.gaussian import VariancePreservingCosine
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_bound import entropy
from pushforward.verify.points.diffusion_ring import SEEDS, mixture, real
from pushforward.verify.points.few_step_ring import ring

__all__ = ["learned_schedule", "learned_variance"]

_STEPS = 2000
_T, _ROWS = 100, 4000
_GAIN = 0.02
_NOISE = 3310
_CELLS, _LESS, _BATCH = 64, 0.8, 128
_TIMES: tuple[TimesName, ...] = ("independent", "antithetic", "low-discrepancy", "importance")
_IDDPM: Mapping[str, Any] = {
    "precond": "eps",
    "weight": "simple",
    "density": "uniform-time",
    "path": "vp-cosine",
    "variance": "learned",
    "variance_steps": _T,
}
_VDM: Mapping[str, Any] = {
    "precond": "eps",
    "weight": "likelihood",
    "density": "uniform-time",
    "path": "learned",
}


def _unseen(learner: Learner[Any], seed: int) -> Batch:
    """Return points that no training saw, standardised."""
    return Batch(learner.spec.standardise(real(seed, _ROWS).x))


def _bits(learner: Learner[Any], variance: Variance, seed: int) -> float:
    """Return the bound with 100 steps even in the time of the cosine path, in bits a number."""
    assert isinstance(learner, HasDenoiser)
    path, rows = VariancePreservingCosine(), _unseen(learner, seed)
    first, last = path.time(torch.tensor(learner.noise_range)).tolist()
    levels = path.s(torch.linspace(first, last, _T + 1))
    noise = make_generator(seed, _NOISE)
    with torch.no_grad():
        bound = discrete_bound(learner.denoiser(rows), rows, levels, noise, variance=variance)
    nats = bound.total.double() + learner.spec.log_scale(rows)
    return float(nats.mean()) / (2 * math.log(2))


def _half(x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
    """The geometric mean of the known variances: what one is before it is learned."""
    return (fixed_small(x, s, s_next) * fixed_large(x, s, s_next)).sqrt()


def _gained(bench: Bench, steps: int, *, learned: bool = True) -> Outcome:
    """Compare with the better of the known variances: one denoiser, one noise."""
    told, gains, seeds = [], [], bench.seeds(SEEDS)
    for seed in seeds:
        learner = bench.train(ring("edm", steps, _IDDPM), seed).learner
        assert isinstance(learner, HasDenoiser)
        denoise = learner.denoiser()
        assert isinstance(denoise, HasReverseVariance)
        between = denoise.reverse_variance if learned else _half
        found = {
            name: _bits(learner, variance, seed)
            for name, variance in (
                ("small", fixed_small),
                ("large", fixed_large),
                ("between", between),
            )
        }
        gains.append(min(found["small"], found["large"]) - found["between"])
        told.append(f"seed {seed}: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()))
    least = entropy(mixture()) / (2 * math.log(2))
    return Outcome(
        figure="bits a number: " + "; ".join(told),
        value={"gain": min(gains)},
        passed=min(gains) >= _GAIN,
        floor=f"the entropy of the data, {least:.3f} bits a number",
        seeds=seeds,
    )


@experiment(
    "8B-iddpm",
    title="A learned variance lowers the bound",
    claim="The variance of reverse steps that a second network learns has a lower bound at 100 "
    "steps of the cosine path than either variance that is known, with the same denoiser.",
    pass_line="lower than the fixed small and than the fixed large variance by >= .02 bits a "
    "number (4000 unseen points, the same noise)",
    group="8B",
    source="Nichol & Dhariwal 2021, arXiv:2102.09672, eqs. 15-16 and figure 4",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _gained(bench, 1)),
        Null(
            "halfway between the known ones",
            lambda bench: _gained(bench, _STEPS, learned=False),
        ),
    ],
)
def learned_variance(bench: Bench) -> Outcome:
    """Train both networks, and compare three variances."""
    return _gained(bench, _STEPS)


def _moments(learner: Learner[Any], seed: int) -> Moments:
    assert isinstance(learner, HasDenoiser)
    rows, noise = _unseen(learner, seed), make_generator(seed, _NOISE)
    denoise = learner.denoiser(rows)
    levels, width = Moments.levels(*learner.noise_range, _CELLS)
    with torch.no_grad():
        each = [error_at(denoise, rows, s, noise) for s in levels.float().unbind()]
    errors = torch.stack(each, dim=1).double()
    return Moments(levels, errors.mean(dim=0), errors.square().mean(dim=0), width)


def _calmer(bench: Bench, steps: int) -> Outcome:
    """Compare the learned schedule with the one that it began with, by the same network."""
    told, ratios, seeds = [], [], bench.seeds(SEEDS)
    for seed in seeds:
        learner = bench.train(ring("edm", steps, _VDM), seed).learner
        assert isinstance(learner, Edm)
        moments = _moments(learner, seed)
        laws: dict[str, Density] = {
            "learned": learner.field.density,
            "linear": LogUniform(*learner.noise_range),
        }
        one = {name: moments.one_draw(law) for name, law in laws.items()}
        ratios.append(one["learned"] / one["linear"])
        batch = ", ".join(
            f"{times} {moments.of_batch(times, laws['learned'], _BATCH):.2f}" for times in _TIMES
        )
        told.append(
            f"seed {seed}: learned {one['learned']:.0f}, linear {one['linear']:.0f}; of the mean "
            f"over {_BATCH} rows {batch}"
        )
    return Outcome(
        figure="variance of the bound's diffusion term, nats^2, from one draw: " + "; ".join(told),
        value={"ratio": max(ratios)},
        passed=max(ratios) <= _LESS,
        floor="1, of the schedule that it begins with, log-SNR linear in time",
        seeds=seeds,
    )


@experiment(
    "8B-vdm",
    title="A learned schedule makes the bound calmer",
    claim="The noise schedule of VDM, a monotone network that is trained to do so, makes an "
    "estimate of the diffusion term vary less than log-SNR linear in time does.",
    pass_line="variance of the estimate from one draw <= .8 of that with log-SNR linear in time "
    "(4000 unseen points at 64 levels)",
    group="8B",
    source="Kingma et al. 2021, arXiv:2107.00630, section 5.2 and appendix I.2",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _calmer(bench, 1))],
)
def learned_schedule(bench: Bench) -> Outcome:
    """Train network and schedule, and compare."""
    return _calmer(bench, _STEPS)
