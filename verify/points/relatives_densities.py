"""8B: densities of eight Gaussians: of a flow, in bins, and as the slope of an energy."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import HasLikelihood
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.likelihood.autoregressive import Autoregressive
from pushforward.models.families.likelihood.conditionals import Bins
from pushforward.models.metrics.likelihood import gaussian_log_prob
from pushforward.models.nets.calling import call
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.null_models import sample_annulus, sample_marginals, turn_ring
from pushforward.verify.points.diffusion_ring import mixture, real
from pushforward.verify.points.few_step_ring import ring
from pushforward.verify.points.relatives_ring import ENERGY

__all__ = ["masked_density", "nsf", "score_of_the_energy"]

_UNSEEN, _INSIDE = 10_000, 8
_NATS, _TV, _COSINE = 0.10, 0.15, 0.90
_BLUR = 0.1  # of the places at which scores are compared, in data std
_NSF, _MADE = 3000, 3000
_TRAIN, _KERNELS, _WIDTHS = 700, 4000, (0.01, 0.02, 0.03, 0.04, 0.06, 0.09, 0.15)
_WRONG = (
    "an annulus without modes",
    "the ring, turned between its modes",
    "both coordinates, each for itself",
)
_PLACES = 3301  # a stream of the seed


def _true(seed: int) -> tuple[Tensor, float]:
    """Return unseen points, and what they cost by their own law, in nats a point."""
    x = real(seed, _UNSEEN).x
    return x, -float(mixture().log_prob(x.double(), x.double().new_zeros(())).mean())


@cache
def _kernel_density(title: str) -> GaussianMixture:
    """Return the kernel density of 4,000 points of a null model, with Gaussian kernels as wide as
    makes 2,000 other training points likeliest.
    """
    train = real(_TRAIN, 6000).x
    points = {
        "training points": lambda: train[:_KERNELS],
        "an annulus without modes": lambda: sample_annulus(train, _KERNELS, 0),
        "the ring, turned between its modes": lambda: turn_ring(train, _KERNELS, 0, 8),
        "both coordinates, each for itself": lambda: sample_marginals(train, _KERNELS, 0),
    }[title]()

    def density(width: float) -> GaussianMixture:
        ones = torch.ones(_KERNELS, dtype=torch.float64)
        return GaussianMixture(points.double(), width * ones, ones / _KERNELS)

    def cost(law: GaussianMixture) -> float:
        return -float(_log_prob(law, train[_KERNELS:]).mean())

    return min(map(density, _WIDTHS), key=cost)


def _log_prob(law: GaussianMixture, x: Tensor) -> Tensor:
    level = torch.zeros((), dtype=torch.float64)
    return torch.cat([law.log_prob(part, level) for part in torch.split(x.double(), 1000)])


def _kernel_costs(title: str) -> Outcome:
    return _costs({0: -float(_log_prob(_kernel_density(title), _true(0)[0]).mean())})


def _kernel_models(titles: Sequence[str], measure: Callable[[str], Outcome]) -> list[Null]:
    return [Null(f"kernel density of {title}", partial(measure, title)) for title in titles]


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
    claim="A neural spline flow of five couplings gives unseen points their likelihood. In the "
    "plane a kernel density of 4,000 training points meets the line as well: what is shown is that "
    "the flow's density is right, not that it takes a flow.",
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
        *_kernel_models(_WRONG, _kernel_costs),
    ],
    baselines=_kernel_models(["training points"], _kernel_costs),
)
def nsf(bench: Bench) -> Outcome:
    """Train one seed."""
    return _splines(bench, _NSF)


def _shares(learner: Autoregressive) -> tuple[Tensor, Tensor]:
    """Return the mass of each of 32 x 32 bins by the model, and by the exact distribution of the
    ring: the second number is averaged over eight places in a bin of the first.
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


def _histogram(points: Callable[[Tensor], Tensor], bench: Bench) -> Outcome:
    """Count points, made of the training points, in the same bins."""
    found = {}
    for seed in bench.seeds([0]):
        learnt = bench.train(ring("autoregressive", 1), seed)
        learner = learnt.learner
        assert isinstance(learner, Autoregressive)
        assert isinstance(learner.law, Bins)
        assert learnt.learned is not None
        law, spec = learner.law, learner.spec
        x = spec.standardise(points(learnt.learned.rows(slice(None)).x))
        bins = ((x + law.reach) / law.width).long().clamp(0, law.outputs - 1)
        counts = torch.bincount(law.outputs * bins[:, 0] + bins[:, 1], minlength=law.outputs**2)
        share = counts.double().reshape(law.outputs, law.outputs) / len(x)
        found[seed] = 0.5 * float((share - _true_shares(spec, law)).abs().sum())
    return _distances(found)


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
    "and gives each of the 1024 cells its mass. Counting 20,000 training points in these cells "
    "does as well: what is shown is that the masked network is a density, each number given the "
    "ones before.",
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
        Null(
            "an annulus without modes",
            partial(_histogram, lambda train: sample_annulus(train, len(train), 0)),
        ),
        Null(
            "the ring, turned between its modes",
            partial(_histogram, lambda train: turn_ring(train, len(train), 0, 8)),
        ),
    ],
    baselines=[Null("counts of the training points", partial(_histogram, lambda train: train))],
)
def masked_density(bench: Bench) -> Outcome:
    """Train one seed."""
    return _binned(bench, _MADE)


def _kernel_cosine(title: str) -> Outcome:
    """Compare the score of a kernel density, blurred as the places are, with the exact one."""
    spec = real(_TRAIN, 20_000).spec()
    law = mixture().standardised(spec.mean.double(), spec.std.double())
    mine = _kernel_density(title).standardised(spec.mean.double(), spec.std.double())
    x = law.sample(2000, make_generator(0, _PLACES), s=_BLUR)
    level = torch.full((), _BLUR, dtype=torch.float64)
    true = law.score(x, x.new_zeros(()))
    cosine = torch.cosine_similarity(mine.score(x, level), true, dim=1)
    return _cosine_outcome({0: float(cosine.mean())})


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
    return _cosine_outcome(found)


def _cosine_outcome(found: dict[int, float]) -> Outcome:
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
    claim="Minus the gradient of the energy of 8B-ebm points as the score of the exact law does. "
    "That of a kernel density of 4,000 training points meets the line as well: what is shown is "
    "that a network trained without scores has this one.",
    pass_line="mean cosine with the exact score >= .90, at 2000 places around the ring (noise .1 "
    "of the deviation of the data), each seed",
    group="8B",
    source="LeCun et al. 2006, a tutorial on energy-based learning; the score of exp(-E)/Z is -∇E",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _cosines(bench, 1)),
        *_kernel_models(_WRONG, _kernel_cosine),
    ],
    baselines=_kernel_models(["training points"], _kernel_cosine),
)
def score_of_the_energy(bench: Bench) -> Outcome:
    """Train one seed."""
    return _cosines(bench, ENERGY.steps)
