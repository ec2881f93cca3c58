"""G3: with analytic scores the Score GAN's gradient leads an affine generator to the data."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pushforward.models.carriers.generator import Generator
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.score_difference import ScoreDifference, level_law
from pushforward.models.kinds.points import in_data_units
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.unconditional import Unconditional
from pushforward.models.tensors import expand_like, make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.claim import Null, Outcome, experiment

__all__ = ["Affine", "Gaussian", "divergence", "follow"]

SEEDS = [0, 1, 2]
_STEPS, _BATCH, _LATENT = 4000, 256, 2
_LINE = 1e-3
# Correlated, off centre, and one axis four times narrower than the other.
_MEAN = (1.5, -0.5)
_ROOT = ((1.0, 0.0), (0.6, 0.25))
_GENERATOR, _DRAWS = 3200, 3201


@dataclass(frozen=True)
class Gaussian:
    """N(mean, root root^T): mean (d,), root (d, d)."""

    mean: Tensor
    root: Tensor

    def denoise(self, x: Tensor, s: Tensor) -> Tensor:
        """Return E[x0 | x0 + s eps = x] = mean + C (C + s^2 I)^-1 (x - mean), x (n, d)."""
        # In the basis of the axes of C the inverse is a division, for a level each.
        axes, lengths, _ = torch.linalg.svd(self.root)
        inside = (x - self.mean) @ axes
        square = lengths.square()
        shrink: Tensor = square / (square + expand_like(s, x) ** 2)
        return self.mean + torch.matmul(inside * shrink, axes.T)


class Affine:
    """The score of an affine generator's particles, known at each step; an `OwnScore`."""

    def __init__(self, net: nn.Linear) -> None:
        self._net = net

    def law(self) -> Gaussian:
        """Return the distribution of g(z) = A z + b, z unit Gaussian."""
        return Gaussian(self._net.bias.detach(), self._net.weight.detach())

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_q(x, s)."""
        return self.law().denoise

    def fit(self, particles: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Learn nothing: the distribution is known."""
        return {}


def divergence(q: Gaussian, p: Gaussian) -> float:
    """Return KL(q | p) in nats, in double precision."""
    a, b = q.root.double(), p.root.double()
    whitened = torch.linalg.solve(b, a)
    gap = torch.linalg.solve(b, q.mean.double() - p.mean.double())
    trace = whitened.square().sum() + gap.square().sum() - len(gap)
    return float(0.5 * trace - torch.linalg.slogdet(whitened).logabsdet)


def target() -> Gaussian:
    """Return the distribution of the data."""
    return Gaussian(torch.tensor(_MEAN), torch.tensor(_ROOT))


def follow(seed: int, steps: int = _STEPS, w_gen: float = 1.0) -> tuple[float, float]:
    """Let an affine generator follow the exact difference of scores; return KL before and after.

    Noise levels 0.1 to 10 with rho 3, a noise and a level for each particle, as in training.
    ``w_gen`` is the weight of the particles' own score, which the paper's formula has at 1.
    """
    net = linear(_LATENT, _LATENT, generator=make_generator(seed, _GENERATOR))
    own, draws = Affine(net), make_generator(seed, _DRAWS)
    law = level_law(0.1, 10.0, 3.0)
    cpu = torch.device("cpu")
    field = ScoreDifference(
        lambda rows: target().denoise,
        own,
        law=law,
        probes=Probes.fixed(law, (_LATENT,), cpu),
        w_data=1.0,
        w_gen=w_gen,
        generator=draws,
    )
    carrier = Generator(
        Unconditional(net),
        spec=in_data_units(_LATENT),
        latent=_LATENT,
        device=cpu,
        optimizer=OptimizerConfig(lr=1e-2, schedule="cosine"),
        horizon=steps,
        decay=0.0,
    )
    before = divergence(own.law(), target())
    for _ in range(steps):
        z = carrier.latents(_BATCH, draws)
        carrier.move(z, field.drawn_velocity(carrier.particles(z)))
    return before, divergence(own.law(), target())


def _followed(steps: int = _STEPS, w_gen: float = 1.0) -> Outcome:
    """Follow from three random generators."""
    found = [follow(seed, steps, w_gen) for seed in SEEDS]
    worst = max(after for _, after in found)
    return Outcome(
        figure="; ".join(
            f"seed {seed}: KL {before:.2g} -> {after:.1e}"
            for seed, (before, after) in zip(SEEDS, found, strict=True)
        ),
        value={"KL": worst},
        passed=worst < _LINE,
        floor="KL 0: the target is an affine image of the latents",
        seeds=SEEDS,
    )


@experiment(
    "G3",
    title="Score GAN with exact scores",
    claim="The Score GAN's gradient leads to the data: an affine generator with analytic scores "
    "of a correlated Gaussian and of its own particles, 4000 steps, noise 0.1 to 10.",
    pass_line="KL(q | p) < 1e-3 in each of 3 seeds",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, algorithm 1",
    nulls=[
        Null("one step", lambda: _followed(1)),
        Null("the score of the data alone", lambda: _followed(w_gen=0.0)),
    ],
)
def exact_scores() -> Outcome:
    """Follow the difference of both scores."""
    return _followed()
