"""Classify every pixel of the scene that a classifier has learned a few labels of."""

from typing import Annotated

import torch

from models.config import Config, param
from models.contracts.abilities import Classifies
from models.kinds.cubes import CubeSet
from models.kinds.scenes import UNKNOWN
from models.operators.base import Operation, Outcome, Progress, Work
from models.registry import operator

__all__ = ["ClassifyScene", "ClassifySceneConfig"]


class ClassifySceneConfig(Config, frozen=True):
    """How much is done at once."""

    rows_at_once: Annotated[
        int,
        param(
            "Rows at once",
            "So many rows of pixels are classified between two looks at the clock.",
            low=1,
            high=1000,
            unit="rows",
            advanced=True,
        ),
    ] = 5


@operator(
    "classify-scene",
    title="Classify the scene",
    summary="Says the class of every pixel of the scene, also of those that nobody has labelled: a "
    "map, with how sure the model is. PNG has colours and a legend, NPY numbers of classes.",
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
        classes from 1 on as ground truths number them, and "confidence" (H, W) float32, the
        probability of that class.
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
            yield Progress(stop, height)
        found = torch.cat(said).reshape(height, width)
        known = scene.truth != UNKNOWN
        known.flatten()[data.pixels] = False
        right = float((found == scene.truth)[known].double().mean()) if bool(known.any()) else 0.0
        names = ", ".join(f"{i + 1} {name}" for i, name in enumerate(scene.names))
        return Outcome(
            arrays={
                "map": (found + 1).to(torch.int16),
                "confidence": torch.cat(sure).reshape(height, width),
            },
            note=f"{100 * right:.1f} % of the {int(known.sum()):,} labelled pixels that were not "
            f"learned from have their class. Classes: {names}.",
        )
