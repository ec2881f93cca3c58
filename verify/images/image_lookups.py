"""Look-ups in the training images, as null models and baselines: they learn nothing.

Where one of them meets the line of a claim, the claim is about something else than the quality of
images, and its text says so. Importing this module registers nothing.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.kinds.images import ImageSet
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset

__all__ = [
    "COPIES",
    "HALFWAY",
    "MARGINALS",
    "SHIFTED",
    "Edit",
    "Make",
    "choose",
    "copy",
    "find_nearest",
    "law_of",
    "mean_of_nearest",
    "mix_pixels",
    "mix_with_class",
    "nearest_of_class",
    "project",
    "shift",
]

_ROWS, _SHIFTS, _PIXELS = 3330, 3331, 3332  # streams of the seed

Make = Callable[[ImageSet, ImageSet, int], tuple[Tensor, int]]
"""From other real images, the real ones that are compared with and a seed to as many images, and
the number of network evaluations for each."""
Edit = Callable[[ImageSet, Tensor, int], Tensor]
"""Returns images made of the training images at some indices, for a seed."""
COPIES = "copies of training images"
HALFWAY = "training images halfway to the nearest of their class"
SHIFTED = "training images shifted by one pixel"
MARGINALS = "each pixel of another training image"


def choose(train: ImageSet, n: int, seed: int) -> Tensor:
    """Return n indices of training images, without repetition where there are enough."""
    rng = make_generator(seed, _ROWS)
    if n > len(train):
        return torch.randint(len(train), (n,), generator=rng)
    return torch.randperm(len(train), generator=rng)[:n]


def copy(train: ImageSet, rows: Tensor, seed: int) -> Tensor:
    """Return the training images as they are."""
    return train.x[rows]


def mix_with_class(train: ImageSet, rows: Tensor, seed: int) -> Tensor:
    """Return training images halfway to the nearest other one of their class."""
    assert train.labels is not None
    found = train.x[rows].clone()
    for label in sorted(set(train.labels[rows].tolist())):
        own, here = train.x[train.labels == label], train.labels[rows] == label
        if len(own) > 1:
            # The nearest of all is the image itself.
            found[here] = (found[here] + own[find_nearest(found[here], own, 2)[:, 1]]) / 2.0
    return found


def shift(train: ImageSet, rows: Tensor, seed: int) -> Tensor:
    """Return training images shifted by one pixel; the border is repeated."""
    found, rng = train.x[rows], make_generator(seed, _SHIFTS)
    ways = torch.randint(4, (len(rows),), generator=rng)
    padded = torch.nn.functional.pad(found, (1, 1, 1, 1), mode="replicate")
    height, width = found.shape[-2:]
    places = ((0, 1), (2, 1), (1, 0), (1, 2))
    moved = torch.stack([padded[..., i : i + height, j : j + width] for i, j in places])
    return moved[ways, torch.arange(len(rows))]


def mix_pixels(train: ImageSet, rows: Tensor, seed: int) -> Tensor:
    """Return images with independent pixels from their marginal distributions in the training
    images.
    """
    flat = train.x.flatten(1)
    rng = make_generator(seed, _PIXELS)
    other = torch.randint(len(flat), (len(rows), flat.shape[1]), generator=rng)
    return flat.gather(0, other).reshape(len(rows), *train.x.shape[1:])


def find_nearest(x: Tensor, train: Tensor, count: int = 1) -> Tensor:
    """Return the indices of the training images nearest to each of some, (n, count)."""
    far = torch.cdist(x.flatten(1), train.flatten(1))
    return far.topk(count, dim=1, largest=False).indices


def mean_of_nearest(known: Tensor, train_known: Tensor, train: Tensor, count: int) -> Tensor:
    """Return the mean of the training images whose known part is nearest to that of each of some.

    Args:
        known: what is known of the images, (n, ...).
        train_known: the same of the training images, (m, ...).
        train: the training images, (m, C, H, W).
        count: over how many the mean is taken.
    """
    found: Tensor = train[find_nearest(known, train_known, count)].mean(dim=1)
    return found


def nearest_of_class(x: Tensor, wanted: Tensor, train: Tensor, label: Tensor) -> Tensor:
    """Return the nearest training image of the wanted class (n,) to each of some images."""
    found = torch.empty_like(x)
    for each in sorted(set(wanted.tolist())):
        own, here = train[label == each], wanted == each
        found[here] = own[find_nearest(x[here], own)[:, 0]]
    return found


def project(x: Tensor, train: Tensor, dims: int) -> Tensor:
    """Return images projected to the first principal components of the training images."""
    flat = train.flatten(1).double()
    mean = flat.mean(dim=0)
    _, vectors = torch.linalg.eigh((flat - mean).T.cov())
    top = vectors[:, -dims:]
    found: Tensor = mean + (x.flatten(1).double() - mean) @ top @ top.T
    return found.to(x).reshape(x.shape)


def law_of(edit: Edit) -> Callable[[Dataset], Make]:
    """Return what makes images of the training images of some data by an edit."""

    def law(data: Dataset) -> Make:
        train = data.rows
        assert isinstance(train, ImageSet)

        def make(other: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
            return edit(train, choose(train, len(real.x), seed), seed), 0

        return make

    return law
