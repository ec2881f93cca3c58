"""What the experiments on few steps share: eight Gaussians learned by a bench, and judged.

A trained model is judged by the mean of eight comparisons of 2000 samples with 2000 fresh points:
a single one is too noisy for the pass lines (see A7). Sliced W2 alone is nearly the same for an
annulus without modes, and the same for copies of the training points. So a model must also be hard
to tell from fresh points by a two-sample test, and its samples must not be training points.
Importing this module registers nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.samplers.flow_ode import FlowOde, FlowOdeConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Learnt, Trial
from pushforward.verify.claim import Null, Outcome
from pushforward.verify.lookalike_distributions import best_gaussian
from pushforward.verify.null_models import (
    copy_rows,
    mix_with_neighbours,
    sample_annulus,
    sample_centres,
    sample_marginals,
    turn_ring,
)
from pushforward.verify.points.diffusion_ring import Judgement, floors, judge, mean, real
from pushforward.verify.sample_tests import measure_authenticity, measure_separability

__all__ = [
    "BATCH",
    "DRAWS",
    "SECOND_LINE",
    "N",
    "RingQuality",
    "draw_ring",
    "euler",
    "judge_draws",
    "null_quality",
    "on_ring",
    "reported",
    "ring",
    "ring_baselines",
    "ring_nulls",
    "stepped",
]

DRAWS, N, BATCH = 8, 2000, 512
SEPARABLE, AUTHENTIC = 0.62, 0.20
"""Halfway from real data (.50 and .38) to the nearest null models: an annulus (.74), and training
points moved halfway to their nearest neighbours (.06).
"""
SECOND_LINE = f"two-sample test <= {SEPARABLE:.2f} and authentic share >= {AUTHENTIC:.2f}"
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


def draw_ring(learner: Learner[Any], sampler: Any, seed: int, draw: int) -> Tensor:
    """Return 2000 samples in the units of the ring, (2000, 2)."""
    assert isinstance(learner, Family)
    latents = learner.prior(N, make_generator(seed, _PRIOR + draw))
    noise = make_generator(seed, _NOISE + draw)
    with torch.no_grad():
        *_, last = learner.flow(latents, sampler=sampler, generator=noise)
    return learner.spec.restore(last.x)


@dataclass(frozen=True)
class RingQuality:
    """How good samples are, means of several draws.

    Attributes:
        judged: distances, and where the samples lie.
        separability: accuracy of a two-sample test against fresh points, 0.5 at best.
        authenticity: share of samples that are not training points, or nearly so.
    """

    judged: Judgement
    separability: float
    authenticity: float

    @property
    def sw2(self) -> float:
        """Sliced W2."""
        return self.judged.sw2

    @property
    def is_learned(self) -> bool:
        """Return whether the samples are within the floor and no copies of training points."""
        return self.separability <= SEPARABLE and self.authenticity >= AUTHENTIC

    def __str__(self) -> str:
        return (
            f"{self.judged}, two-sample test {self.separability:.3f}, authentic "
            f"{self.authenticity:.3f}"
        )


def judge_draws(draws: Sequence[Tensor], train: Tensor, seed: int = 0) -> RingQuality:
    """Judge draws of 2000 samples (n, 2) of a model that learned from ``train`` (m, 2)."""
    numbered = [(DRAWS * seed + i, x) for i, x in enumerate(draws)]
    return RingQuality(
        mean([judge(x, i) for i, x in numbered]),
        sum(measure_separability(x, real(i, len(x)).x) for i, x in numbered) / len(draws),
        sum(measure_authenticity(x, train) for x in draws) / len(draws),
    )


def on_ring(learnt: Learnt, sampler: Any, seed: int) -> RingQuality:
    """Judge a trained model by eight draws of 2000 samples."""
    assert learnt.learned is not None
    draws = [draw_ring(learnt.learner, sampler, seed, i) for i in range(DRAWS)]
    return judge_draws(draws, learnt.learned.rows(slice(None)).x, seed)


def reported(
    found: Mapping[str, Mapping[int, RingQuality]],
    passed: Callable[[Mapping[str, RingQuality]], bool],
) -> Outcome:
    """Return an outcome by what was judged, its title and the seed; ``passed`` is asked of the
    worst of the seeds of each.
    """
    worst = {title: _worst(list(each.values())) for title, each in found.items()}
    value = {title: quality.sw2 for title, quality in worst.items()}
    value |= {f"{title}, two-sample test": q.separability for title, q in worst.items()}
    value |= {f"{title}, authentic": q.authenticity for title, q in worst.items()}
    return Outcome(
        figure="; ".join(
            f"{title}, seed {seed}: {quality}"
            for title, each in found.items()
            for seed, quality in each.items()
        ),
        value=value,
        passed=passed(worst),
        floor=f"{floors(40)}; two-sample test .50, authentic .38",
        seeds=sorted({seed for each in found.values() for seed in each}),
    )


def _worst(each: Sequence[RingQuality]) -> RingQuality:
    judged = [quality.judged for quality in each]
    return RingQuality(
        Judgement(
            max(j.sw2 for j in judged),
            max(j.energy for j in judged),
            min(j.share for j in judged),
            min(j.near for j in judged),
            min(j.low for j in judged),
            max(j.high for j in judged),
        ),
        max(quality.separability for quality in each),
        min(quality.authenticity for quality in each),
    )


_TRAIN = 700  # of the training points that null models are made of
_NULLS: Mapping[str, Callable[[Tensor, Tensor, int], Tensor]] = {
    "the best single Gaussian": lambda train, modes, i: best_gaussian(train, N, i),
    "an annulus without modes": lambda train, modes, i: sample_annulus(train, N, i),
    "the ring, turned between its modes": lambda train, modes, i: turn_ring(train, N, i, 8),
    "the eight centres": lambda train, modes, i: sample_centres(modes, N, i),
    "both coordinates, each for itself": lambda train, modes, i: sample_marginals(train, N, i),
    "copies of training points": lambda train, modes, i: copy_rows(train, N, i),
    "training points, halfway to the nearest": (
        lambda train, modes, i: mix_with_neighbours(train, N, i)
    ),
}


_NOISE_STD = 0.01  # a twelfth of the width of a mode
_BASELINES: Mapping[str, Callable[[Tensor, Tensor, int], Tensor]] = {
    f"training points with Gaussian noise of {_NOISE_STD}": (
        lambda train, modes, i: (
            (rows := copy_rows(train, N, i))
            + _NOISE_STD * torch.randn(rows.shape, generator=make_generator(i, _NOISE))
        )
    ),
}
"""In the plane a kernel density of the training points is as good as any model: claims of this ring
say that a family works, and not that it learns more than the points that it saw.
"""


@cache
def null_quality(title: str) -> RingQuality:
    """Return the quality of a model of `ring_nulls` or `ring_baselines`."""
    train = real(_TRAIN, 20_000)
    assert train.modes is not None
    draw = {**_NULLS, **_BASELINES}[title]
    draws = [draw(train.x, train.modes, i) for i in range(DRAWS)]
    return judge_draws(draws, train.x)


def ring_nulls(passes: Callable[[RingQuality], bool]) -> list[Null]:
    """Return the null models of a line on the samples of one model, which learn nothing."""
    return [_null(title, passes) for title in _NULLS]


def ring_baselines(passes: Callable[[RingQuality], bool]) -> list[Null]:
    """Return the simple models that meet such a line as well as a trained one."""
    return [_null(title, passes) for title in _BASELINES]


def _null(title: str, passes: Callable[[RingQuality], bool]) -> Null:
    def measure() -> Outcome:
        found = {title: {0: null_quality(title)}}
        return reported(found, lambda worst: passes(worst[title]))

    return Null(title, measure)
