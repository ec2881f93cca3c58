"""8B: small networks learn eight Gaussians in a minute.

A trained model is judged by the mean of eight comparisons of 2000 samples with 2000 fresh points:
a single one is too noisy for the pass line (see A7).
"""

from collections.abc import Callable

import torch

from models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from models.experiments.base import Null, Outcome, experiment
from models.experiments.diffusion_ring import SEEDS, Judgement, floors, judge, mean, real
from models.experiments.wrong_laws import best_gaussian
from models.families.edm import Edm, EdmConfig
from models.tensors import make_generator

__all__ = ["edm_on_ring", "train_and_judge"]

_STEPS, _BATCH, _POINTS = 6000, 512, 100_000
_DRAWS = 8
_BATCHES, _PRIOR = 3005, 3100


def train_and_judge(config: EdmConfig, seed: int, steps: int = _STEPS) -> tuple[Judgement, int]:
    """Train on 100,000 points; return the judgement of Heun's samples in 18 steps, and its NFE."""
    points = eight_gaussians(EightGaussiansConfig(), _POINTS, seed)
    spec = points.spec()
    data = spec.standardise(points.x)
    family = Edm(config, spec, horizon=steps, seed=seed, device=torch.device("cpu"))
    order = make_generator(seed, _BATCHES)
    for _ in range(steps):
        family.step(data[torch.randint(_POINTS, (_BATCH,), generator=order)])
    judged, nfe = [], 0
    for draw in range(_DRAWS):
        *_, last = family.flow(family.prior(2000, make_generator(seed, _PRIOR + draw)))
        judged.append(judge(spec.restore(last.x), _DRAWS * seed + draw))
        nfe = last.nfe
    return mean(judged), nfe


def _good(j: Judgement) -> bool:
    return j.sw2 <= 0.09 and j.energy <= 0.005 and j.near >= 0.95 and j.low >= 0.08


Measured = Callable[[int], tuple[Judgement, int]]


def _outcome(measure: Measured) -> Outcome:
    results = [measure(seed) for seed in SEEDS]
    judged = [j for j, _ in results]
    value = {
        "SW2": max(j.sw2 for j in judged),
        "ED": max(j.energy for j in judged),
        "near": min(j.near for j in judged),
        "smallest mode": min(j.low for j in judged),
        "NFE": float(results[0][1]),
    }
    return Outcome(
        figure="; ".join(f"seed {seed}: {j}" for seed, j in zip(SEEDS, judged, strict=True)),
        value=value,
        passed=all(map(_good, judged)),
        floor=floors(40),
        seeds=SEEDS,
    )


def _one_gaussian(seed: int) -> tuple[Judgement, int]:
    draws = [_DRAWS * seed + draw for draw in range(_DRAWS)]
    return mean([judge(best_gaussian(real(900 + d).x, 2000, d), d) for d in draws]), 0


@experiment(
    "8B-edm",
    title="EDM learns eight Gaussians",
    claim="An EDM denoiser, an MLP of 3 x 128 trained for 6000 steps of 512 points, samples the "
    "ring in 35 evaluations.",
    pass_line="SW2 <= .09, ED <= .005, >= 95 % within 4 std, smallest mode >= .08, for each seed "
    "(means of 8 draws of 2000 samples; smallest mode of any draw)",
    group="8B",
    source="Karras et al. 2022, arXiv:2206.00364",
    slow=True,
    nulls=[
        Null(
            "one step of training", lambda: _outcome(lambda s: train_and_judge(EdmConfig(), s, 1))
        ),
        Null("the best single Gaussian", lambda: _outcome(_one_gaussian)),
    ],
)
def edm_on_ring() -> Outcome:
    """Train three seeds."""
    return _outcome(lambda seed: train_and_judge(EdmConfig(), seed))
