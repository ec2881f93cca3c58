"""What operators on a scene share: the probabilities of all its pixels, and their scores."""

import hashlib
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Classifies, ClassifiesScene
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scenes import UNKNOWN, strips
from pushforward.models.metrics.classify.confusions import (
    average_accuracy,
    calibration_error,
    cohen_kappa,
    confusion,
    overall_accuracy,
)
from pushforward.models.operators.base import Operation, Progress

__all__ = [
    "SCORES",
    "block_middles",
    "classify_pixels",
    "describe_accuracy",
    "describe_classes",
    "pixels_to_test",
    "places",
    "scene_of",
    "score_pixels",
]

AT_ONCE = 512  # pixels of a quick look that are classified between two steps of a training
_STRIP, _WINDOWS = 2**18, 2**13  # pixels that are classified at once, densely and by windows
SCORES = ("OA", "AA", "kappa", "ECE")


def scene_of(operation: Operation) -> CubeSet:
    """Return the scene that the run learned from.

    Raises:
        ValueError: there is none.
    """
    data = operation.data() if operation.data is not None else None
    if not isinstance(data, CubeSet):
        raise ValueError("there is no scene to classify")
    return data


def classify_pixels(
    operation: Operation, data: CubeSet, rows_at_once: int, every: int = 1
) -> Generator[Progress, None, Tensor]:
    """Return log p(class | window) of every pixel, (H W, classes), in one pass where the network
    allows it, else a few rows of pixels at a time. With ``every`` above 1 only the pixel in the
    middle of each block of that side is classified, for all pixels of the block.

    Raises:
        ValueError: a value is not finite.
    """
    learner, (height, width) = operation.learner, data.scene.size
    assert isinstance(learner, Classifies)
    # A classifier that is no learner has no weights to compare: it is asked each time.
    key = (_fingerprint(learner, data), every) if isinstance(learner, Learner) else None
    if key in _last:
        yield Progress(height * width, height * width)
        return _last[key]
    scores = yield from _classify_strips(operation, data)
    if scores is None and every > 1:
        scores = yield from _classify_blocks(operation, data, every)
    elif scores is None:
        everywhere, parts = data.everywhere(), []
        at_once = min(rows_at_once * width, _WINDOWS)
        for pixels in torch.split(torch.arange(height * width), at_once):
            rows = everywhere.rows(pixels)
            parts.append(learner.classify(learner.spec.standardised(rows).to(learner.device)).cpu())
            yield Progress(int(pixels[-1]) + 1, height * width)
        scores = torch.cat(parts)
    if not bool(torch.isfinite(scores).all()):
        raise ValueError("the model returned values that are not finite")
    _last.clear()
    if key is not None:
        _last[key] = scores
    return scores


_last: dict[tuple[bytes, int] | None, Tensor] = {}
"""The result of the last model: a map is refined, exported and asked what to label next."""


