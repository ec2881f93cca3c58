"""What a generator run draws, in the place of data: with distilled labels where there are classes.

A generator has no labels to give. The judge that learned the real training data says which class
each sample is of; whoever learns from them learns what the judge knows, of what the generator can
make.
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
    """Return data whose rows to learn from are drawn from a model, as many as there were; what they
    are measured with stays real. Yields False between network passes.

    The same model and seed give the same rows.

    Raises:
        Refused: the data have no judge that could label what is drawn.
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
