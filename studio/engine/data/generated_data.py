"""Samples of a generator run as training data: in place of real data, or added to them.

In place of real data, the reference classifier of these labels each sample (distillation). Added
samples have the class that the generator was conditioned on.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import torch

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.operators.drawing import draw
from pushforward.models.registry import registry
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused

__all__ = ["added", "draw_dataset"]


def draw_dataset(
    data: Dataset, source: Family[Any], sampler: Any, seed: int
) -> Generator[bool, None, Dataset]:
    """Return data whose training rows are samples of a model, as many as before; evaluation data
    stay real. Deterministic for a model and a seed. Yields False between network passes.

    Raises:
        Refused: the data have no reference classifier to label samples.
    """
    judge = yield from data.judge()
    if judge is None:
        raise Refused(
            "These data have no reference classifier to label generated samples.",
            "Choose data with labels.",
            path="dataset",
        )
    rows = yield from draw(source, len(data.rows), seed, sampler=sampler)
    labels = judge.logits(rows.x).argmax(dim=1)
    kind = kind_of(data.rows.spec().kind)
    return replace(data, rows=kind.relabelled(data.rows, rows, labels))


def added(
    data: Dataset, source: Family[Any], sampler: Any, seed: int, each: int
) -> Generator[bool, None, Dataset]:
    """Return data with samples of a model, so many of each class that they have, after the training
    rows; evaluation data stay real. Yields False between network passes.

    Raises:
        Refused: the model is not conditioned on a class, or rows of these data cannot be added.
    """
    rows = data.rows
    if LABEL not in source.spec.given or not isinstance(rows, CubeSet):
        many = registry.get("kind", rows.spec().kind).many
        raise Refused(
            f"Generated {many} cannot be added to the training data.",
            "Choose a run that generates hyperspectral pixels by class.",
            path="inputs.generated",
        )
    present = torch.unique(rows.classes())
    labels = present[present >= 0].repeat_interleave(each)
    given = source.spec.standard_given({LABEL: labels})
    made = yield from draw(source, len(labels), seed, sampler=sampler, given=given)
    return replace(data, rows=rows.with_added(made))