def _classify_strips(
    operation: Operation, data: CubeSet
) -> Generator[Progress, None, Tensor | None]:
    """Return the scores of all pixels by strips of rows, each in one pass; None where the model
    cannot.
    """
    learner, (height, width) = operation.learner, data.scene.size
    if not isinstance(learner, ClassifiesScene):
        return None
    step, scores = max(1, _STRIP // width), None
    for start in range(0, height, step):
        rows = slice(start, min(start + step, height))
        strip = _standardised_scene(learner.spec, data, rows).to(learner.device)
        found = learner.classify_scene(strip)
        if found is None:
            return None
        if scores is None:
            scores = torch.empty((height * width, len(found)))
        scores[start * width : rows.stop * width] = found.flatten(1).T.cpu()
        yield Progress(rows.stop * width, height * width)
    return scores


def _fingerprint(learner: Learner[Any], data: CubeSet) -> bytes:
    """Return a hash of a model, its weights and what it sees of a scene."""
    seen = data.scene.seen
    said = (type(learner), learner.config, data.window, seen.shape)
    found = hashlib.blake2b(repr(said).encode())
    for _, strip in strips(seen):
        found.update(np.ascontiguousarray(strip.cpu().numpy()).data)
    for name, values in sorted(learner.state().tensors.items()):
        found.update(name.encode())
        found.update(values.reshape(-1).view(torch.uint8).numpy().data)
    return found.digest()


def block_middles(n: int, every: int) -> Tensor:
    """Return for each of n pixels the one in the middle of its block of ``every``, (n,) int64."""
    return (torch.arange(n) // every * every + every // 2).clamp(max=n - 1)


def _classify_blocks(
    operation: Operation, data: CubeSet, every: int
) -> Generator[Progress, None, Tensor]:
    """Return the scores of blocks of pixels by the one in their middle, (H W, classes)."""
    learner, everywhere, parts = operation.learner, data.everywhere(), []
    assert isinstance(learner, Classifies)
    height, width = data.scene.size
    own, at = zip(
        *(torch.unique(block_middles(n, every), return_inverse=True) for n in (height, width)),
        strict=True,
    )
    pixels = (own[0][:, None] * width + own[1]).flatten()
    for some in pixels.split(AT_ONCE):
        rows = learner.spec.standardised(everywhere.rows(some)).to(learner.device)
        parts.append(learner.classify(rows).cpu())
        yield Progress(int(some[-1]), height * width)
    coarse = torch.cat(parts).reshape(len(own[0]), len(own[1]), -1)
    return coarse[at[0]][:, at[1]].flatten(0, 1)


def _standardised_scene(spec: DataSpec, data: CubeSet, rows: slice) -> Tensor:
    """Return some standardised rows of a scene with the margin of their windows, (channels, r + 2
    m, W + 2 m).
    """
    padded = data.scene.padded(data.window // 2, rows)
    return (padded - spec.mean[:, :1, :1]) / spec.std[:, :1, :1]


def pixels_to_test(data: CubeSet, held: RowSource | None) -> Tensor:
    """Return the labelled pixels that measure a map, (n,): those of the split that test, else those
    that are held out, else all that are not learned from.
    """
    if data.split is None and isinstance(held, CubeSet):
        known = held.pixels[data.scene.truth.flatten()[held.pixels] != UNKNOWN]
        return known[~torch.isin(known, data.pixels)]
    return data.unseen()


def score_pixels(
    probabilities: Tensor, truth: Tensor, pixels: Tensor
) -> tuple[Tensor, tuple[float, float, float, float]]:
    """Return the confusion matrix (classes, classes) on some pixels, and `SCORES`; all NaN without
    pixels.

    Args:
        probabilities: (H W, classes).
        truth: (H, W) int64.
        pixels: (n,) labelled ones.
    """
    classes = probabilities.shape[1]
    true, best = truth.flatten()[pixels], probabilities[pixels].max(dim=1)
    counts = confusion(true, best.indices, classes)
    if not len(pixels):
        nan = float("nan")
        return counts, (nan, nan, nan, nan)
    return counts, (
        overall_accuracy(counts),
        average_accuracy(counts),
        cohen_kappa(counts),
        calibration_error(best.values, best.indices == true),
    )


def describe_accuracy(right: Tensor) -> str:
    """Return the accuracy on test pixels (n,) bool in a sentence."""
    if not len(right):
        return "No labelled pixel is left that was not learned from."
    return (
        f"{100 * float(right.double().mean()):.1f} % of the {len(right):,} labelled pixels that "
        "were not learned from have their class."
    )


def describe_classes(names: Sequence[str]) -> str:
    """Return the numbers of a map's classes with their names."""
    return "Classes: " + "; ".join(f"{i + 1} {name}" for i, name in enumerate(names)) + "."


def places(pixels: Tensor, width: int) -> Tensor:
    """Return row and column of pixels (n,), (n, 2)."""
    return torch.stack([pixels // width, pixels % width], dim=1)
