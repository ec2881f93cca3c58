"""A8: the probability-flow ODE gives the exact likelihood."""

import torch

from models.experiments.base import Outcome, experiment
from models.experiments.diffusion_ring import S_MAX, SEEDS, mixture
from models.likelihood import log_prob_adaptive
from models.tensors import make_generator

__all__ = ["a8"]

_S_MIN = 0.002


@experiment(
    "A8",
    title="The ODE gives the exact likelihood",
    claim="Integrating the divergence along the probability-flow ODE gives log p of each point.",
    pass_line="mean |log p - exact| <= 1e-3 nats a point, exact trace, RK45 at tolerance 1e-5",
    group="A",
    source="Song et al. 2021, arXiv:2011.13456, eq. 39",
)
def a8() -> Outcome:
    """Compare with the mixture's own density, 200 points a seed."""
    law = mixture()
    gaps, evaluations = [], 0
    for seed in SEEDS:
        x = law.sample(200, make_generator(seed, 3004), s=_S_MIN)
        found, evaluations = log_prob_adaptive(law.denoise, x, _S_MIN, S_MAX)
        exact = law.log_prob(x, torch.tensor(_S_MIN, dtype=x.dtype))
        gaps.append(float((found - exact).abs().mean()))
    return Outcome(
        figure=f"{max(gaps):.1e} nats a point, {evaluations} evaluations",
        value={"gap": max(gaps), "evaluations": float(evaluations)},
        passed=max(gaps) <= 1e-3,
        floor="0",
        seeds=SEEDS,
    )
