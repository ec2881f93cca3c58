"""GI: digits in colour, the line that a family of images meets there, and what must miss it.

The data are the 8x8 digits, written with one of three inks on paper of its own, so that what a
family fails at here and not in grey is colour. Classes are those of ink and digit together: the
judge has to see both.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from pushforward.models.kinds.images import ImageSet
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset, halves, hash_of
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.verify.images.equal_time import (
    Law,
    Line,
    after_one_step,
    dataset_of,
    pixels_alone,
    without_labels,
)
from pushforward.verify.images.image_lookups import MARGINALS, law_of, mix_pixels

__all__ = ["COLOUR_LAWS", "COLOUR_LINE", "INKS", "coloured"]

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
        judging=Judging.find("images", train, "digits-in-colour"),
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
    """Return images whose channels come from three different real images."""
    rng, n = make_generator(seed, _CHANNELS), len(real)
    channels = [other.x[torch.randint(len(other), (n,), generator=rng), c] for c in range(3)]
    return torch.stack(channels, dim=1), 0


COLOUR_LAWS: Mapping[str, Law] = {
    "one Gaussian of all pixels": pixels_alone,
    "real images in grey": lambda _: _grey,
    "each channel of another image": lambda _: _each_alone,
    "real images without one ink": lambda _: without_labels(10),
    "real images without one label": lambda _: without_labels(1),
    "a GAN after one step": partial(after_one_step, "gan"),
    MARGINALS: law_of(mix_pixels),
}
