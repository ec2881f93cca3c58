"""How well a family of images learns with some settings, by images that validate.

    python -m tests.benchmarks.image_defaults FAMILY [--data digits|colour] [--seconds 60]
        [--seed 10] [--set JSON] [--told]

A part of the training images of the claims GI-defaults and GI-colour is set apart and plays the
unseen ones, so that a default can be chosen without those that test. Floors and lines of the claims
do not hold for so few: what real images and one Gaussian come to is printed beside.

With --told the family is told classes, as in the claim 8C-told (10 seconds, its networks, digits
alone), and what is printed is how often a judge sees the class that was asked for.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset, halves, hash_of
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.verify.discovery import discover
from pushforward.verify.images.class_conditions import told_families
from pushforward.verify.images.colour_digits import coloured
from pushforward.verify.images.digits import image_maker
from pushforward.verify.images.equal_time import (
    Method,
    compare,
    dataset_of,
    judge_of,
    judged_law,
    pixels_alone,
    table,
    train_for,
)
from tests.benchmarks.smallest import parse

DATA = {"digits": partial(dataset_of, "digits"), "colour": coloured}
APART = 0.3
_SPLIT = 901


def validating(data: Dataset, name: str) -> Dataset:
    """Return data whose unseen images are a part of the training images."""
    assert isinstance(data.rows, ImageSet)
    rows = torch.randperm(len(data.rows), generator=make_generator(0, _SPLIT))
    cut = round(APART * len(rows))
    unseen, train = data.rows.take(rows[:cut]), data.rows.take(rows[cut:])
    return replace(
        data,
        rows=train,
        hash=hash_of(train),
        pair=partial(halves, unseen),
        judging=Judging.find("images", train, f"{name}-validating"),
        unseen=unseen,
        held=unseen,
    )


def obeyed(data: Dataset, method: Method, seconds: float, seed: int) -> str:
    """Return how often the judge of the data sees the class that was asked for."""
    assert isinstance(data.rows, ImageSet)
    told = replace(data, rows=replace(data.rows, told=True))
    family, steps = train_for(method, told, seconds, seed)
    made = image_maker(family, None, seed)(500, 0)
    seen = judge_of(data).logits(made.x).argmax(dim=1)
    right = float((seen == made.given[LABEL].long()).double().mean())
    return f"{method.title}: label accuracy {right:.2f}, {steps:,} steps"


def main(argv: Sequence[str] | None = None) -> None:
    """Train once and print the score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", nargs="?", default="edm")
    parser.add_argument("--data", choices=sorted(DATA), default="digits")
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--set", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--told", action="store_true")
    asked = parse(parser, argv, family="edm", seconds=0.2)
    torch.set_num_threads(1)
    discover()
    data = validating(DATA[asked.data](), asked.data)
    if asked.told:
        known = next(each for each in told_families() if each.family == asked.family)
        method = replace(known, config={**known.config, **asked.set})
        print(obeyed(data, method, asked.seconds or 10.0, asked.seed))
        return
    batch = int(registry.get("kind", "images").training["batch"])
    method = Method(registry.get("family", asked.family).title, asked.family, asked.set, batch)
    found = compare(data, [method], asked.seconds or 60.0, [asked.seed])
    print(f"{table(found)} | real {found.frechet}; TV {found.balance}")
    print(table(judged_law("one Gaussian", pixels_alone(data), data)))


if __name__ == "__main__":
    main()
