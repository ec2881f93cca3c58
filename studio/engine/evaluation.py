"""How good a model is: metrics of fresh samples against real points, beside their floors."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from models.base import Data, Family
from models.metrics.base import NotApplicable
from models.tensors import make_generator
from studio.engine.datasets import Dataset
from studio.engine.drawing import draw, most
from studio.engine.randomness import EVALUATION, METRIC
from studio.engine.resolve import Choice
from studio.engine.schedules import EvaluationSchedule

__all__ = ["Evaluator", "Quality"]

LEAST = 100  # samples: with fewer a figure is mostly noise


@dataclass(frozen=True)
class Quality:
    """Values by metric slug, in the order asked for. ``n`` samples against as many real points,
    each made with ``nfe`` evaluations of networks.

    ``notes`` are sentences on metrics that were left out, each said once a run.
    """

    values: dict[str, float]
    floors: dict[str, float]
    n: int
    notes: list[str]
    nfe: int = 0


@dataclass
class Evaluator:
    """Measures the families of one run, always with the same latents and the same real points, so
    that a change in the figures is a change of the model.

    The floor is the same metric between two independent real samples of the same sizes, computed
    once. For a finite data set the real points are two disjoint random parts of it. A family that
    is fewer than ``n`` particles is measured with all of them, against as many real points.
    """

    choices: Sequence[Choice]
    data: Dataset
    n: int
    seed: int
    floors: dict[str, float] = field(default_factory=dict)
    _real: tuple[Data, Data] | None = None
    _skipped: set[str] = field(default_factory=set)
    _light: "Evaluator | None" = None

    def evaluate(self, family: Family, sampler: Any = None) -> Generator[bool, None, Quality]:
        """Measure a family; yields False between network passes and between metrics."""
        if self._real is None:
            yield from self.data.prepare()
            self._real = self.data.pair(most(family, self.n), self.seed)
            yield False
        other, real = self._real
        n = len(real.x)
        spent: list[int] = []
        samples = yield from draw(
            family, n, self.seed, sampler=sampler, stream=EVALUATION, told=spent.append
        )
        values: dict[str, float] = {}
        notes: list[str] = []
        for choice in self.choices:
            slug = choice.entry.slug
            if slug in self._skipped:
                continue
            try:
                if slug not in self.floors:
                    self.floors[slug] = self._measure(choice, other.x, real)
                    yield False
                values[slug] = self._measure(choice, samples, real)
            except NotApplicable as reason:
                self._skipped.add(slug)
                notes.append(f"{choice.entry.title} is left out: {reason}.")
            yield False
        return Quality(values, dict(self.floors), n, notes, max(spent, default=0))

    def light(self) -> "Evaluator":
        """Return one with an eighth of the samples, always the same one; itself where these would
        be too few.
        """
        few = max(LEAST, self.n // EvaluationSchedule.FEWER)
        if few >= self.n:
            return self
        if self._light is None:
            # What was said to be left out is said once.
            self._light = Evaluator(self.choices, self.data, few, self.seed, _skipped=self._skipped)
        return self._light

    def better(self, slug: str, value: float, best: float | None) -> bool:
        """Say whether a value of a metric is better than the best so far."""
        choice = next(c for c in self.choices if c.entry.slug == slug)
        sign = -1.0 if choice.entry.extra.get("better", "lower") == "higher" else 1.0
        return best is None or sign * value < sign * best

    def _measure(self, choice: Choice, samples: torch.Tensor, real: Data) -> float:
        generator = make_generator(self.seed, METRIC)
        value = choice.make()(samples, real.x, points=real, generator=generator)
        return float(value)
