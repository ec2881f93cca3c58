"""Shared by the claims on 8x8 digits: a class-conditional diffusion, unseen images, and metrics of
generated ones. Importing this module registers nothing.

One training serves most claims (`conditional_trial`), by a fully connected network, whose step
costs an eighth of a U-Net's; claims beyond this network use a U-Net (`told_by_unet`). Settings of
operators are those of their papers, defaults, or chosen with training images, never with test
images.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import NoConfig, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner, finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.images.density_coverage import BallsConfig, Coverage
from pushforward.models.metrics.images.frechet import FrechetDistance
from pushforward.models.metrics.images.levels import levels_of, on_levels
from pushforward.models.metrics.memory.nearest import features, nearest_two
from pushforward.models.operators.drawing import draw
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Outcome
from pushforward.verify.images.equal_time import dataset_of, judge_of
from pushforward.verify.images.image_lookups import (
    COPIES,
    HALFWAY,
    SHIFTED,
    Edit,
    choose,
    copy,
    mix_with_class,
    shift,
)

__all__ = [
    "CLASSES",
    "COPIED",
    "PAIRS",
    "SEEDS",
    "STEPS",
    "UNET_STEPS",
    "Digits",
    "Make",
    "class_gaussians",
    "conditional_trial",
    "digits",
    "distance_to_training",
    "figures",
    "image_maker",
    "mean_of",
    "nearest_neighbour",
    "over_seeds",
    "real",
    "right",
    "sampler",
    "told_by_unet",
    "trained",
]

SEEDS = [0, 1, 2]
STEPS, UNET_STEPS, CLASSES = 4000, 2000, 10
PAIRS = 4
"""Of disjoint unseen halves, over which figures are means."""
_GAUSSIAN = 3401

Make = Callable[[int, int], Batch]
"""From a number of images and that of a pair of halves to images, with the class of each if there
is one."""


@dataclass(frozen=True)
class Digits:
    """The data.

    Attributes:
        data: as a run has them.
        judge: a classifier of them.
        train: (1297, 1, 8, 8), with classes.
        unseen: (500, 1, 8, 8), with classes: never learned from, by the judge neither.
    """

    data: Dataset
    judge: Judge
    train: Batch
    unseen: Batch


@cache
def digits() -> Digits:
    """Return the data, with a judge that is trained where none is kept."""
    data = dataset_of("digits")
    assert isinstance(data.rows, ImageSet)
    assert isinstance(data.unseen, ImageSet)
    train, unseen = (
        replace(each, told=True).rows(slice(None)) for each in (data.rows, data.unseen)
    )
    return Digits(data, judge_of(data), train, unseen)


def conditional_trial(steps: int = STEPS) -> Trial:
    """Return the training of a class-conditional diffusion with 10 % label dropout."""
    net = {"slug": "mlp", "config": {"width": 256}}
    config = {"conditional": True, "label_dropout": 0.1, "net": net}
    return Trial("edm", "digits", steps, config=config, training={"batch": 256})


def told_by_unet(steps: int = UNET_STEPS) -> Trial:
    """Return the training of the same by a U-Net, otherwise with the defaults."""
    return Trial("edm", "digits", steps, config={"conditional": True, "label_dropout": 0.1})


def trained(bench: Bench, steps: int, seed: int) -> Family[Any]:
    """Return that diffusion after ``steps`` steps."""
    learner = bench.train(conditional_trial(steps), seed).learner
    assert isinstance(learner, Family)
    return learner


def sampler(slug: str = "dpmpp-2m", strength: float = 1.0, **settings: Any) -> Any:
    """Return a sampler, with classifier-free guidance where the strength is not 1."""
    entry = registry.get("sampler", slug)
    if strength != 1.0:
        pick = {"slug": "classifier-free", "config": {"strength": strength}}
        settings["guidance"] = pick
    return entry.make(decode(entry.config, settings))


def image_maker(family: Family[Any], by: Any, seed: int) -> Make:
    """Return a model as what makes images, under classes in the shares of the data."""

    def make(n: int, pair: int) -> Batch:
        return finish(draw(family, n, PAIRS * seed + pair, sampler=by))

    return make


def figures(make: Make, pairs: int = PAIRS) -> dict[str, float]:
    """Return metrics of images against unseen ones, means over pairs of halves: Frechet distance
    and coverage in the features of the judge, accuracy of a nearest-neighbour two-sample test, and
    label accuracy if they have classes.
    """
    known, found = digits(), []
    for pair in range(pairs):
        _, real = known.data.pair(len(known.unseen), pair)
        made = make(len(real), pair)
        evidence = Evidence(real, make_generator(pair), made=made, judge=known.judge)
        each = {
            "frechet": FrechetDistance(NoConfig()).measure(evidence).value,
            "coverage": Coverage(BallsConfig()).measure(evidence).value,
            "1-NN": nearest_neighbour(made.x, real.rows(slice(None)).x),
        }
        if LABEL in made.given:
            each["label accuracy"] = right(made.x, made.given[LABEL])
        found.append(each)
    return mean_of(found)


def right(x: Tensor, label: Tensor) -> float:
    """Return how often the judge sees in images (n, 1, 8, 8) the class (n,)."""
    seen = digits().judge.logits(x).argmax(dim=1)
    return float((seen == label.long()).double().mean())


def nearest_neighbour(made: Tensor, real: Tensor) -> float:
    """Return the accuracy of a nearest-neighbour two-sample test of n generated images (n, 1, 8, 8)
    and n real ones: 1/2 for equal distributions (Lopez-Paz and Oquab 2017, arXiv:1610.06545,
    section 3). Pixels are rounded to the levels of real images, which alone would separate the two.
    """
    levels = levels_of(real)
    both = torch.cat([on_levels(made, levels) if levels is not None else made, real]).flatten(1)
    far = torch.cdist(both, both, compute_mode="donot_use_mm_for_euclid_dist")
    side = torch.arange(len(both)) < len(made)
    nearest = far.fill_diagonal_(torch.inf).argmin(dim=1)
    return float((side[nearest] == side).double().mean())


def real(n: int, pair: int) -> Batch:
    """Return unseen images, for what figures come to at best; a `Make`."""
    other, _ = digits().data.pair(2 * n, pair)
    return other.rows(slice(None))


def class_gaussians() -> Make:
    """Return a Gaussian for each class, with mean and covariance of its training images."""
    train = digits().train
    laws = []
    for label in range(CLASSES):
        x = train.x[train.given[LABEL] == label].flatten(1).double()
        values, vectors = torch.linalg.eigh(x.T.cov())
        laws.append((x.mean(dim=0), vectors * values.clamp_min(0.0).sqrt()))

    def make(n: int, pair: int) -> Batch:
        rng = make_generator(pair, _GAUSSIAN)
        label = train.given[LABEL][torch.randint(len(train), (n,), generator=rng)]
        z = torch.randn(n, train.x[0].numel(), generator=rng, dtype=torch.float64)
        rows = [laws[int(c)][0] + laws[int(c)][1] @ each for c, each in zip(label, z, strict=True)]
        return Batch(torch.stack(rows).to(train.x).reshape(n, *train.x.shape[1:]), None,
                     {LABEL: label})  # fmt: skip

    return make


def _of_training(edit: Edit) -> Make:
    """Return what makes images of training images by an edit; they keep their classes."""

    def make(n: int, pair: int) -> Batch:
        train = digits().data.rows
        assert isinstance(train, ImageSet)
        assert train.labels is not None
        rows = choose(train, n, pair)
        return Batch(edit(train, rows, pair), None, {LABEL: train.labels[rows]})

    return make


COPIED: Mapping[str, Make] = {
    COPIES: _of_training(copy),
    HALFWAY: _of_training(mix_with_class),
    SHIFTED: _of_training(shift),
}
"""Training images, and training images that are hardly changed, by a title."""


def distance_to_training(x: Tensor) -> float:
    """Return the mean distance of images (n, 1, 8, 8) to the nearest training image, over that of
    unseen images.
    """
    train = digits().data.rows
    assert isinstance(train, ImageSet)
    made, real = (
        float(finish(nearest_two(features(Batch(each), train), train))[0][:, 0].mean())
        for each in (x, digits().unseen.x)
    )
    return made / real


def over_seeds(
    bench: Bench,
    measure: Callable[[Learner[Any], int], Mapping[str, float]],
    passed: Callable[[Mapping[str, float]], bool],
    floor: str,
    *,
    trial: Trial,
    seeds: Sequence[int] = SEEDS,
) -> Outcome:
    """Train with each seed and return the means of the measured values, with those of each seed;
    ``passed`` is evaluated on the means.
    """
    used, found = bench.seeds(seeds), []
    for seed in used:
        found.append(dict(measure(bench.train(trial, seed).learner, seed)))
    mean = mean_of(found)
    said = ", ".join(
        f"{name} {value:.3g} ({', '.join(f'{each[name]:.3g}' for each in found)})"
        for name, value in mean.items()
    )
    return Outcome(said, mean, passed(mean), floor, list(used))


def mean_of(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each figure over all that have it."""
    return {name: sum(each[name] for each in found) / len(found) for name in found[0]}
