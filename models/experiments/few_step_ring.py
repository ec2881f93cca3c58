"""What the experiments on few steps share: eight Gaussians learned by a bench, and judged.

A trained model is judged by the mean of eight comparisons of 2000 samples with 2000 fresh points:
a single one is too noisy for the pass lines (see A7). Importing this module registers nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from models.contracts.family import Family
from models.contracts.learner import Learner
from models.experiments.base import Null, Outcome
from models.experiments.bench import Bench, Trial
from models.experiments.diffusion_ring import Judgement, floors, judge, mean, real
from models.experiments.wrong_laws import best_gaussian
from models.samplers.flow_ode import FlowOde, FlowOdeConfig
from models.tensors import make_generator

__all__ = [
    "BATCH",
    "DRAWS",
    "N",
    "drawn",
    "euler",
    "gaussian_null",
    "on_ring",
    "reported",
    "ring",
    "stepped",
]

DRAWS, N, BATCH = 8, 2000, 512
_PRIOR, _NOISE = 3100, 3200


def ring(
    family: str, steps: int, config: Mapping[str, Any] | None = None, batch: int = BATCH
) -> Trial:
    """Return a training on eight Gaussians."""
    return Trial(family, "eight-gaussians", steps, config or {}, training={"batch": batch})


def stepped(steps: int) -> str:
    """Return a number of steps in words."""
    return "1 step" if steps == 1 else f"{steps} steps"


def euler(steps: int) -> FlowOde:
    """Return Euler's method in flow time."""
    return FlowOde(FlowOdeConfig(steps=steps))


def drawn(learner: Learner[Any], sampler: Any, seed: int, draw: int) -> Tensor:
    """Return 2000 samples in the units of the ring, (2000, 2)."""
    assert isinstance(learner, Family)
    latents = learner.prior(N, make_generator(seed, _PRIOR + draw))
    noise = make_generator(seed, _NOISE + draw)
    with torch.no_grad():
        *_, last = learner.flow(latents, sampler=sampler, generator=noise)
    return learner.spec.restore(last.x)


def on_ring(learner: Learner[Any], sampler: Any, seed: int) -> Judgement:
    """Judge a trained model by eight draws of 2000 samples."""
    return mean([judge(drawn(learner, sampler, seed, i), DRAWS * seed + i) for i in range(DRAWS)])


def reported(
    found: Mapping[str, Mapping[int, Judgement]], passed: Callable[[Mapping[str, float]], bool]
) -> Outcome:
    """Return an outcome by what was judged, its title and the seed; the value is the SW2 of each,
    the worst of its seeds.
    """
    value = {title: max(j.sw2 for j in each.values()) for title, each in found.items()}
    seeds = sorted({seed for each in found.values() for seed in each})
    return Outcome(
        figure="; ".join(
            f"{title}, seed {seed}: {judged}"
            for title, each in found.items()
            for seed, judged in each.items()
        ),
        value=value,
        passed=passed(value),
        floor=floors(40),
        seeds=seeds,
    )


def gaussian_null(passes: Callable[[float], bool]) -> Null:
    """Return the best single Gaussian as a null of a line on one SW2."""
    title = "the best single Gaussian"

    def measure(bench: Bench) -> Outcome:
        draws = range(DRAWS)
        judged = mean([judge(best_gaussian(real(900 + d).x, N, d), d) for d in draws])
        return reported({title: {0: judged}}, lambda value: passes(value[title]))

    return Null(title, measure)
