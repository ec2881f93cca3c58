"""Classify every pixel of the scene that a classifier has learned a few labels of."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.operators.base import Operation, Outcome, Work
from pushforward.models.operators.scene_maps import (
    block_middles,
    classify_pixels,
    describe_accuracy,
    describe_classes,
    pixels_to_test,
    places,
    scene_of,
)
from pushforward.models.registry import operator

__all__ = ["ClassifyScene", "ClassifySceneConfig"]

_AT_ONCE = 2**18  # pixels


class ClassifySceneConfig(Config, frozen=True):
    """What is returned, and how much is done at once."""

    probabilities: Annotated[
        bool,
        param("All probabilities", "Also return the probability of each class at each pixel."),
    ] = False

    every: Annotated[
        int,
        param(
            "Every n-th pixel",
            "Of each block of n x n pixels only one is classified, for the whole block: a quick "
            "look. Networks that classify a scene in one pass classify every pixel.",
            low=1,
            high=100,
            unit="pixels",
            advanced=True,
        ),
    ] = 1

    rows_at_once: Annotated[
        int,
        param(
            "Rows at once",
            "Rows of pixels per batch.",
            low=1,
            high=1000,
            unit="rows",
            advanced=True,
        ),
    ] = 5


@operator(
    "classify-scene",
    title="Classify the scene",
    summary="Classifies every pixel of the scene, labelled or not: a map with probabilities. "
    "PNG has colours and a legend, NPY class numbers.",
    source="Zhong et al. 2018, doi:10.1109/TGRS.2017.2755542, figures 9 to 11",
    kinds=("cubes",),
    needs=("classify",),
    reads_data=True,
    config=ClassifySceneConfig,
)
class ClassifyScene:
    """Goes through the scene a few rows of pixels at a time."""

    def __init__(self, config: ClassifySceneConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Classify; see `models.operators.base.Operator`. The arrays are "map" (H, W) int16, the
        classes from 1 on as ground truths number them, "confidence" (H, W) float32, the
        probability of that class, "margin" (H, W), how far it is above the second, "entropy"
        (H, W) in nats, and "unseen" (n, 2), row and column of the labelled pixels that measure the
        map. With the setting "probabilities" also these, (classes, H, W) float32.
        """
        data = scene_of(operation)
        scene, (height, width) = data.scene, data.scene.size
        scores = yield from classify_pixels(
            operation, data, self.config.rows_at_once, self.config.every
        )
        flat = _summarise(scores)
        found = flat["map"].long() - 1
        held = operation.held() if operation.held is not None else None
        every, unseen = self.config.every, pixels_to_test(data, held)
        if every > 1:  # a pixel that was not classified itself measures nothing
            rows, columns = unseen // width, unseen % width
            own = (block_middles(height, every)[rows] == rows) & (
                block_middles(width, every)[columns] == columns
            )
            unseen = unseen[own]
        right = found[unseen] == scene.truth.flatten()[unseen]
        arrays = {name: x.reshape(height, width) for name, x in flat.items()}
        arrays["unseen"] = places(unseen, width)
        if self.config.probabilities:
            arrays["probabilities"] = scores.T.exp().reshape(-1, height, width).contiguous()
        preview = f"Preview: one pixel of each {every} x {every}. " if every > 1 else ""
        note = f"{preview}{describe_accuracy(right)} {describe_classes(scene.names)}"
        return Outcome(arrays=arrays, note=note)


def _summarise(scores: Tensor) -> dict[str, Tensor]:
    """Return class from 1 on, its probability, margin and entropy, each (n,), of log p(class)
    (n, classes): some pixels at a time, so that a large scene needs no other copy of its scores.
    """
    parts: list[dict[str, Tensor]] = []
    for some in torch.split(scores, _AT_ONCE):
        p = some.exp()
        best = p.topk(min(2, p.shape[1]), dim=1)
        parts.append(
            {
                "map": (best.indices[:, 0] + 1).to(torch.int16),
                "confidence": best.values[:, 0],
                "margin": best.values[:, 0] - best.values[:, 1:].sum(dim=1),
                "entropy": -torch.xlogy(p, p).sum(dim=1),
            }
        )
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
