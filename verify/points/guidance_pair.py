"""A11: guidance is what the formula says, on two classes on the line, where all of it is known."""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.guidance.base import Guidance, lead
from pushforward.models.guidance.classifier_free import ClassifierFree, ClassifierFreeConfig
from pushforward.models.oracle import GaussianMixture
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment

__all__ = ["a11", "law", "sample_guided"]

_STRENGTHS = (0.0, 1.0, 2.0, 3.0, 5.0)
_N, _SEEDS = 20_000, [0, 1, 2]
_LATENTS, _TILTED = 3301, 3302
_TRUE = (1.0, 0.7)  # mean and deviation of the class that is led to


def law() -> GaussianMixture:
    """Return two classes at -1 and 1, each with the deviation 0.7, float64."""
    one = torch.ones(2, dtype=torch.float64)
    means = torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    return GaussianMixture(means, 0.7 * one, 0.5 * one, torch.tensor([0, 1]))


def sample_guided(guidance: Guidance, seed: int, label: int = 1, n: int = _N) -> Tensor:
    """Return n samples (n,) that are led to a class: Heun's method in 40 steps, exact denoiser."""
    x = torch.randn((n, 1), generator=make_generator(seed, _LATENTS), dtype=torch.float64)
    rows = Batch(x, given={LABEL: torch.full((n,), label)})
    pair = law()
    denoise = lead(guidance, lambda like: lambda x, s: pair.denoise(x, s, like.given[LABEL]), rows)
    return Heun(HeunConfig(steps=40)).sample(denoise, rows, 0.002, 80.0)[:, 0]


def free(strength: float) -> Guidance:
    """Return guidance without a classifier."""
    return ClassifierFree(decode(ClassifierFreeConfig, {"strength": strength}))


def gap() -> float:
    """Return how far the gradient of the exact classifier, by autograd, is at most from the
    difference of the scores, at five noise levels.
    """
    pair, worst = law(), 0.0
    x = torch.linspace(-4.0, 4.0, 401, dtype=torch.float64)[:, None]
    ones = torch.ones(len(x), dtype=torch.int64)
    for level in (0.002, 0.05, 0.5, 2.0, 20.0):
        s, at = torch.tensor(level, dtype=torch.float64), x.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(pair.log_class(at, s)[:, 1].sum(), at)
        worst = max(worst, float((slope - pair.score(x, s, ones) + pair.score(x, s)).abs().max()))
    return worst


def _moments(x: Tensor) -> tuple[float, float]:
    return float(x.mean()), float(x.std())


Draw = Callable[[float, int], Tensor]


def _outcome(draw: Draw) -> Outcome:
    """Hold what some guidance draws for each strength and seed to the line."""
    found = {
        strength: torch.tensor([_moments(draw(strength, seed)) for seed in _SEEDS])
        for strength in _STRENGTHS
    }
    means = [float(found[strength][:, 0].mean()) for strength in _STRENGTHS]
    stds = [float(found[strength][:, 1].mean()) for strength in _STRENGTHS]
    off = (found[1.0] - torch.tensor(_TRUE)).abs().max(dim=0).values
    worst = gap()
    rises = means == sorted(means) and stds == sorted(stds, reverse=True)
    tilted = {
        strength: _moments(law().sample_tilted(_N, 1, strength, make_generator(0, _TILTED))[:, 0])
        for strength in _STRENGTHS
    }
    lines = [
        f"strength {strength:g}: mean {mean:.2f}, std {std:.2f} "
        f"(tilted law {tilted[strength][0]:.2f}, {tilted[strength][1]:.2f})"
        for strength, mean, std in zip(_STRENGTHS, means, stds, strict=True)
    ]
    value = {f"mean {s:g}": m for s, m in zip(_STRENGTHS, means, strict=True)}
    value |= {f"std {s:g}": d for s, d in zip(_STRENGTHS, stds, strict=True)}
    value |= {f"tilted std {s:g}": tilted[s][1] for s in _STRENGTHS}
    return Outcome(
        figure=f"{'; '.join(lines)}; classifier gradient against score difference {worst:.0e}",
        value={**value, "gradient gap": worst},
        passed=bool(off[0] <= 0.03 and off[1] <= 0.02 and rises and worst <= 1e-8),
        floor=f"{_N:,} draws of the class: mean 1 +- {0.7 / _N**0.5:.3f}, std 0.7 +- "
        f"{0.7 / (2 * _N) ** 0.5:.3f}",
        seeds=_SEEDS,
    )


@experiment(
    "A11",
    title="Guidance is what the formula says",
    claim="Strength 1 samples the class, and more guides beyond it: means rise and deviations "
    "fall. The gradient of a classifier is the difference of the scores. Above strength 1 samples "
    "do not follow the distribution tilted by p(class | x)^strength, which is wider: guidance "
    "tilts each noised distribution separately.",
    pass_line="strength 1: mean 1 +- .03, std .7 +- .02 for each of 3 seeds; means rise and stds "
    "fall with the strength; gradients agree to 1e-8",
    group="A",
    source="Ho and Salimans 2022, arXiv:2207.12598, eq. 6; Luo 2022, arXiv:2208.11970, section 5; "
    "Dhariwal and Nichol 2021, arXiv:2105.05233",
    nulls=[
        Null(
            "no guidance", lambda: _outcome(lambda strength, seed: sample_guided(free(0.0), seed))
        ),
        Null(
            "towards the other class",
            lambda: _outcome(lambda strength, seed: sample_guided(free(strength), seed, label=0)),
        ),
    ],
)
def a11() -> Outcome:
    """Sample at five strengths."""
    return _outcome(lambda strength, seed: sample_guided(free(strength), seed))
