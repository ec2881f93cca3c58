"""GI: members of field x carrier on images, at equal computing time, in one table.

The null models are the Gaussian with mean and covariance of the training images, real images with
missing labels, and a generator after one step. A second is the duration of 25 steps of the
yardstick, a training that is timed along with every other one: on a slower or busy computer a claim
takes longer and gives the same result. Nothing but the families' own code is used, on one thread,
as a run of the studio uses it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge
from pushforward.models.contracts.family import Family
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, Floor, floor
from pushforward.models.metrics.images.frechet import FrechetDistance, LabelBalance, label_shares
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.settle import settle
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.batches import Shuffled
from pushforward.studio.engine.data.datasets import Dataset, registered
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.image_lookups import (
    COPIES,
    HALFWAY,
    MARGINALS,
    SHIFTED,
    Make,
    copy,
    law_of,
    mix_pixels,
    mix_with_class,
    shift,
)

__all__ = [
    "LAWS",
    "LOGISTIC",
    "LOOKUPS",
    "LOOKUPS_MEET",
    "SHIFTS",
    "Law",
    "Line",
    "Make",
    "Method",
    "Score",
    "after_one_step",
    "compare",
    "dataset_of",
    "gaussian_pixels",
    "judge_of",
    "nulls_of",
    "outcome_of",
    "pixels_alone",
    "table",
    "train_for",
    "without_labels",
]

_CPU = torch.device("cpu")
_MEASURED = 4
_DRAWN, _NOISE, _NULLS = 3200, 3201, 3300
_PROBE = 0.03
_PACE = 25.0  # steps of the yardstick that are a second; a core of a server of 2023 makes 20 to 30


@dataclass(frozen=True)
class Method:
    """A family with the settings it is compared under."""

    title: str
    family: str
    config: Mapping[str, Any]
    batch: int = 64


@dataclass(frozen=True)
class Score:
    """How images compare with unseen data: means over disjoint halves of these.

    Attributes:
        frechet: distance in the judge's features.
        balance: total variation of the labels.
        rarest: the share of the label that is lost most, in units of its share of the data.
        steps, nfe: of the training, and network evaluations a sample; 0 where nothing was trained.
    """

    frechet: float
    balance: float
    rarest: float
    steps: int = 0
    nfe: int = 0

    def __str__(self) -> str:
        trained = f", {self.steps:,} steps" if self.steps else ""
        return (
            f"{self.frechet:.1f} (TV {self.balance:.2f}, rarest label {self.rarest:.2f} of its "
            f"share{trained})"
        )


_YARDSTICK = Method("EDM", "edm", {}, batch=128)


def train_for(method: Method, data: Dataset, seconds: float, seed: int) -> tuple[Family[Any], int]:
    """Train for a number of seconds; return the family and its steps. Schedules need the number of
    steps in advance: it is estimated by two other trainings, one of 3 % of the time, and a full one
    of that number of steps, interleaved with steps of the yardstick.
    """
    training = _Training(method, data, seed)
    # Steps of a lesson cost less or more than those after it: one that was cut off would tell the
    # price of one kind of them alone.
    few = training.within(_PROBE * seconds)
    steps = max(1, round(seconds * _PACE / training.price(few)))
    return training.train_fully(steps), steps


class _Training:
    """A method that begins anew each time, with the same batches."""

    def __init__(self, method: Method, data: Dataset, seed: int) -> None:
        self._entry = registry.get("family", method.family)
        settings = filled(self._entry, method.config, "images")
        self._config = settle(self._entry.config, settings, "images")
        self._spec = data.rows.spec()
        rows = self._spec.standardised(data.rows.rows(slice(None)))
        self._batches, self._seed = Shuffled(rows, method.batch, seed), seed

    def train_fully(self, steps: int) -> Family[Any]:
        """Train for ``steps`` steps, from the beginning to the end of the schedule."""
        family = self._begun(steps)
        for step in range(steps):
            self._take(family, step)
        return family

    def within(self, seconds: float) -> int:
        """Return the number of steps in a number of CPU seconds, at least one. The first step,
        which fills caches, is not counted.
        """
        self.train_fully(1)
        family, steps, took = self._begun(1000), 0, 0.0
        while steps == 0 or took < seconds:
            took += self._take(family, steps)
            steps += 1
        return steps

    def price(self, steps: int) -> float:
        """Return the mean cost of a step in steps of the yardstick. Steps of both are interleaved,
        since the speed of a computer varies.
        """
        yard = _yardstick()
        family, beside = self._begun(steps), yard._begun(1000)
        yard._take(beside, 0)
        took, beside_took, made = 0.0, 0.0, 0
        for step in range(steps):
            took += self._take(family, step)
            while beside_took < took:
                made += 1
                beside_took += yard._take(beside, made)
        return (took / steps) / (beside_took / made)

    def _begun(self, horizon: int) -> Family[Any]:
        made: Family[Any] = self._entry.make(
            self._config, self._spec, horizon=horizon, seed=self._seed, device=_CPU
        )
        return made

    def _take(self, family: Family[Any], step: int) -> float:
        """Take a step; returns the seconds of the processor."""
        start = time.process_time()
        family.step(self._batches.batch(step))
        return time.process_time() - start


@cache
def _yardstick() -> _Training:
    return _Training(_YARDSTICK, dataset_of("digits"), 0)


def _samples(family: Family[Any], n: int, seed: int) -> tuple[Tensor, int]:
    """Draw n images in data units, and count the network evaluations of each."""
    latents = family.prior(n, make_generator(seed, _DRAWN))
    with torch.no_grad():
        *_, last = family.flow(latents, generator=make_generator(seed, _NOISE))
    return family.spec.restore(last.x), last.nfe


def measure(make: Make, data: Dataset, n: int, steps: int = 0) -> Score:
    """Score images by the judge of the data, as means over `_MEASURED` pairs of unseen halves.

    ``make(other, real, seed)`` returns as many images as ``real`` has, in data units, and how many
    network evaluations each took; ``other`` are real images that are not among these.
    """
    judge = judge_of(data)
    frechet, balance, nfe = 0.0, 0.0, 0
    found = wanted = torch.zeros(())
    for seed in range(_MEASURED):
        other, real = data.pair(n, seed)
        assert isinstance(other, ImageSet)
        assert isinstance(real, ImageSet)
        x, nfe = make(other, real, seed)
        evidence = Evidence(real, make_generator(seed), made=Batch(x), judge=judge)
        frechet += FrechetDistance(NoConfig()).measure(evidence).value / _MEASURED
        balance += LabelBalance(NoConfig()).measure(evidence).value / _MEASURED
        # Shares of rare labels are noisy: those of all halves together are compared.
        found = found + label_shares(judge, x)
        wanted = wanted + label_shares(judge, real.x)
    return Score(frechet, balance, float((found / wanted).min()), steps, nfe)


def judge_of(data: Dataset) -> Judge:
    """Return the judge of a data set, trained if it is not kept.

    Raises:
        ValueError: the data have no labels.
    """
    if data.judging is None:
        raise ValueError("the data have no labels, and so no judge")
    return data.judging.now()


def _score(family: Family[Any], data: Dataset, n: int, steps: int) -> Score:
    def make(_: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
        return _samples(family, len(real.x), seed)

    return measure(make, data, n, steps)


@dataclass(frozen=True)
class Compared:
    """Scores by method, one for each seed, and the floors at the same size."""

    scores: dict[str, list[Score]]
    frechet: Floor
    balance: Floor
    seeds: list[int]

    def value(self) -> dict[str, float]:
        """Return the worst figures over the seeds, by name; of several methods with its title."""
        found: dict[str, float] = {}
        for title, scores in self.scores.items():
            whose = f" of {title}" if len(self.scores) > 1 else ""
            found[f"Fréchet distance{whose}"] = max(s.frechet for s in scores)
            found[f"labels off{whose}"] = max(s.balance for s in scores)
            found[f"rarest label{whose}"] = min(s.rarest for s in scores)
        return found


def dataset_of(slug: str) -> Dataset:
    """Return a registered data set, whole, with its defaults."""
    entry = registry.get("dataset", slug)
    return registered(entry, entry.config(), 0, 0)


def compare(
    data: Dataset, methods: Sequence[Method], seconds: float, seeds: list[int], n: int = 5000
) -> Compared:
    """Train each method for a number of seconds with each seed, and evaluate all with the same
    judge.

    ``n`` is the most images that are compared; it is half of the unseen ones where that is less.
    """
    scores: dict[str, list[Score]] = {}
    for method in methods:
        scores[method.title] = []
        for seed in seeds:
            family, steps = train_for(method, data, seconds, seed)
            scores[method.title].append(_score(family, data, n, steps))
    return _beside_floors(scores, data, n, seeds)


def judged_law(title: str, make: Make, data: Dataset, n: int = 5000) -> Compared:
    """Judge a law of images that was not trained, as if it were a method of that title."""
    return _beside_floors({title: [measure(make, data, n)]}, data, n, [0])


def _beside_floors(
    scores: dict[str, list[Score]], data: Dataset, n: int, seeds: list[int]
) -> Compared:
    judge = judge_of(data)

    def pairs(seed: int) -> tuple[Any, Any]:
        return data.pair(n, seed)

    return Compared(
        scores,
        floor(FrechetDistance(NoConfig()), pairs, repeats=_MEASURED, judge=judge),
        floor(LabelBalance(NoConfig()), pairs, repeats=_MEASURED, judge=judge),
        seeds,
    )


def table(compared: Compared) -> str:
    """Return one line: each method, its evaluations a sample, and its score for each seed."""
    parts = []
    for title, scores in compared.scores.items():
        told = "; ".join(map(str, scores))
        parts.append(f"{title} [{scores[0].nfe} NFE]: {told}")
    return " | ".join(parts)


# What each did best with, of a few settings that were tried for a minute or two, by pairs of
# training images.
_MLP: Mapping[str, Any] = {"slug": "mlp", "config": {"width": 512}}
_SMALL: Mapping[str, Any] = {"slug": "mlp", "config": {"width": 256}}
_RELU: Mapping[str, Any] = {"activation": "relu"}
_SCORE_GAN: Mapping[str, Any] = {
    "teacher_share": 0.35,
    "teacher_levels": "log-normal",
    "score_steps": 4,
    "s_low": 1.0,
    "s_high": 5.0,
    "rho": 3.0,
    "net": _MLP,
    "generator": {"slug": "dcgan", "config": {"width": 32, "modulated": False}},
    "generator_optimizer": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999},
}
_MOMENTUM: Mapping[str, Any] = {"beta1": 0.5, "beta2": 0.999}
LOGISTIC: Mapping[str, Any] = {
    "loss": "logistic",
    "penalty": 1.0,
    "centre": 0.0,
    "generator_optimizer": _MOMENTUM,
    "critic_optimizer": _MOMENTUM,
    "generator": {"slug": "dcgan", "config": {"modulated": False}},
}
"""A GAN of images by the loss that was the first; its default there is another one."""
DIGITS = (
    Method("EDM", "edm", {}, batch=128),
    Method(
        "GAN",
        "gan",
        {
            **LOGISTIC,
            "latent": 32,
            "critic": _MLP,
            "generator": {**_MLP, **_RELU},
            "penalty": 0.1,
        },
    ),
    Method(
        "Discriminator Flow",
        "discriminator-flow",
        {
            "critic": _MLP,
            "steps": 28,
            "speed": 20.0,
            "penalty": 0.03,
            "critic_optimizer": {"lr": 1e-3},
        },
    ),
    Method(
        "Score GAN",
        "score-gan",
        {**_SCORE_GAN, "net": _SMALL, "generator": {**_SMALL, **_RELU}},
    ),
)
MNIST = (
    Method("EDM", "edm", {}),
    Method("GAN", "gan", LOGISTIC),
    Method(
        "Discriminator Flow",
        "discriminator-flow",
        {"steps": 14, "speed": 400.0, "penalty": 3.0, "critic_optimizer": {"lr": 2e-3}},
    ),
    Method("Score GAN", "score-gan", _SCORE_GAN),
)


@dataclass(frozen=True)
class Line:
    """Requirements for every method and seed.

    Attributes:
        floors: largest Frechet distance in units of the floor.
        variation: the total variation of the labels is at most this.
        rarest: each label has at least this part of its share of the data.
    """

    floors: float
    variation: float
    rarest: float

    def __str__(self) -> str:
        return (
            f"Fréchet distance in the judge's features at most {self.floors:g} floors, total "
            f"variation of the labels at most {self.variation:.2f}, and each label at least "
            f"{self.rarest:.2f} of its share of the data"
        )

    def met(self, score: Score, frechet: Floor) -> bool:
        """Say whether a score meets it."""
        near = score.frechet <= self.floors * frechet.mean
        return near and score.balance <= self.variation and score.rarest >= self.rarest


DIGITS_LINE = Line(floors=3.5, variation=0.30, rarest=0.25)
MNIST_LINE = Line(floors=25.0, variation=0.40, rarest=0.25)


def outcome_of(compared: Compared, line: Line) -> Outcome:
    """Pass where every method and seed meets the line."""
    scores = [score for trained in compared.scores.values() for score in trained]
    return Outcome(
        figure=table(compared),
        value=compared.value(),
        passed=all(line.met(score, compared.frechet) for score in scores),
        floor=f"Fréchet {compared.frechet}; TV {compared.balance}",
        seeds=compared.seeds,
    )


def without_labels(lost: int) -> Make:
    """Return real images without the first ``missing`` labels, drawn with replacement."""

    def make(other: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
        assert other.labels is not None
        kept = torch.nonzero(other.labels >= lost).flatten()
        rows = torch.randint(len(kept), (len(real.x),), generator=make_generator(seed, _NULLS))
        return other.x[kept[rows]], 0

    return make


def gaussian_pixels(train: Tensor) -> Make:
    """Return draws of the one Gaussian with mean and covariance of images (n, C, H, W)."""
    flat = train.flatten(1).double()
    values, vectors = torch.linalg.eigh(flat.T.cov())
    factor = vectors * values.clamp_min(0.0).sqrt()

    def make(other: ImageSet, real: ImageSet, seed: int) -> tuple[Tensor, int]:
        shape = (len(real.x), flat.shape[1])
        z = torch.randn(shape, generator=make_generator(seed, _NULLS), dtype=flat.dtype)
        return (flat.mean(dim=0) + z @ factor.T).to(train).reshape(real.x.shape), 0

    return make


def pixels_alone(data: Dataset) -> Make:
    """Return draws of the one Gaussian with mean and covariance of the training images."""
    return gaussian_pixels(data.rows.rows(slice(None)).x)


def after_one_step(family: str, data: Dataset) -> Make:
    """Return what a family makes after one step of training with its defaults."""
    entry = registry.get("family", family)
    spec = data.rows.spec()
    config = settle(entry.config, filled(entry, {}, "images"), "images")
    made: Family[Any] = entry.make(config, spec, horizon=1, seed=0, device=_CPU)
    made.step(Shuffled(spec.standardised(data.rows.rows(slice(None))), 64, 0).batch(0))
    return lambda other, real, seed: _samples(made, len(real.x), seed)


Law = Callable[[Dataset], Make]
LAWS: Mapping[str, Law] = {
    "one Gaussian of all pixels": pixels_alone,
    "real images without four of ten labels": lambda _: without_labels(4),
    "real images without one label": lambda _: without_labels(1),
    "a GAN after one step": partial(after_one_step, "gan"),
    MARGINALS: law_of(mix_pixels),
}
"""Laws of images that must miss the lines, by their titles."""
LOOKUPS: Mapping[str, Law] = {COPIES: law_of(copy), HALFWAY: law_of(mix_with_class)}
"""What repeats training images and meets the lines: baselines."""
SHIFTS: Mapping[str, Law] = {SHIFTED: law_of(shift)}
LOOKUPS_MEET = (
    "The line measures cost, not whether images are new: copies of training images meet it, too."
)
"""What every claim says whose line a look-up meets."""


def nulls_of(laws: Mapping[str, Law], data: Callable[[], Dataset], line: Line) -> list[Null]:
    """Return distributions of images as null models with the same line. Each is measured once for
    all claims.
    """

    def null(title: str, law: Law) -> Null:
        @cache
        def measured() -> Outcome:
            known = data()
            return outcome_of(judged_law(title, law(known), known), line)

        return Null(title, measured)

    return [null(title, law) for title, law in laws.items()]


@experiment(
    "GI-digits",
    title="Four ways to digits",
    claim="On 8x8 digits, a diffusion, a GAN, a Discriminator Flow and a Score GAN all learn in a "
    "minute of one core: particles with and without a generator, by a score and by a critic. "
    + LOOKUPS_MEET,
    pass_line=f"{DIGITS_LINE}, every method and seed",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, table 3 has these four on MNIST",
    slow=True,
    nulls=nulls_of({**LAWS, **SHIFTS}, partial(dataset_of, "digits"), DIGITS_LINE),
    baselines=nulls_of(LOOKUPS, partial(dataset_of, "digits"), DIGITS_LINE),
)
def on_digits() -> Outcome:
    """Train four methods for 60 s each, with three seeds."""
    return outcome_of(compare(dataset_of("digits"), DIGITS, 60.0, [0, 1, 2]), DIGITS_LINE)


@experiment(
    "GI-mnist",
    title="Four ways to MNIST",
    claim="The same four on 28x28 MNIST digits, five minutes of one core each: all of them make "
    "digits, and no label is lost. " + LOOKUPS_MEET,
    pass_line=f"{MNIST_LINE}, every method and seed",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, table 3, where they train for days on a GPU",
    slow=True,
    nulls=nulls_of(LAWS, partial(dataset_of, "mnist"), MNIST_LINE),
    baselines=nulls_of({**LOOKUPS, **SHIFTS}, partial(dataset_of, "mnist"), MNIST_LINE),
)
def on_mnist() -> Outcome:
    """Train four methods for 300 s each, with three seeds."""
    return outcome_of(compare(dataset_of("mnist"), MNIST, 300.0, [0, 1, 2]), MNIST_LINE)
