"""GI: every family in colour, with the settings that a person finds.

The data are the 8x8 digits, written with one of three inks on paper of its own, so that what a
family fails at here and not in grey is colour. Classes are those of ink and digit together: the
judge has to see both.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from models.experiments.base import Null, Outcome, experiment
from models.experiments.bench import Bench
from models.kinds.images import ImageSet
from models.nets.offered import kinds_of
from models.registry import registry
from models.tensors import make_generator
from studio.engine.data.datasets import Dataset, halves, hash_of
from studio.engine.data.judging import Judging
from studio.engine.experiments.images.equal_time import (
    Line,
    Make,
    Method,
    after_one_step,
    as_found,
    compare,
    dataset_of,
    null_of,
    outcome_of,
    pixels_alone,
    without_labels,
)

__all__ = [
    "COLOUR_LINE",
    "INKS",
    "LAWS",
    "coloured",
    "in_colour",
    "likely_in_colour",
    "relatives_as_found",
]

INKS = (
    ((0.98, 0.90, 0.45), (0.10, 0.20, 0.55)),
    ((0.95, 0.95, 0.95), (0.80, 0.10, 0.15)),
    ((0.10, 0.35, 0.25), (0.95, 0.75, 0.85)),
)
"""Red, green and blue of paper and of ink: dark on light, and light on dark."""
COLOUR_LINE = Line(floors=3.5, variation=0.40, rarest=0.10)
_INK, _CHANNELS = 3310, 3311  # streams of the seed


@cache
def coloured() -> Dataset:
    """Return the digits in colour, parted as those in grey are."""
    grey = dataset_of("digits")
    assert isinstance(grey.rows, ImageSet)
    assert isinstance(grey.unseen, ImageSet)
    train, unseen = painted(grey.rows, 0), painted(grey.unseen, 1)
    return replace(
        grey,
        rows=train,
        hash=hash_of(train),
        pair=partial(halves, unseen),
        judging=Judging.of("images", train, "digits-in-colour"),
        unseen=unseen,
        held=unseen,
    )


def painted(grey: ImageSet, seed: int) -> ImageSet:
    """Return images (n, 3, H, W), each in a pair of `INKS` by chance; the class of digit d in the
    k-th of them is 10 k + d.
    """
    assert grey.labels is not None
    ink = torch.randint(len(INKS), (len(grey),), generator=make_generator(seed, _INK))
    paper, pen = torch.tensor(INKS)[ink].unbind(dim=1)
    x = torch.lerp(paper[..., None, None], pen[..., None, None], grey.x)
    names = tuple(f"{name} in ink {k + 1}" for k in range(len(INKS)) for name in grey.names)
    return replace(grey, x=x, labels=len(grey.names) * ink + grey.labels, names=names)


def _grey(other: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
    """Return real images without their colour."""
    x = other.x[: len(real)]
    return x.mean(dim=1, keepdim=True).expand_as(x).contiguous(), 0


def _each_alone(other: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
    """Return images whose channels are those of three real ones."""
    rng, n = make_generator(seed, _CHANNELS), len(real)
    channels = [other.x[torch.randint(len(other), (n,), generator=rng), c] for c in range(3)]
    return torch.stack(channels, dim=1), 0


LAWS: dict[str, Callable[[Dataset], Make]] = {
    "one Gaussian of all pixels": pixels_alone,
    "real images in grey": lambda _: _grey,
    "each channel of another image": lambda _: _each_alone,
    "real images without one ink": lambda _: without_labels(10),
    "real images without one label": lambda _: without_labels(1),
    "a GAN after one step": partial(after_one_step, "gan"),
}


def _nulls() -> list[Null]:
    return [null_of(title, law, coloured, COLOUR_LINE) for title, law in LAWS.items()]


@experiment(
    "GI-colour",
    title="Every model makes digits in colour",
    claim="On 8x8 digits in three inks every family of field and carrier that takes images learns "
    "shapes and colours in a minute of one core, with the settings that a person finds.",
    pass_line=f"{COLOUR_LINE}, every family and seed; a label is a digit in an ink",
    group="G",
    source="none: it is what the defaults are for",
    slow=True,
    nulls=_nulls(),
)
def in_colour(bench: Bench) -> Outcome:
    """Train every family for images for 60 s with its defaults, with three seeds."""
    seeds = bench.seeds([0, 1, 2])
    return outcome_of(compare(coloured(), as_found(), 60.0, seeds), COLOUR_LINE)


def relatives_as_found() -> list[Method]:
    """Return each relative of a diffusion that learns to make images, with its defaults: by a
    likelihood, a bound or an energy of it, by symbols, and by latents of an autoencoder.
    """
    batch = int(registry.get("kind", "images").training["batch"])
    return [
        Method(entry.title, entry.slug, {}, batch)
        for entry in registry.all("family")
        if "images" in kinds_of(entry)
        and (entry.group in ("likelihood", "discrete") or "autoencoder" in entry.inputs)
    ]


@experiment(
    "GI-colour-likelihood",
    title="The relatives of a diffusion in colour",
    claim="The same digits are learned as well, in the same minute, by what learns the likelihood "
    "of all pixels, a bound or an energy of it, by a diffusion of symbols and by one of latents, "
    "with the settings that a person finds.",
    pass_line=f"{COLOUR_LINE}, every family and seed; a label is a digit in an ink",
    group="G",
    source="none: it is what the defaults are for",
    slow=True,
    nulls=_nulls(),
)
def likely_in_colour(bench: Bench) -> Outcome:
    """Train every relative for 60 s with its defaults, with three seeds."""
    seeds = bench.seeds([0, 1, 2])
    return outcome_of(compare(coloured(), relatives_as_found(), 60.0, seeds), COLOUR_LINE)
