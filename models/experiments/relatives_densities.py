"""8B: densities of eight Gaussians: of a flow, in bins, and as the slope of an energy."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from models.contracts.abilities import HasLikelihood
from models.contracts.batch import Batch
from models.contracts.spec import DataSpec
from models.experiments.base import Null, Outcome, experiment
from models.experiments.bench import Bench
from models.experiments.diffusion_ring import mixture, real
from models.experiments.few_step_ring import ring
from models.experiments.relatives_ring import ENERGY
from models.families.likelihood.autoregressive import Autoregressive
from models.families.likelihood.conditionals import Bins
from models.metrics.likelihood import gaussian_log_prob
from models.nets.calling import call
from models.tensors import make_generator

__all__ = ["made", "nsf", "score_of_the_energy"]

_UNSEEN, _INSIDE = 10_000, 8
_NATS, _TV, _COSINE = 0.10, 0.15, 0.90
_BLUR = 0.1  # of the places at which scores are compared, in data std
_NSF, _MADE = 3000, 3000
_PLACES = 3301  # a stream of the seed


def _true(seed: int) -> tuple[Tensor, float]:
    """Return unseen points, and what they cost by their own law, in nats a point."""
    x = real(seed, _UNSEEN).x
    return x, -float(mixture().log_prob(x.double(), x.double().new_zeros(())).mean())


def _costs(found: dict[int, float]) -> Outcome:
    """Return the outcome of costs by seed, in nats a point."""
    above = {seed: cost - _true(seed)[1] for seed, cost in found.items()}
    return Outcome(
        figure="; ".join(
            f"seed {seed}: {cost:.3f} nats a point, {above[seed]:+.3f} to the truth"
            for seed, cost in found.items()
        ),
        value={"nats above the truth": max(above.values())},
        passed=max(above.values()) <= _NATS,
        floor=f"the law itself: {_true(0)[1]:.3f} nats a point",
        seeds=list(found),
    )


def _splines(bench: Bench, steps: int) -> Outcome:
    found = {}
    for seed in bench.seeds([0]):
        learner = bench.train(ring("normalising-flow", steps), seed).learner
        assert isinstance(learner, HasLikelihood)
        spec, (x, _) = learner.spec, _true(seed)
        log_prob = learner.log_prob(spec.standardise(x)).double() - spec.log_scale(x)
        found[seed] = -float(log_prob.mean())
    return _costs(found)


@experiment(
    "8B-nsf",
    title="A spline flow knows the density of eight Gaussians",
    claim="A neural spline flow of five couplings gives unseen points their likelihood.",
    pass_line="mean -log p at 10,000 unseen points <= that of the law itself + .10 nats, each seed",
    group="8B",
    source="Durkan et al. 2019, arXiv:1906.04032",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _splines(bench, 1)),
        Null(
            "the best single Gaussian",
            lambda: _costs({0: -float(gaussian_log_prob(real(900).x, _true(0)[0]).mean())}),
        ),
    ],
)
def nsf(bench: Bench) -> Outcome:
    """Train one seed."""
    return _splines(bench, _NSF)


def _shares(learner: Autoregressive) -> tuple[Tensor, Tensor]:
    """Return the mass of each of 32 x 32 bins by the model, and by the law of the ring: those of
    the second number by the mean over eight places in a bin of the first.
    """
    law, net = learner.law, learner.trained.averaged
    assert isinstance(law, Bins)
    n = law.outputs
    place = -law.reach + law.width * (torch.arange(n * _INSIDE) + 0.5) / _INSIDE
    with torch.no_grad():
        said = call(net, Batch(torch.stack([place, torch.zeros_like(place)], dim=1))).double()
    first = said[0, 0].softmax(dim=0)
    second = said[:, 1].softmax(dim=1).reshape(n, _INSIDE, n).mean(dim=1)
    return first[:, None] * second, _true_shares(learner.spec, law)


def _true_shares(spec: DataSpec, law: Bins) -> Tensor:
    known = mixture().standardised(spec.mean.double(), spec.std.double())
    edge = -law.reach + law.width * torch.arange(law.outputs + 1, dtype=torch.float64)
    edge[0], edge[-1] = -math.inf, math.inf
    z = (edge[:, None, None] - known.means) / known.std
    below = 0.5 * torch.erfc(-z / math.sqrt(2.0))
    axis = below.diff(dim=0)
    return torch.einsum("k,ik,jk->ij", known.weights, axis[..., 0], axis[..., 1])


def _distances(found: dict[int, float]) -> Outcome:
    return Outcome(
        figure="; ".join(f"seed {seed}: TV {tv:.3f}" for seed, tv in found.items()),
        value={"TV": max(found.values())},
        passed=max(found.values()) <= _TV,
        floor="0: both are sums over the bins, not samples",
        seeds=list(found),
    )


def _binned(bench: Bench, steps: int, of: Callable[[Tensor], Tensor] = lambda p: p) -> Outcome:
    found = {}
    for seed in bench.seeds([0]):
        learner = bench.train(ring("autoregressive", steps), seed).learner
        assert isinstance(learner, Autoregressive)
        mine, true = _shares(learner)
        found[seed] = 0.5 * float((of(mine) - true).abs().sum())
    return _distances(found)


@experiment(
    "8B-made",
    title="MADE on 32 x 32 bins",
    claim="A masked network says both numbers of a point in 32 bins, the second from the first, "
    "and gives each of the 1024 cells its mass.",
    pass_line="total variation between the masses of the cells and those of the law <= .15, each "
    "seed",
    group="8B",
    source="Germain et al. 2015, arXiv:1502.03509",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _binned(bench, 1)),
        Null(
            "its two numbers drawn each for itself",
            lambda bench: _binned(
                bench, _MADE, lambda p: p.sum(dim=1, keepdim=True) * p.sum(dim=0)
            ),
        ),
    ],
)
def made(bench: Bench) -> Outcome:
    """Train one seed."""
    return _binned(bench, _MADE)


def _cosines(bench: Bench, steps: int) -> Outcome:
    found = {}
    for seed in bench.seeds([0]):
        learner = bench.train(ring(ENERGY.slug, steps), seed).learner
        spec = learner.spec
        law = mixture().standardised(spec.mean.double(), spec.std.double())
        x = law.sample(2000, make_generator(seed, _PLACES), s=_BLUR)
        mine = learner.layer("score", x.float(), 1.0).double()
        true = law.score(x, x.new_zeros(()))
        found[seed] = float(torch.cosine_similarity(mine, true, dim=1).mean())
    return Outcome(
        figure="; ".join(f"seed {seed}: cosine {value:.3f}" for seed, value in found.items()),
        value={"cosine": min(found.values())},
        passed=min(found.values()) >= _COSINE,
        floor="1: the score itself",
        seeds=list(found),
    )


@experiment(
    "8B-ebm-score",
    title="The slope of an energy is the score",
    claim="Minus the gradient of the energy of 8B-ebm points as the score of the exact law does.",
    pass_line="mean cosine with the exact score >= .90, at 2000 places around the ring (noise .1 "
    "of the deviation of the data), each seed",
    group="8B",
    source="LeCun et al. 2006, a tutorial on energy-based learning; the score of exp(-E)/Z is -∇E",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _cosines(bench, 1))],
)
def score_of_the_energy(bench: Bench) -> Outcome:
    """Train one seed."""
    return _cosines(bench, ENERGY.steps)
