"""Evaluate a model: metrics with their references."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from pushforward.models.contracts.abilities import ABILITIES
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.entries import MetricEntry
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.checks import offenders
from pushforward.models.metrics.measuring import check_minimum, measure_checked
from pushforward.models.operators.drawing import draw, most
from pushforward.models.registry import registry
from pushforward.models.samplers.base import Sampler
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.data.floors import Floor, FloorCache, hash_judge, hash_rows
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.process.pieces import in_pieces
from pushforward.studio.engine.run.randomness import EVALUATION, METRIC
from pushforward.studio.engine.run.resolve import Choice
from pushforward.studio.engine.watch.background_work import run_in_thread
from pushforward.studio.engine.watch.schedules import EvaluationSchedule
from pushforward.studio.engine.watch.task_progress import TaskProgress
from pushforward.studio.protocol.events import FEW, SPREAD
from pushforward.studio.significance import PAIRS, distance_from_best, finite_pool_factor

__all__ = ["FLOOR_PAIRS", "FLOOR_SEED", "Evaluator", "Quality", "unguided"]

FLOOR_PAIRS = PAIRS
"""Number of pairs of real samples for a noise floor. One pair is not enough: between two sets of
2,000 points of a ring, sliced W2 varies from .03 to .10.
"""
FLOOR_SEED = 0
"""Seed of the pairs, the same for all runs on the same data, as is the floor."""

PartFloors = dict[str, dict[str, tuple[float, float]]]

LEAST = 100  # samples: with fewer a figure is mostly noise
_SAMPLES = "samples"  # among what a metric needs


@dataclass(frozen=True)
class Quality:
    """Metric values by slug, in the requested order.

    ``n`` samples are compared with as many real ones; each took ``nfe`` network evaluations. A
    value is NaN if it could not be computed, for example because ``broken`` samples are not finite.
    ``floors`` has the means of the references over real pairs, and their standard deviations under
    ``"spread/<slug>"``; ``part_floors`` has both by metric and part. ``notes`` are sentences on
    omitted metrics (once a run) and failed ones (each time). ``errors`` has the reason by slug.
    ``samples`` are the samples in data units, None if no metric needs any.
    """

    figures: dict[str, Figure]
    floors: dict[str, float]
    n: int
    notes: list[str]
    nfe: int = 0
    broken: int = 0
    drawn: bool = True
    part_floors: PartFloors = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    samples: Batch | None = field(default=None, compare=False)

    @property
    def values(self) -> dict[str, float]:
        """The values alone."""
        return {slug: figure.value for slug, figure in self.figures.items()}


def unguided(sampler: Any) -> Any:
    """Return a sampler without guidance, since guidance changes the sampled distribution on
    purpose.
    """
    led = isinstance(sampler, Sampler) and sampler.guidance is not None
    return sampler.unguided() if led else sampler


@dataclass(frozen=True)
class _SampleResult:
    """Samples of a model, None if not requested or failed; ``lacking`` is the reason."""

    rows: Batch | None = None
    nfe: int = 0
    broken: int = 0
    lacking: str = ""
    error: str = ""


@dataclass
class Evaluator:
    """Evaluates the models of one run, always with the same latents and real data, so that changes
    reflect the model.

    Only inputs of requested metrics are computed. The floor of a metric is its value between
    independent real samples of the same sizes, over several pairs, computed once; for a finite data
    set they are disjoint random parts, whose spread is corrected for metrics of one sample. A
    family with fewer than ``n`` particles is evaluated with all of them, against as many real
    samples. Metrics without samples use all held-out data. ``announce`` is called with the number
    of samples, and whether they are generated; ``ahead`` is the progress.
    """

    choices: Sequence[Choice[MetricEntry]]
    data: Dataset
    n: int
    seed: int
    floors: dict[str, float] = field(default_factory=dict)
    announce: Callable[[int, bool], None] | None = None
    part_floors: PartFloors = field(default_factory=dict)
    ahead: TaskProgress = field(default_factory=TaskProgress)
    _real: RowSource | None = None
    _held: RowSource | None = None
    _judge: Judge | None = None
    _skipped: set[str] = field(default_factory=set)
    _explained: set[str] = field(default_factory=set)
    _light: "Evaluator | None" = None
    _notes: list[str] = field(default_factory=list)
    _errors: dict[str, str] = field(default_factory=dict)
    _few: bool = False
    _barred: bool = False  # whether the floors were measured

    def prepare(self, model: Learner[Any]) -> Generator[bool, None, None]:
        """Measure the floors, once; yields False meanwhile. `evaluate` does it where it was not."""
        yield from self._gather(model)
        if self._barred:
            return
        cache = self._floor_cache(model)
        asked = [c for c in self._without_floor(model) if not self._find_floor(cache, c)]
        found: dict[str, list[Figure]] = {}
        for pair in range(FLOOR_PAIRS if asked else 0):
            other, real = self.data.pair(most(model, self.n), FLOOR_SEED + pair)
            for choice in asked:
                seen = real
                if not _drawn_by(choice.entry):
                    seen = self.data.some(most(model, self.n), FLOOR_SEED + pair)
                what = f"Floor of {choice.entry.title}"
                with self.ahead.piece(choice.entry.slug, what):
                    evidence = self._evidence(seen, seed=FLOOR_SEED, other=other)
                    bar = yield from self._attempt(choice, evidence, bar=True)
                found.setdefault(choice.entry.slug, []).append(bar)
        for choice in asked:
            bars = found[choice.entry.slug]
            floor = _floor_of(bars, self._spread_factor(choice, bars))
            self._take_floor(choice, floor)
            if cache is not None and _drawn_by(choice.entry) and floor.value is not None:
                cache.keep(choice, floor)
        self._barred = True

    def _spread_factor(self, choice: Choice[MetricEntry], bars: list[Figure]) -> float:
        """Return the factor on the spread of a floor over pairs that are parts of one pool."""
        metric = choice.make()
        if self.data.most is None or not isinstance(metric, SampleMetric) or not metric.one_sample:
            return 1.0
        return finite_pool_factor(max(bar.n for bar in bars), 2 * self.data.most)

    def _floor_cache(self, model: Learner[Any]) -> FloorCache | None:
        """Return where floors of these data are cached, None where they depend on something that
        has no hash: rules of validity that the user may change, a judge without weights.
        """
        asked = [choice for choice in self._without_floor(model) if _drawn_by(choice.entry)]
        judge = hash_judge(self._judge)
        if not asked or self.data.ruled or judge is None:
            return None
        n = most(model, self.n)
        pair = self.data.pair(n, FLOOR_SEED)
        held = self.data.held
        whole = [] if held is None or isinstance(held, StoredRows) else [held]
        parts = (self.data.hash, hash_rows(*pair, *whole), judge, n, FLOOR_PAIRS, FLOOR_SEED)
        return FloorCache(" ".join(map(str, parts)))

    def _find_floor(self, cache: FloorCache | None, choice: Choice[MetricEntry]) -> bool:
        """Take the floor of a metric from the cache; False if it is not there."""
        if cache is None or not _drawn_by(choice.entry):
            return False
        floor = cache.find(choice)
        if floor is not None:
            self._take_floor(choice, floor)
        return floor is not None

    def _take_floor(self, choice: Choice[MetricEntry], floor: Floor) -> None:
        slug = choice.entry.slug
        if floor.value is not None:
            self.floors[slug], self.floors[SPREAD + slug] = floor.value
        if floor.parts:
            self.part_floors[slug] = floor.parts

    def _without_floor(self, model: Learner[Any]) -> list[Choice[MetricEntry]]:
        """Return the metrics whose floors must be measured; floors of one pair, written by earlier
        versions, are measured again.
        """
        if self._barred:
            return []
        asked = [c for c in self.choices if SPREAD + c.entry.slug not in self.floors]
        return [c for c in asked if not _lacks(model, c.entry)]

    def _gather(self, model: Learner[Any]) -> Generator[bool, None, None]:
        """Collect the reference data, once."""
        if self._real is not None:
            return
        self._judge = yield from self.data.judge()
        n = most(model, self.n)
        _, self._real = self.data.pair(n, self.seed)
        self._held = self.data.some(n, self.seed)
        many = registry.get("kind", self.data.rows.spec().kind).many
        if self.data.own and not self._few:
            self._notes.append(
                f"Too few {many} are held out: metrics compare with training {many}."
            )
        elif len(self._real) < n and self._compared()[1]:
            self._notes.append(
                f"Measured with {len(self._real):,} {many}, not with {n:,}: no more are held out, "
                "since the noise floor needs the same number again."
            )
        if self.announce is not None:
            self.announce(*self._compared())
        yield False

    def evaluate(
        self, model: Learner[Any], sampler: Any = None, *, earlier: Quality | None = None
    ) -> Generator[bool, None, Quality]:
        """Measure a model; yields False between network passes and between metrics. The first
        samples of an ``earlier`` evaluation of this model are used again where that has enough.
        """
        yield from self._gather(model)
        floors = [choice.entry.slug for choice in self._without_floor(model)]
        own = [choice.entry.slug for choice in self.choices]
        self.ahead.start([_SAMPLES, *(floors * FLOOR_PAIRS), *own])
        # Before the floors: from then on it is known how long all of it takes.
        with self.ahead.piece(_SAMPLES, "Drawing samples"):
            drawn = yield from self._draw(model, sampler, earlier)
        yield from self.prepare(model)
        figures: dict[str, Figure] = {}
        for choice in self.choices:
            with self.ahead.piece(choice.entry.slug, choice.entry.title):
                figure = yield from self._figure(choice, model, drawn)
            if figure is not None:
                figures[choice.entry.slug] = figure
        self._warn_of_few(figures)
        notes, self._notes = list(dict.fromkeys(self._notes)), []
        errors, self._errors = self._errors, {}
        n, asked = self._compared()
        return Quality(figures, dict(self.floors), n, notes, drawn.nfe, drawn.broken, asked,
                       dict(self.part_floors), errors, drawn.rows)  # fmt: skip

    def _figure(
        self, choice: Choice[MetricEntry], model: Learner[Any], drawn: _SampleResult
    ) -> Generator[bool, None, Figure | None]:
        """Return a metric value of a model, None if it is omitted."""
        entry = choice.entry
        if entry.slug in self._skipped:
            return None
        if lacking := _lacks(model, entry) or (drawn.lacking if _drawn_by(entry) else ""):
            self._skip(entry, lacking)
            return None
        if drawn.broken and _drawn_by(entry):
            self._errors[entry.slug] = drawn.error
            return Figure(math.nan)
        real = self._real if _drawn_by(entry) else self._held
        assert real is not None
        made = drawn.rows if _drawn_by(entry) else None
        evidence = self._evidence(real, made=made, model=model)
        figure = yield from self._attempt(choice, evidence)
        if figure.note and entry.slug not in self._explained:
            self._explained.add(entry.slug)  # once a run
            self._notes.append(f"{entry.title}: {figure.note}.")
        return None if entry.slug in self._skipped else figure

    def _compared(self) -> tuple[int, bool]:
        """Return with how many data it is measured, and whether samples are drawn for it."""
        assert self._real is not None
        assert self._held is not None
        asked = any(_drawn_by(choice.entry) for choice in self.choices)
        return len(self._real if asked else self._held), asked

    def _warn_of_few(self, figures: Mapping[str, Figure]) -> None:
        """Add a note, once, if metrics use too few samples."""
        if self._few:
            return
        of = [c for c in self.choices if 0 < getattr(figures.get(c.entry.slug), "n", 0) < FEW]
        self._few = bool(of)
        for n in sorted({figures[c.entry.slug].n for c in of}):
            titles = [c.entry.title for c in of if figures[c.entry.slug].n == n]
            kind = registry.get("kind", self.data.rows.spec().kind)
            self._notes.append(
                f"{' and '.join(titles)}: measured with {n} {kind.one if n == 1 else kind.many} "
                "only, which is too few to conclude anything. Measure more samples, or import "
                "the data with a larger test split."
            )

    def _draw(
        self, model: Learner[Any], sampler: Any, earlier: Quality | None
    ) -> Generator[bool, None, _SampleResult]:
        """Return the samples that the metrics need, if any."""
        assert self._real is not None
        asking = [c for c in self.choices if c.entry.slug not in self._skipped]
        if not any(_drawn_by(choice.entry) for choice in asking):
            return _SampleResult()
        if not isinstance(model, Family):
            return _SampleResult(lacking="the model generates no samples")
        n = len(self._real)
        if earlier is not None and earlier.samples is not None and len(earlier.samples) >= n:
            return self._check(earlier.samples.take(slice(0, n)), earlier.nfe)
        spent: list[int] = []
        rows = yield from draw(
            model, n, self.seed, sampler=sampler, stream=EVALUATION, told=spent.append
        )
        return self._check(rows, max(spent, default=0))

    def _check(self, rows: Batch, nfe: int) -> _SampleResult:
        """Note if samples are not finite, and return them with how many are not."""
        unusable = (~torch.isfinite(rows.x)).flatten(1).any(dim=1)
        broken, error = int(unusable.sum()), ""
        if broken:
            error = offenders(unusable, "samples", "are not finite numbers")
            self._notes.append(
                f"{error}: their quality cannot be measured. Use more sampling steps or a smaller "
                "learning rate."
            )
        return _SampleResult(rows, nfe, broken, error=error)

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
            self._light._few = True
        return self._light

    def better(self, slug: str, value: float, best: float | None) -> bool:
        """Say whether a value of a metric is better than the best so far; NaN never is."""
        if not math.isfinite(value):
            return False
        choice = next(c for c in self.choices if c.entry.slug == slug)
        better, floor = choice.entry.better, self.floors.get(slug)
        return best is None or (
            distance_from_best(better, value, floor) < distance_from_best(better, best, floor)
        )

    def _evidence(self, real: RowSource, *, seed: int | None = None, **more: Any) -> Evidence:
        rng = make_generator(self.seed if seed is None else seed, METRIC)
        return Evidence(real, rng, judge=self._judge, train=self.data.rows, **more)

    def _attempt(
        self, choice: Choice[MetricEntry], evidence: Evidence, *, bar: bool = False
    ) -> Generator[bool, None, Figure]:
        """Compute a metric or a reference; NaN and a note on failure."""
        entry = choice.entry
        if entry.slug in self._skipped:
            return Figure(math.nan)
        try:
            return (yield from self._measure(choice, evidence, bar=bar))
        except NotApplicable as reason:
            self._skip(entry, str(reason))
        except ArithmeticError as reason:
            what = f"The reference of {entry.title}" if bar else entry.title
            self._notes.append(f"{what} could not be measured: {reason}.")
            if not bar:
                self._errors[entry.slug] = str(reason)
        return Figure(math.nan)

    def _measure(
        self, choice: Choice[MetricEntry], evidence: Evidence, *, bar: bool
    ) -> Generator[bool, None, Figure]:
        if _drawn_by(choice.entry):
            check_minimum(choice.entry.minimum, evidence)
        walk = measure_checked(choice.make(), evidence, bar=bar)
        if choice.entry.heavy:
            return (yield from run_in_thread(walk))
        return (yield from in_pieces(walk))

    def _skip(self, entry: MetricEntry, reason: str) -> None:
        self._skipped.add(entry.slug)
        self._notes.append(f"{entry.title} is left out: {reason}.")


def _drawn_by(entry: MetricEntry) -> bool:
    """Say whether a metric looks at samples."""
    return _SAMPLES in entry.needs


def _over(values: list[float], factor: float) -> tuple[float, float] | None:
    """Return the mean of a floor over pairs and its standard deviation times a factor, None where
    one failed.
    """
    measured = torch.tensor(values, dtype=torch.float64)
    if not measured.isfinite().all():
        return None
    return float(measured.mean()), factor * float(measured.std())


def _floor_of(bars: list[Figure], factor: float) -> Floor:
    """Return the floor of the bars of all pairs, with those parts that all of them have."""
    shared = [name for name in bars[0].parts if all(name in bar.parts for bar in bars)]
    measured = {name: _over([bar.parts[name] for bar in bars], factor) for name in shared}
    parts = {name: over for name, over in measured.items() if over is not None}
    return Floor(_over([bar.value for bar in bars], factor), parts)


def _lacks(model: Learner[Any], entry: MetricEntry) -> str:
    """Say what a metric needs that a model cannot do, "" if there is nothing."""
    for need in entry.needs:
        ability = ABILITIES.get(need)
        if need != _SAMPLES and (ability is None or not isinstance(model, ability)):
            return f"the model lacks what it needs: {need}"
    return ""
