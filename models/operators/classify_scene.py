"""Classify every pixel of the scene that a classifier has learned a few labels of."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Classifies
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scenes import UNKNOWN
from pushforward.models.operators.base import Operation, Outcome, Progress, Work
from pushforward.models.registry import operator

__all__ = ["ClassifyScene", "ClassifySceneConfig"]


class ClassifySceneConfig(Config, frozen=True):
    """How much is done at once."""

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
    config=ClassifySceneConfig,
)
class ClassifyScene:
    """Goes through the scene a few rows of pixels at a time."""

    def __init__(self, config: ClassifySceneConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Classify; see `models.operators.base.Operator`. The arrays are "map" (H, W) int16, the
        classes from 1 on as ground truths number them, "confidence" (H, W) float32, the
        probability of that class, and "unseen" (n, 2), row and column of the labelled pixels that
        say how good the map is.
        """
        learner = operation.learner
        assert isinstance(learner, Classifies)
        data = operation.data() if operation.data is not None else None
        if not isinstance(data, CubeSet):
            raise ValueError("there is no scene to classify")
        everywhere, scene = data.everywhere(), data.scene
        height, width = scene.size
        said, sure = [], []
        for row in range(0, height, self.config.rows_at_once):
            stop = min(row + self.config.rows_at_once, height)
            rows = everywhere.rows(slice(row * width, stop * width))
            scores = learner.classify(learner.spec.standardised(rows).to(learner.device)).cpu()
            if not bool(torch.isfinite(scores).all()):
                raise ValueError("the model says numbers that are not finite")
            best = scores.max(dim=1)
            said.append(best.indices)
            sure.append(best.values.exp())
            yield Progress(stop * width, height * width)
        found = torch.cat(said).reshape(height, width)
        held = operation.held() if operation.held is not None else None
        unseen = _unseen(data, held)
        hits = (found.flatten() == scene.truth.flatten())[unseen]
        right = (
            f"{100 * float(hits.double().mean()):.1f} % of the {len(hits):,} labelled pixels that "
            "were not learned from have their class."
            if len(hits)
            else "No labelled pixel is left that was not learned from."
        )
        names = "; ".join(f"{i + 1} {name}" for i, name in enumerate(scene.names))
        return Outcome(
            arrays={
                "map": (found + 1).to(torch.int16),
                "confidence": torch.cat(sure).reshape(height, width),
                "unseen": torch.stack([unseen // width, unseen % width], dim=1),
            },
            note=f"{right} Classes: {names}.",
        )


def _unseen(learned: CubeSet, held: RowSource | None) -> Tensor:
    """Return the numbers of the labelled pixels that say how good a map is, (n,): those that are
    set apart to measure with, or all that have a label; none of them was learned from.
    """
    truth = learned.scene.truth.flatten()
    counts = torch.zeros(len(truth), dtype=torch.bool)
    counts[held.pixels if isinstance(held, CubeSet) else learned.scene.labelled] = True
    counts[learned.pixels] = False
    return (counts & (truth != UNKNOWN)).nonzero()[:, 0]
