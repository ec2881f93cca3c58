"""8C: how briefly unseen digits could be written down with a diffusion as the code."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.images.bits import BitsConfig, BitsPerDimension
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import (
    CLASSES,
    SEEDS,
    UNET_STEPS,
    digits,
    over_seeds,
    told_by_unet,
)

__all__ = ["bits", "class_bits", "window_bits"]

_LEVELS, _ROWS = 17, 200
_CONFIG = BitsConfig(levels=_LEVELS, rows=_ROWS)
_SHRUNK = 0.1  # of 0, .05, .1, .2, .3, .5, .8, 1 the best for a fifth of the training images
_COPIES = 4
_WINDOW = 0.15  # of .05, .07, .1, .12, .15, .2, .25, .3 the best for a fifth of the training images
_SPREAD = 3403


def _evidence(seed: int, model: Any = None) -> Evidence:
    known = digits()
    assert isinstance(known.data.unseen, ImageSet)
    some = known.data.unseen.take(slice(0, _ROWS))
    # Nobody says the class: a code of which it was a part would be shorter than it is.
    untold = torch.full_like(known.unseen.given[LABEL][:_ROWS], UNCONDITIONAL)
    real = replace(some, labels=untold, told=True)
    return Evidence(real, make_generator(seed), model=model, train=known.data.rows)


def _spread(x: Tensor, rng: torch.Generator) -> Tensor:
    """Return pixels spread evenly over the cells of their levels, as the metric has them."""
    return x + (torch.rand(x.shape, generator=rng) - 0.5) / (_LEVELS - 1)


def class_bits(shrunk: float = _SHRUNK) -> float:
    """Return the bits a pixel of the unseen images that are measured, by a Gaussian for each class
    of the training images, whose covariances are mixed with so much of their mean.
    """
    train, rng = digits().train, make_generator(0, _SPREAD)
    at = _spread(digits().unseen.x[:_ROWS], rng).flatten(1).double()
    means, covariances, shares = [], [], []
    for label in range(CLASSES):
        own = train.x[train.given[LABEL] == label]
        # Some copies, each spread otherwise: pixels that are always dark have a width then.
        wide = torch.cat([_spread(own, rng) for _ in range(_COPIES)]).flatten(1).double()
        means.append(wide.mean(dim=0))
        covariances.append(wide.T.cov())
        shares.append(len(own) / len(train))
    of_all = sum(share * each for share, each in zip(shares, covariances, strict=True))
    found = []
    for mean, own, share in zip(means, covariances, shares, strict=True):
        law = MultivariateNormal(mean, (1.0 - shrunk) * own + shrunk * of_all)
        found.append(law.log_prob(at) + math.log(share))  # type: ignore[no-untyped-call]
    nats = float(torch.stack(found).logsumexp(dim=0).mean()) / at.shape[1]
    return math.log2(_LEVELS - 1) - nats / math.log(2.0)


def window_bits() -> float:
    """Return the bits a pixel of the same images by Parzen windows: a Gaussian of one width around
    each training image.
    """
    train, rng = digits().train.x, make_generator(0, _SPREAD)
    at = _spread(digits().unseen.x[:_ROWS], rng).flatten(1).double()
    known = torch.cat([_spread(train, rng) for _ in range(_COPIES)]).flatten(1).double()
    dims = at.shape[1]
    far = torch.cdist(at, known).square() / (2.0 * _WINDOW**2)
    nats = (-far).logsumexp(dim=1).mean() - math.log(len(known))
    nats = nats / dims - math.log(_WINDOW * math.sqrt(2.0 * math.pi))
    return math.log2(_LEVELS - 1) - float(nats) / math.log(2.0)


def _by_windows(bench: Bench) -> Outcome:
    found = window_bits()
    figure, value = f"bits a pixel {found:.2f}", {"bits a pixel": found}
    return Outcome(figure, value, found < class_bits(), "", [])


def _bits(bench: Bench, steps: int = UNET_STEPS) -> Outcome:
    one, many = BitsPerDimension(_CONFIG).bar(_evidence(0)).value, class_bits()

    def measure(learner: Learner[Any], seed: int) -> dict[str, float]:
        found = BitsPerDimension(_CONFIG).measure(_evidence(seed, learner))
        return {"bits a pixel": found.value}

    def passed(mean: Mapping[str, float]) -> bool:
        return mean["bits a pixel"] < many

    floor = (
        f"one Gaussian {one:.3f} bits a pixel, a Gaussian for each class {many:.3f}, all levels as "
        f"likely {math.log2(_LEVELS):.3f}"
    )
    return over_seeds(bench, measure, passed, floor, trial=told_by_unet(steps), seeds=SEEDS)


@experiment(
    "8C-bits",
    title="Digits written down briefly",
    claim="A diffusion, used as a code, writes unseen digits of 17 levels down in fewer bits a "
    "pixel than a Gaussian for each class does.",
    pass_line=f"bits a pixel of {_ROWS} unseen digits, by the probability-flow ODE, below those of "
    f"a mixture of one Gaussian for each class, whose covariance is mixed with {_SHRUNK:g} of the "
    "mean one; mean of three seeds",
    group="8C",
    source="Song et al. 2021, arXiv:2011.13456, eqs. 39-40; Theis et al. 2016, "
    "arXiv:1511.01844, section 3.1",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _bits(bench, steps=1)),
        Null("a Gaussian around each training image", _by_windows),
    ],
)
def bits(bench: Bench) -> Outcome:
    """Train, and integrate."""
    return _bits(bench)
