"""Splits of the labelled pixels of a scene into training, validation and test pixels.

A random split puts test pixels next to training pixels: on Indian Pines the class of the nearest
labelled pixel is then right in more than 90 %, without a spectrum (Liang et al. 2017,
arXiv:1605.05829). Blocks and fields keep them apart.

Pixels are numbered row by row; every result is ascending and depends on the seed alone.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.kinds.scenes import Scene
from pushforward.models.tensors import make_generator

__all__ = [
    "PixelSplit",
    "find_fields",
    "near_pixels",
    "split_by_map",
    "split_into_blocks",
    "split_into_fields",
    "split_randomly",
]

TRAIN_SHARE, VALIDATION_SHARE = 0.45, 0.12
"""Shares of the blocks; the others test."""


@dataclass(frozen=True)
class PixelSplit:
    """Numbers of labelled pixels (n,) int64, disjoint.

    Attributes:
        train: pixels to learn from.
        validation: pixels that choose settings.
        test: pixels that measure, and nothing else.
    """

    train: Tensor
    validation: Tensor
    test: Tensor


def near_pixels(scene: Scene, pixels: Tensor, reach: int) -> Tensor:
    """Return which pixels of the scene are within ``reach`` rows and columns of some, (H W,)."""
    height, width = scene.size
    chosen = torch.zeros(height * width)
    chosen[pixels] = 1.0
    found = functional.max_pool2d(
        chosen.reshape(1, 1, height, width), 2 * reach + 1, stride=1, padding=reach
    )
    return found.flatten() > 0


def split_randomly(scene: Scene, n: int, validation: int, least: int, seed: int) -> PixelSplit:
    """Split all labelled pixels at random: n to learn from, at least ``least`` of each class but
    never more than half of it, and others to validate.
    """
    generator = make_generator(seed)
    pool = scene.labelled
    train = _draw(scene, pool, n, least, generator)
    left = _without(pool, train)
    chosen = left[torch.randperm(len(left), generator=generator)[:validation]]
    return PixelSplit(train, chosen.sort().values, _without(left, chosen))


def split_into_blocks(
    scene: Scene, n: int, validation: int, least: int, seed: int, *, block: int, window: int
) -> PixelSplit:
    """Split the scene into squares of ``block`` pixels: 45 % of them to learn from, 12 % to
    validate, the others to test. No window around a validation or test pixel holds a training
    pixel.
    """
    generator = make_generator(seed)
    height, width = scene.size
    places = torch.arange(height * width)
    across = -(-width // block)
    square = (places // width // block) * across + places % width // block
    count = int(square.max()) + 1
    rank = torch.empty(count)
    rank[torch.randperm(count, generator=generator)] = (torch.arange(count) + 0.5) / count
    pool = scene.labelled
    share = rank[square[pool]]
    train = _draw(scene, pool[share < TRAIN_SHARE], n, least, generator)
    apart = ~near_pixels(scene, train, window // 2)[pool]
    held = apart & (share >= TRAIN_SHARE)
    validates = held & (share < TRAIN_SHARE + VALIDATION_SHARE)
    chosen = pool[validates]
    chosen = chosen[torch.randperm(len(chosen), generator=generator)[:validation]]
    return PixelSplit(train, chosen.sort().values, pool[held & ~validates])


def split_into_fields(
    scene: Scene, n: int, validation: int, least: int, seed: int, *, window: int
) -> PixelSplit:
    """Split the fields of each class that has several: half of them, at least one, to learn from,
    the others to test. Classes with one field are left out. Validation pixels are others of the
    training fields. No window around a test pixel holds a training pixel.
    """
    generator = make_generator(seed)
    fields = find_fields(scene).flatten()
    truth = scene.truth.flatten()
    train_fields, test_fields = [], []
    for index in range(len(scene.names)):
        found = torch.unique(fields[truth == index])
        if len(found) < 2:
            continue
        found = found[torch.randperm(len(found), generator=generator)]
        train_fields.append(found[: len(found) // 2])
        test_fields.append(found[len(found) // 2 :])
    if not train_fields:
        raise ValueError("no class has two fields: choose blocks, or a random split")
    pool = scene.labelled
    learned = torch.isin(fields[pool], torch.cat(train_fields))
    train = _draw(scene, pool[learned], n, least, generator)
    left = _without(pool[learned], train)
    chosen = left[torch.randperm(len(left), generator=generator)[:validation]]
    tests = pool[torch.isin(fields[pool], torch.cat(test_fields))]
    tests = tests[~near_pixels(scene, train, window // 2)[tests]]
    return PixelSplit(train, chosen.sort().values, tests)


def split_by_map(scene: Scene, roles: Tensor) -> PixelSplit:
    """Split by a second map (H, W): 1 is learned from, 2 validates, 3 tests, 0 is left out.

    Raises:
        ValueError: the map has another size, other numbers, or no labelled training pixel.
    """
    if tuple(roles.shape) != scene.size:
        raise ValueError(
            f"the second map has {' x '.join(map(str, roles.shape))} pixels and the scene "
            f"{scene.size[0]} x {scene.size[1]}"
        )
    if not bool(torch.isin(roles, torch.arange(4)).all()):
        raise ValueError("the second map must hold 0 (left out), 1 (train), 2 (validate), 3 (test)")
    pool = scene.labelled
    train, validation, test = (pool[roles.flatten()[pool] == role] for role in (1, 2, 3))
    if not len(train):
        raise ValueError("the second map has no labelled pixel with 1, to learn from")
    return PixelSplit(train, validation, test)


def find_fields(scene: Scene) -> Tensor:
    """Return the field of each pixel (H, W) int64: pixels of a class that touch by a side; -1 for
    pixels without a class.
    """
    from scipy import ndimage

    truth = scene.truth.numpy()
    found, total = np.full(truth.shape, -1, np.int64), 0
    for index in range(len(scene.names)):
        mine, count = ndimage.label(truth == index)  # by four neighbours
        found[mine > 0] = mine[mine > 0] + (total - 1)
        total += count
    return torch.from_numpy(found)


def _draw(scene: Scene, pool: Tensor, n: int, least: int, generator: torch.Generator) -> Tensor:
    """Return n pixels of a pool at random, with at least ``least`` of each class there."""
    truth = scene.truth.flatten()
    pool = pool[torch.randperm(len(pool), generator=generator)]
    classes = truth[pool]
    first = torch.zeros(len(pool), dtype=torch.bool)
    for index in range(len(scene.names)):
        mine = (classes == index).nonzero()[:, 0]
        first[mine[: min(least, -(-len(mine) // 2))]] = True
    order = torch.cat([pool[first], pool[~first]])
    return order[: max(n, int(first.sum()))].sort().values


def _without(pool: Tensor, pixels: Tensor) -> Tensor:
    return pool[~torch.isin(pool, pixels)]
