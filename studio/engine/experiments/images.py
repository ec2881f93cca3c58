"""GI: members of field x carrier on images, at equal computing time, in one table.

Time is that of the processor, on one thread: another program at work changes nothing. Nothing but
the families' own code is used, as a run of the studio uses it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.base import Family, ImageSet
from models.config import decode
from models.experiments.base import Outcome, experiment
from models.metrics.base import Floor, floor
from models.metrics.frechet import FrechetDistance, LabelBalance
from models.registry import registry
from models.tensors import make_generator
from studio.engine.batches import Shuffled
from studio.engine.datasets import Dataset, registered
from studio.engine.modality import TRAINING_DEFAULTS

__all__ = ["Method", "Score", "compare", "table", "train_for"]

_CPU = torch.device("cpu")
_MEASURED = 4
_DRAWN, _NOISE = 3200, 3201
_PROBE = 0.04


@dataclass(frozen=True)
class Method:
    """A family with the settings it is compared under."""

    title: str
    family: str
    config: Mapping[str, Any]
    batch: int = 64


@dataclass(frozen=True)
class Score:
    """How one training ended: means over disjoint halves of the unseen data."""

    frechet: float
    balance: float
    steps: int
    nfe: int

    def __str__(self) -> str:
        return f"{self.frechet:.1f} (TV {self.balance:.2f}, {self.steps:,} steps)"


def train_for(method: Method, data: Dataset, seconds: float, seed: int) -> tuple[Family, int]:
    """Train for so many seconds of the processor; returns the family and its steps.

    The number of steps, which schedules need, is estimated by another training of 4 % of the time.
    """
    entry = registry.get("family", method.family)
    config = decode(entry.config, entry.filled(method.config, "images"))
    spec = data.points.spec()
    batches = Shuffled(spec.standardise(data.points.x), method.batch, seed)

    def train(horizon: int, limit: float) -> tuple[Family, int]:
        family: Family = entry.make(config, spec, horizon=horizon, seed=seed, device=_CPU)
        steps, start = 0, time.process_time()
        while time.process_time() - start < limit:
            family.step(batches.batch(steps))
            steps += 1
        return family, steps

    # A teacher has its share of the probe, too: the horizon is guessed twice.
    _, few = train(1000, _PROBE / 2 * seconds)
    _, few = train(few, _PROBE / 2 * seconds)
    return train(max(1, round(few / (_PROBE / 2))), seconds)


def _samples(family: Family, n: int, seed: int) -> tuple[Tensor, int]:
    """Draw n images in data units, and count the network evaluations of each."""
    latents = family.prior(n, make_generator(seed, _DRAWN))
    with torch.no_grad():
        *_, last = family.flow(latents, generator=make_generator(seed, _NOISE))
    return family.spec.restore(last.x), last.nfe


def _score(family: Family, data: Dataset, n: int, steps: int) -> Score:
    frechet, balance, nfe = 0.0, 0.0, 0
    for seed in range(_MEASURED):
        _, real = data.pair(n, seed)
        assert isinstance(real, ImageSet)
        x, nfe = _samples(family, len(real.x), seed)
        for_metric = make_generator(seed)
        distance = FrechetDistance()(x, real.x, points=real, generator=for_metric)
        variation = LabelBalance()(x, real.x, points=real, generator=for_metric)
        frechet += distance / _MEASURED
        balance += variation / _MEASURED
    return Score(frechet, balance, steps, nfe)


@dataclass(frozen=True)
class Compared:
    """Scores by method, one for each seed, and the floors at the same size."""

    scores: dict[str, list[Score]]
    frechet: Floor
    balance: Floor
    seeds: list[int]

    def value(self) -> dict[str, float]:
        """Return the worst figures over the seeds, by name."""
        found: dict[str, float] = {}
        for title, scores in self.scores.items():
            found[f"frechet {title}"] = max(s.frechet for s in scores)
            found[f"balance {title}"] = max(s.balance for s in scores)
        return found


def compare(
    dataset: str, methods: Sequence[Method], seconds: float, seeds: list[int], n: int = 5000
) -> Compared:
    """Train each method for so many seconds with each seed, and judge all by the same judge.

    ``n`` is the most images that are compared; it is half of the unseen ones where that is less.
    """
    entry = registry.get("dataset", dataset)
    data = registered(entry, entry.config(), 0, 0)
    scores: dict[str, list[Score]] = {}
    for method in methods:
        scores[method.title] = []
        for seed in seeds:
            family, steps = train_for(method, data, seconds, seed)
            scores[method.title].append(_score(family, data, n, steps))

    def pairs(seed: int) -> tuple[Any, Any]:
        return data.pair(n, seed)

    return Compared(
        scores,
        floor(FrechetDistance(), pairs, repeats=_MEASURED),
        floor(LabelBalance(), pairs, repeats=_MEASURED),
        seeds,
    )


def table(compared: Compared) -> str:
    """Return one line: each method, its evaluations a sample, and its score for each seed."""
    parts = []
    for title, scores in compared.scores.items():
        told = "; ".join(map(str, scores))
        parts.append(f"{title} [{scores[0].nfe} NFE]: {told}")
    return " | ".join(parts)


# What each did best with, of a few settings that were tried for half a minute.
_MLP: Mapping[str, Any] = {"kind": "mlp"}
_SMALL: Mapping[str, Any] = {"kind": "mlp", "units": 256}
_SCORE_GAN: Mapping[str, Any] = {"teacher_share": 0.35, "score_steps": 4}
DIGITS = (
    Method("EDM", "edm", {}, batch=128),
    Method("GAN", "gan", {"latent": 32, "image_critic": _MLP, "image_generator": _MLP}),
    Method("Discriminator Flow", "discriminator-flow", {"image_critic": _MLP, "speed": 20.0}),
    Method(
        "Score GAN",
        "score-gan",
        {**_SCORE_GAN, "image_net": _SMALL, "image_generator": _SMALL},
    ),
)
MNIST = (
    Method("EDM", "edm", {}),
    Method("GAN", "gan", {}),
    Method("Discriminator Flow", "discriminator-flow", {"speed": 200.0}),
    Method("Score GAN", "score-gan", _SCORE_GAN),
)


def _outcome(compared: Compared, floors: float, variation: float) -> Outcome:
    """Pass where every method and seed is within so many floors and so much total variation."""
    scores = [score for trained in compared.scores.values() for score in trained]
    near = all(score.frechet <= floors * compared.frechet.mean for score in scores)
    even = all(score.balance <= variation for score in scores)
    return Outcome(
        figure=table(compared),
        value=compared.value(),
        passed=near and even,
        floor=f"Fréchet {compared.frechet}; TV {compared.balance}",
        seeds=compared.seeds,
    )


@experiment(
    "GI-digits",
    title="Four ways to digits",
    claim="On 8x8 digits, a diffusion, a GAN, a Discriminator Flow and a Score GAN all learn in a "
    "minute of one core: particles with and without a generator, by a score and by a critic.",
    pass_line="Fréchet distance in the judge's features at most 10 floors, total variation of the "
    "labels at most .30, every method and seed",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, table 3 has these four on MNIST",
    slow=True,
)
def on_digits() -> Outcome:
    """Train four methods for 60 s each, with three seeds."""
    return _outcome(compare("digits", DIGITS, 60.0, [0, 1, 2]), 10.0, 0.30)


@experiment(
    "GI-defaults",
    title="Every model makes digits",
    claim="On 8x8 digits every family that takes images learns in a minute of one core, with the "
    "settings that a person finds.",
    pass_line="Fréchet distance in the judge's features at most 10 floors, total variation of the "
    "labels at most .30, every family and seed",
    group="G",
    source="none: it is what the defaults are for",
    slow=True,
)
def on_digits_as_found() -> Outcome:
    """Train every family for images for 60 s with its defaults, with three seeds."""
    batch = int(TRAINING_DEFAULTS["images"]["batch"])
    methods = [
        Method(entry.title, entry.slug, {}, batch)
        for entry in registry.all("family")
        if "images" in entry.modalities
    ]
    return _outcome(compare("digits", methods, 60.0, [0, 1, 2]), 10.0, 0.30)


@experiment(
    "GI-mnist",
    title="Four ways to MNIST",
    claim="The same four on 28x28 MNIST digits, five minutes of one core each: all of them make "
    "digits, and no label is lost.",
    pass_line="Fréchet distance in the judge's features at most 40 floors, total variation of the "
    "labels at most .40, every method and seed; an untrained generator is at 190 floors and .75",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, table 3, where they train for days on a GPU",
    slow=True,
)
def on_mnist() -> Outcome:
    """Train four methods for 300 s each, with three seeds."""
    return _outcome(compare("mnist", MNIST, 300.0, [0, 1, 2]), 40.0, 0.40)
