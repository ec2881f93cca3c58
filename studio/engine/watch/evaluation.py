"""How good a model is: metrics of fresh samples against real points, beside their floors."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from models.contracts.data import RowSource
from models.contracts.family import Family
from models.metrics.base import NotApplicable
from models.operators.drawing import draw, most
from models.registry import MetricEntry
from models.tensors import make_generator
from studio.engine.data.datasets import Dataset
from studio.engine.run.randomness import EVALUATION, METRIC
from studio.engine.run.resolve import Choice
from studio.engine.watch.schedules import EvaluationSchedule
from studio.protocol.events import SPREAD

__all__ = ["FLOOR_PAIRS", "Evaluator", "Quality"]

FLOOR_PAIRS = 8
"""So many pairs of real samples a floor is measured with. A single pair says little: between two
sets of 2,000 points of a ring, sliced W2 is anything from .03 to .10."""

LEAST = 100  # samples: with fewer a figure is mostly noise


@dataclass(frozen=True)
class Quality:
    """Values by metric slug, in the order asked for. ``n`` samples against as many real points,
    each made with ``nfe`` evaluations of networks.

    A value is NaN where it could not be measured: for all metrics where ``broken`` samples are
    not finite. ``floors`` are means over real pairs, and their standard deviations under
    ``"spread/<slug>"``. ``notes`` are sentences on metrics that were left out, each said once a
    run, and on what could not be measured, said each time.
    """

    values: dict[str, float]
    floors: dict[str, float]
    n: int
    notes: list[str]
    nfe: int = 0
    broken: int = 0


@dataclass
class Evaluator:
    """Measures the families of one run, always with the same latents and the same real points, so
    that a change in the figures is a change of the model.

    The floor is the same metric between two independent real samples of the same sizes, over
    several pairs, computed once. For a finite data set the two are disjoint random parts of it. A
    family that is fewer than ``n`` particles is measured with all of them, against as many real
    points.
    """

    choices: Sequence[Choice[MetricEntry]]
    data: Dataset
    n: int
    seed: int
    floors: dict[str, float] = field(default_factory=dict)
    _real: RowSource | None = None
    _skipped: set[str] = field(default_factory=set)
    _light: "Evaluator | None" = None
    _notes: list[str] = field(default_factory=list)

    def prepare(self, family: Family[Any]) -> Generator[bool, None, None]:
        """Measure the floors, once; yields False meanwhile. `evaluate` does it where it was not."""
        if self._real is not None:
            return
        yield from self.data.prepare()
        n = most(family, self.n)
        _, self._real = self.data.pair(n, self.seed)
        yield False
        # Floors of one pair, as earlier versions wrote them, have no spread: measured anew.
        asked = [c for c in self.choices if SPREAD + c.entry.slug not in self.floors]
        found: dict[str, list[float]] = {}
        for seed in range(self.seed, self.seed + FLOOR_PAIRS if asked else self.seed):
            other, real = self.data.pair(n, seed)
            for choice in asked:
                value = self._attempt(choice, other.rows(slice(None)).x, real)
                found.setdefault(choice.entry.slug, []).append(value)
                yield False
        for slug, values in found.items():
            measured = torch.tensor(values, dtype=torch.float64)
            if measured.isfinite().all():
                self.floors[slug] = float(measured.mean())
                self.floors[SPREAD + slug] = float(measured.std())

    def evaluate(self, family: Family[Any], sampler: Any = None) -> Generator[bool, None, Quality]:
        """Measure a family; yields False between network passes and between metrics."""
        yield from self.prepare(family)
        assert self._real is not None
        n = len(self._real)
        spent: list[int] = []
        drawn = yield from draw(
            family, n, self.seed, sampler=sampler, stream=EVALUATION, told=spent.append
        )
        samples = drawn.x
        broken = int((~torch.isfinite(samples)).flatten(1).any(dim=1).sum())
        values: dict[str, float] = {}
        if broken:
            self._notes.append(
                f"{broken:,} of {n:,} samples are not finite numbers: their quality cannot be "
                "measured. The sampler may be too coarse for the model as it is, or training is "
                "about to fail."
            )
        for choice in self.choices:
            slug = choice.entry.slug
            if slug not in self._skipped:
                value = math.nan if broken else self._attempt(choice, samples, self._real)
                if slug not in self._skipped:
                    values[slug] = value
            yield False
        notes, self._notes = self._notes, []
        return Quality(values, dict(self.floors), n, notes, max(spent, default=0), broken)

    def light(self) -> "Evaluator":
        """Return one with few of the samples, always the same one; itself where these would
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
        """Say whether a value of a metric is better than the best so far; NaN never is."""
        if not math.isfinite(value):
            return False
        choice = next(c for c in self.choices if c.entry.slug == slug)
        sign = -1.0 if choice.entry.better == "higher" else 1.0
        return best is None or sign * value < sign * best

    def _attempt(
        self, choice: Choice[MetricEntry], samples: torch.Tensor, real: RowSource
    ) -> float:
        """Return a figure, or NaN and a note on why there is none."""
        title = choice.entry.title
        if choice.entry.slug in self._skipped:
            return math.nan
        try:
            return self._measure(choice, samples, real)
        except NotApplicable as reason:
            self._skipped.add(choice.entry.slug)
            self._notes.append(f"{title} is left out: {reason}.")
        except ArithmeticError as reason:
            self._notes.append(f"{title} could not be measured: {reason}.")
        return math.nan

    def _measure(
        self, choice: Choice[MetricEntry], samples: torch.Tensor, real: RowSource
    ) -> float:
        generator = make_generator(self.seed, METRIC)
        value = choice.make()(samples, real.rows(slice(None)).x, points=real, generator=generator)
        return float(value)
