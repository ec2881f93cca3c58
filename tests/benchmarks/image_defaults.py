"""How well a family of images learns with some settings, by images that validate.

    python -m tests.benchmarks.image_defaults FAMILY [--data digits|colour] [--seconds 60]
        [--seed 10] [--set JSON]

A part of the training images of the claims GI-defaults and GI-colour is set apart and plays the
unseen ones, so that a default can be chosen without those that test. Floors and lines of the claims
do not hold for so few: what real images and one Gaussian come to is printed beside.
"""

import argparse
import json
from dataclasses import replace
from functools import partial

import torch

from models.kinds.images import ImageSet
from models.registry import registry
from models.tensors import make_generator
from studio.engine.data.datasets import Dataset, halves, hash_of
from studio.engine.data.judging import Judging
from studio.engine.experiments.images.colour import coloured
from studio.engine.experiments.images.equal_time import (
    Method,
    compare,
    dataset_of,
    judged_law,
    pixels_alone,
    table,
)
from studio.engine.process.discovery import discover

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
        judging=Judging.of("images", train, f"{name}-validating"),
        unseen=unseen,
        held=unseen,
    )


def main() -> None:
    """Train once and print the score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family")
    parser.add_argument("--data", choices=sorted(DATA), default="digits")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--set", type=json.loads, default={}, metavar="JSON")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    discover()
    data = validating(DATA[asked.data](), asked.data)
    batch = int(registry.get("kind", "images").training["batch"])
    method = Method(registry.get("family", asked.family).title, asked.family, asked.set, batch)
    found = compare(data, [method], asked.seconds, [asked.seed])
    print(f"{table(found)} | real {found.frechet}; TV {found.balance}")
    print(table(judged_law("one Gaussian", pixels_alone(data), data)))


if __name__ == "__main__":
    main()
