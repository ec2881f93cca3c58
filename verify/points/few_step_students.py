"""8B: students that sample in one or two steps: by halving, without a teacher, and by heart."""

from functools import cache

import torch
from torch import Tensor

from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.families.one_step_distillation import (
    TEACHER,
    OneStepDistillation,
    OneStepDistillationConfig,
)
from pushforward.models.kinds.points import PointSet
from pushforward.models.samplers.consistency import Multistep, MultistepConfig
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import latents, mixture
from pushforward.verify.points.few_step_ring import (
    BATCH,
    DRAWS,
    SECOND_LINE,
    N,
    RingQuality,
    draw_ring,
    judge_draws,
    on_ring,
    reported,
    ring,
    ring_baselines,
    ring_nulls,
    stepped,
)

__all__ = ["by_heart", "progressive", "without_a_teacher"]

_PROGRESSIVE, _CONSISTENCY, _PAIRED = 10_000, 8000, 4000
_LINE = 0.12
_BATCHES = 3006
_CPU = torch.device("cpu")


def _good(quality: RingQuality) -> bool:
    return quality.sw2 <= _LINE and quality.is_learned


def _by_halving(bench: Bench, steps: int) -> Outcome:
    trial = ring("progressive-distillation", steps)
    title = "2 steps"
    found = {s: on_ring(bench.train(trial, s), None, s) for s in bench.seeds([0])}
    return reported({title: found}, lambda by: _good(by[title]))


def _exact_ddim() -> Outcome:
    """Judge two DDIM steps of the exact denoiser on the grid of the students."""
    title = "2 steps"
    sampler = Ddim(DdimConfig(steps=2, grid=GridConfig(kind="time-uniform", path="vp-cosine")))
    draws = [sampler.sample(mixture().denoise, latents(d, N), 0.002, 20.0) for d in range(DRAWS)]
    found = judge_draws(draws, _points().x)
    return reported({title: {0: found}}, lambda by: _good(by[title]))


@experiment(
    "8B-progressive",
    title="16 steps become 8, 4, 2",
    claim="A diffusion that learned for 4000 steps and was distilled in three rounds of 2000, an "
    "MLP of 3 x 128, samples the ring in two DDIM steps; the exact denoiser does not.",
    pass_line=f"in 2 steps sliced W2 <= .12, {SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Salimans and Ho 2022, arXiv:2202.00512, algorithm 2",
    slow=True,
    nulls=[
        Null("two steps of the exact denoiser", _exact_ddim),
        *ring_nulls(_good),
    ],
    baselines=ring_baselines(_good),
)
def progressive(bench: Bench) -> Outcome:
    """Train the teacher and its students in one run."""
    return _by_halving(bench, _PROGRESSIVE)


def _consistent(bench: Bench, steps: int) -> Outcome:
    found = {
        stepped(n): {
            seed: on_ring(
                bench.train(ring("consistency-training", steps), seed),
                Multistep(MultistepConfig(steps=n)),
                seed,
            )
            for seed in bench.seeds([0])
        }
        for n in (1, 2)
    }
    return reported(found, lambda by: _good(by[stepped(1)]))


@experiment(
    "8B-ct",
    title="Consistency without a teacher",
    claim="A consistency model that was trained on data alone, with the improvements of iCT, "
    "samples the ring in one step.",
    pass_line=f"in 1 step sliced W2 <= .12, {SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Song et al. 2023, arXiv:2303.01469, algorithm 3; Song and Dhariwal 2023, "
    "arXiv:2310.14189",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _consistent(bench, 1)),
        *ring_nulls(_good),
    ],
    baselines=ring_baselines(_good),
)
def without_a_teacher(bench: Bench) -> Outcome:
    """Train, and sample in one step and in two."""
    return _consistent(bench, _CONSISTENCY)


@cache
def _points() -> PointSet:
    return eight_gaussians(EightGaussiansConfig(), 20_000, 0)


@cache
def _learned_by_heart(steps: int, seed: int) -> OneStepDistillation:
    points = _points()
    spec = points.spec()
    teacher = ExactFlow(ExactFlowConfig(), spec, horizon=1, seed=0, device=_CPU)
    made = OneStepDistillation(
        OneStepDistillationConfig(),
        spec,
        horizon=_PAIRED,
        seed=seed,
        device=_CPU,
        inputs={TEACHER: teacher},
    )
    x, order = spec.standardise(points.x), make_generator(seed, _BATCHES)
    for _ in range(steps):
        made.step(x[torch.randint(len(x), (BATCH,), generator=order)])
    return made


def _learned_points(model: OneStepDistillation) -> Tensor:
    """Return the ends of the pairs that a model learned; data points before there are any."""
    if not len(model.pairs):
        return _points().x
    return model.spec.restore(model.pairs.ends().x)


def _heart(bench: Bench, steps: int) -> Outcome:
    title = "1 pass"
    found = {}
    for seed in bench.seeds([0]):
        model = _learned_by_heart(steps, seed)
        draws = [draw_ring(model, None, seed, i) for i in range(DRAWS)]
        found[seed] = judge_draws(draws, _learned_points(model), seed)
    return reported({title: found}, lambda by: _good(by[title]))


@experiment(
    "8B-one-step",
    title="An ODE by heart",
    claim="A generator that regresses the ends of 30,000 paths of the exact denoiser's ODE from "
    "their noise samples the ring in one pass.",
    pass_line=f"in 1 pass sliced W2 <= .12, {SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Luhman and Luhman 2021, arXiv:2101.02388, section 3",
    slow=True,
    nulls=[
        Null("a student before its lessons", lambda bench: _heart(bench, 0)),
        *ring_nulls(_good),
    ],
    baselines=ring_baselines(_good),
)
def by_heart(bench: Bench) -> Outcome:
    """Draw the pairs, and learn them."""
    return _heart(bench, _PAIRED)
