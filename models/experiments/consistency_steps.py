"""K1: a consistency model makes in one evaluation what its teacher needs 35 for."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from models.config import Pick
from models.contracts.batch import Batch
from models.contracts.family import Family
from models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from models.experiments.base import Null, Outcome, experiment
from models.families.consistency_distillation import (
    TEACHER,
    ConsistencyDistillation,
    ConsistencyDistillationConfig,
)
from models.families.exact_flow import ExactFlow, ExactFlowConfig
from models.metrics.base import Evidence
from models.metrics.samples.sliced import SlicedConfig, SlicedW2
from models.samplers.base import Sampler
from models.samplers.consistency import Multistep, MultistepConfig
from models.samplers.ddim import Ddim, DdimConfig
from models.samplers.heun import Heun, HeunConfig
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["K1_LINE", "k1"]

K1_LINE = 0.15
_STEPS, _BATCH, _N = 1500, 256, 2000
_SEEDS = [0, 1]
_CPU = torch.device("cpu")
_DATA = eight_gaussians(EightGaussiansConfig(), 20_000, 0)
_CONFIG = ConsistencyDistillationConfig(
    net=Pick(slug="mlp", config={"width": 64}),
    weight="gap",
    optimizer=OptimizerConfig(lr=2e-3, schedule="cosine"),
)


@cache
def _teacher() -> ExactFlow:
    return ExactFlow(ExactFlowConfig(), _DATA.spec(), horizon=1, seed=0, device=_CPU)


@cache
def student(seed: int, steps: int = _STEPS) -> ConsistencyDistillation:
    """Return a consistency model of the exact denoiser, taught so many steps."""
    made = ConsistencyDistillation(
        _CONFIG, _DATA.spec(), horizon=_STEPS, seed=seed, device=_CPU, inputs={TEACHER: _teacher()}
    )
    x, order = _DATA.spec().standardise(_DATA.x), make_generator(seed, 7)
    for _ in range(steps):
        made.step(x[torch.randint(len(x), (_BATCH,), generator=order)])
    return made


def distance(family: Family[Any], sampler: Sampler, seed: int) -> float:
    """Return the sliced W2 of 2,000 samples to as many fresh points."""
    latents = family.prior(_N, make_generator(seed, 8))
    x = latents.x
    with torch.no_grad():
        for frame in family.flow(latents, sampler=sampler, generator=make_generator(seed, 9)):
            x = frame.x
    return to_data(family.spec.restore(x), seed)


def to_data(samples: Tensor, seed: int) -> float:
    """Return the sliced W2 of samples to as many fresh points."""
    real = eight_gaussians(EightGaussiansConfig(), len(samples), 1000 + seed)
    evidence = Evidence(real, make_generator(seed, 10), made=Batch(samples))
    return SlicedW2(SlicedConfig()).measure(evidence).value


def _steps(count: int) -> Sampler:
    return Multistep(MultistepConfig(steps=count))


def _mean(measure: Callable[[int], float]) -> float:
    return sum(map(measure, _SEEDS)) / len(_SEEDS)


def _outcome(figures: dict[str, float], held: str) -> Outcome:
    floor = _mean(
        lambda seed: to_data(eight_gaussians(EightGaussiansConfig(), _N, seed + 50).x, seed)
    )
    return Outcome(
        figure="; ".join(f"{name}: SW2 {value:.3f}" for name, value in figures.items()),
        value=figures,
        passed=figures[held] <= K1_LINE,
        floor=f"real against real: SW2 {floor:.3f}, mean of {len(_SEEDS)} pairs",
        seeds=_SEEDS,
    )


def _null(title: str, measure: Callable[[int], float]) -> Null:
    return Null(title, lambda: _outcome({title: _mean(measure)}, title))


@experiment(
    "K1",
    title="One step instead of 35 evaluations",
    claim="A consistency model that is taught by the exact denoiser gives in one evaluation "
    "samples about as good as the denoiser's own by Heun's method in 18 steps; the denoiser's one "
    "Euler step and a student before its lessons do not.",
    pass_line=f"SW2 of 2000 samples in one step <= {K1_LINE:g}, mean of 2 trainings",
    group="K",
    source="Song et al. 2023, arXiv:2303.01469, algorithms 1 and 2",
    slow=True,
    nulls=[
        _null(
            "a student before its lessons", lambda seed: distance(student(seed, 0), _steps(1), seed)
        ),
        _null(
            "the teacher's one Euler step",
            lambda seed: distance(_teacher(), Ddim(DdimConfig(steps=1)), seed),
        ),
    ],
)
def k1() -> Outcome:
    """Teach, and compare one and two steps with the teacher's ODE."""
    heun = Heun(HeunConfig(steps=18))
    figures = {
        "one step": _mean(lambda seed: distance(student(seed), _steps(1), seed)),
        "two steps": _mean(lambda seed: distance(student(seed), _steps(2), seed)),
        "teacher, 35 evaluations": _mean(lambda seed: distance(_teacher(), heun, seed)),
    }
    return _outcome(figures, "one step")
