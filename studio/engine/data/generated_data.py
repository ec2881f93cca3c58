"""Samples of a generator run as training data, labelled by the reference classifier.

A generator provides no labels. The reference classifier of the real training data labels each
sample (distillation).
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from pushforward.models.contracts.family import Family
from pushforward.models.operators.drawing import draw
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused

__all__ = ["drawn"]


def drawn(
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
