"""8B: small networks learn eight Gaussians in a minute.

A trained model is judged by the mean of eight comparisons of 2000 samples with 2000 fresh points:
a single one is too noisy for the pass line (see A7).
"""

from collections.abc import Callable

import torch

from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import SEEDS, floors
from pushforward.verify.points.few_step_ring import (
    DRAWS,
    SECOND_LINE,
    RingQuality,
    draw_ring,
    judge_draws,
    ring_baselines,
    ring_nulls,
)

__all__ = ["edm_on_ring", "train_and_judge"]

_STEPS, _BATCH, _POINTS = 6000, 512, 100_000
_BATCHES = 3005


def train_and_judge(config: EdmConfig, seed: int, steps: int = _STEPS) -> RingQuality:
    """Train on 100,000 points; return the quality of Heun's samples in 18 steps."""
    points = eight_gaussians(EightGaussiansConfig(), _POINTS, seed)
    spec = points.spec()
    data = spec.standardise(points.x)
    family = Edm(config, spec, horizon=steps, seed=seed, device=torch.device("cpu"))
    order = make_generator(seed, _BATCHES)
    for _ in range(steps):
        family.step(data[torch.randint(_POINTS, (_BATCH,), generator=order)])
    draws = [draw_ring(family, None, seed, draw) for draw in range(DRAWS)]
    return judge_draws(draws, points.x, seed)


def _good(quality: RingQuality) -> bool:
    j = quality.judged
    near = j.near >= 0.95 and j.low >= 0.08
    return j.sw2 <= 0.09 and j.energy <= 0.005 and near and quality.is_learned


def _outcome(measure: Callable[[int], RingQuality]) -> Outcome:
    found = {seed: measure(seed) for seed in SEEDS}
    value = {
        "sliced W2": max(quality.sw2 for quality in found.values()),
        "energy distance": max(quality.judged.energy for quality in found.values()),
        "within 4 σ": min(quality.judged.near for quality in found.values()),
        "smallest mode": min(quality.judged.low for quality in found.values()),
        "two-sample test": max(quality.separability for quality in found.values()),
        "authentic": min(quality.authenticity for quality in found.values()),
    }
    return Outcome(
        figure="; ".join(f"seed {seed}: {quality}" for seed, quality in found.items()),
        value=value,
        passed=all(map(_good, found.values())),
        floor=floors(40),
        seeds=SEEDS,
    )


@experiment(
    "8B-edm",
    title="EDM learns eight Gaussians",
    claim="An EDM denoiser, an MLP of 3 x 128 trained for 6000 steps of 512 points, samples the "
    "ring in 35 evaluations.",
    pass_line="sliced W2 <= .09, energy distance <= .005, >= 95 % within 4 σ, smallest mode "
    f">= .08, {SECOND_LINE}, for each seed (means of 8 draws of 2000 samples; smallest mode of "
    "any draw)",
    group="8B",
    source="Karras et al. 2022, arXiv:2206.00364",
    slow=True,
    nulls=[
        Null(
            "one step of training", lambda: _outcome(lambda s: train_and_judge(EdmConfig(), s, 1))
        ),
        *ring_nulls(_good),
    ],
    baselines=ring_baselines(_good),
)
def edm_on_ring() -> Outcome:
    """Train three seeds."""
    return _outcome(lambda seed: train_and_judge(EdmConfig(), seed))
