"""What the claims on representations share: generators of 8x8 digits and of emoji, encoders that
learn from them, and probes. Importing this module registers nothing.

Three generators of a kind are trained, with five encoders each; what needs no generator has five
encoders. Settings were chosen on validation rows by the studies that the claims repeat: NT-Xent at
0.5, AdamW at 1e-2, 200 steps of 128 anchors. All conditions have the same encoder, steps, pixel
views and draws of labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.representation.probes import (
    ProbeData,
    few_label_accuracy,
    knn_accuracy,
    linear_accuracy,
)
from pushforward.models.tensors import make_generator
from pushforward.observables.student_t import half_interval
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.images.equal_time import dataset_of

__all__ = [
    "ENCODERS",
    "GENERATORS",
    "Condition",
    "Found",
    "Scores",
    "difference",
    "emoji_vae",
    "few",
    "gan",
    "misled",
    "one_class",
    "over_seeds",
    "pixels",
    "real",
    "rows_of",
    "score_encoder",
    "score_features",
    "sweep",
    "untrained",
    "vae",
]

GENERATORS, ENCODERS = [0, 1, 2], [0, 1, 2, 3, 4]
STEPS, ANCHORS = 200, 128
_DRAWS = {1: 20, 5: 10}  # draws of labels, by labels a class
_BATCHES = 3500  # a stream of the seed
_CPU = torch.device("cpu")
_MLP = {"slug": "mlp", "config": {"width": 128, "depth": 2}}
_VAE: dict[str, Any] = {
    "latent": 16,
    "couplings": 0,
    "noisy": False,
    "encoder": {"slug": "mlp-encoder", "config": {"width": 128, "depth": 2}},
    "decoder": _MLP,
}
_GAN: dict[str, Any] = {
    "latent": 16,
    "loss": "logistic",
    "penalty": 1.0,
    "centre": 0.0,
    "generator": _MLP,
    "critic": _MLP,
    "generator_optimizer": {"beta1": 0.5, "beta2": 0.999},
    "critic_optimizer": {"beta1": 0.5, "beta2": 0.999},
}


@dataclass(frozen=True)
class Condition:
    """How an encoder is trained, apart from its source.

    Attributes:
        kind, sigma, truncation: of the latent views.
        pixels: whether there are pixel views.
        pixel_views: settings of these that differ from the default.
        objective: of the encoder.
        steps: of the training; 0 for a random encoder.
        batch: anchors of a step.
        anchors: frozen anchors, 0 for new ones in each batch.
        dataset: what real rows, probes and units are of.
    """

    kind: str = "none"
    sigma: float = 0.0
    truncation: float = 0.0
    pixels: bool = True
    pixel_views: tuple[tuple[str, float], ...] = ()
    objective: str = "nt-xent"
    steps: int = STEPS
    batch: int = ANCHORS
    anchors: int = 0
    dataset: str = "digits"

    def settings(self) -> dict[str, Any]:
        """Return the settings of the family."""
        latent = {"kind": self.kind, "sigma": self.sigma, "truncation": self.truncation}
        return {
            "latent": latent,
            "pixels": {"use": self.pixels, **dict(self.pixel_views)},
            "objective": self.objective,
            "anchors": self.anchors,
        }


@dataclass(frozen=True)
class Scores:
    """Test accuracies of probes: after 1 and 5 labels a class, of neighbours, of all labels."""

    one: float
    five: float
    knn: float = 0.0
    linear: float = 0.0


@dataclass(frozen=True)
class _Known:
    """Rows of a data set in the units of the data, and standardised with classes."""

    train: Tensor
    labels: Tensor
    test: Tensor
    truth: Tensor
    rows: Batch


@cache
def rows_of(dataset: str) -> _Known:
    """Return the training rows and those that only test."""
    data = dataset_of(dataset)
    assert data.unseen is not None
    named, unseen = data.rows.labelled(), data.unseen.labelled()  # type: ignore[attr-defined]
    rows, test = named.rows(slice(None)), unseen.rows(slice(None))
    spec = named.spec()
    return _Known(
        rows.x, rows.given[LABEL].long(), test.x, test.given[LABEL].long(), spec.standardised(rows)
    )


def _trained(
    slug: str, config: dict[str, Any], rows: Batch, steps: int, seed: int, batch: int,
    source: Learner[Any] | None = None, dataset: str = "digits",
) -> Learner[Any]:  # fmt: skip
    """Train a model on some rows, without the engine."""
    entry, data = registry.get("family", slug), dataset_of(dataset).rows
    spec = source.spec if source is not None else data.spec()
    if config.get("conditional"):
        spec = data.labelled().spec()  # type: ignore[attr-defined]
    made = decode(entry.config, filled(entry, config, spec.kind))
    inputs = {} if source is None else {"source": source}
    learner: Learner[Any] = entry.make(
        made, spec, horizon=max(1, steps), seed=seed, device=_CPU, inputs=inputs
    )
    generator = make_generator(seed, _BATCHES)
    given = rows if spec.given else Batch(rows.x)
    for _ in range(steps):
        learner.step(given.take(torch.randint(len(given), (batch,), generator=generator)))
    return learner


# Sources


def vae(bench: Bench, seed: int) -> Learner[Any]:
    """Return a VAE of all training rows, without their classes."""
    trial = Trial("vae", "digits", 2200, config=_VAE, training={"batch": 64})
    return _source(bench, trial, seed)


def emoji_vae(bench: Bench, seed: int) -> Learner[Any]:
    """Return a convolutional VAE of the emoji in colour, without their groups."""
    config = {"latent": 32, "couplings": 0, "noisy": False}
    return _source(bench, Trial("vae", "emoji", 1500, config=config, training={"batch": 64}), seed)


def gan(bench: Bench, seed: int, *, conditional: bool = False) -> Learner[Any]:
    """Return a GAN, which may be class-conditional, of about the computing time of the VAE."""
    config = {**_GAN, "conditional": conditional}
    trial = Trial("gan", "digits", 2500, config=config, training={"batch": 64})
    return _source(bench, trial, seed)


_sources: dict[tuple[int, str, int], Learner[Any]] = {}


def _source(bench: Bench, trial: Trial, seed: int) -> Learner[Any]:
    """Return the same object for the same training, so that `score_encoder` knows it again."""
    key = (id(bench), repr(trial), seed)
    if key not in _sources:
        _sources[key] = bench.train(trial, seed).learner
    return _sources[key]


@cache
def one_class(seed: int) -> Learner[Any]:
    """Return a VAE of the rows of one class only: 0, 3 or 8."""
    known = rows_of("digits")
    rows = known.rows.take((known.labels == (0, 3, 8)[seed % 3]).nonzero()[:, 0])
    return _trained("vae", _VAE, rows, 800, seed, 64)


@cache
def misled(seed: int) -> Learner[Any]:
    """Return a class-conditional GAN of rows whose classes were shuffled."""
    rows = rows_of("digits").rows
    order = torch.randperm(len(rows), generator=make_generator(seed, _BATCHES + 2))
    wrong = Batch(rows.x, given={LABEL: rows.given[LABEL][order]})
    return _trained("gan", {**_GAN, "conditional": True}, wrong, 1500, seed, 64)


@cache
def untrained(seed: int) -> Learner[Any]:
    """Return a VAE before its first step."""
    return _trained("vae", _VAE, rows_of("digits").rows, 0, seed, 64)


# Encoders and probes


def score_features(represent: Any, *, whole: bool = False, dataset: str = "digits") -> Scores:
    """Return the accuracies of probes on features of data units (n, *shape) -> (n, k)."""
    known = rows_of(dataset)
    data = ProbeData.of(represent, known.train, known.labels, known.test, known.truth)
    one, five = (
        float(few_label_accuracy(data, per, draws, 0)[0].mean()) for per, draws in _DRAWS.items()
    )
    return Scores(one, five, *((knn_accuracy(data), linear_accuracy(data)[0]) if whole else ()))


@cache
def pixels(dataset: str = "digits") -> Scores:
    """Return the accuracies of probes on raw pixels."""
    return score_features(lambda x: x.flatten(1), whole=True, dataset=dataset)


_known: dict[tuple[int, Condition, int, bool], Scores] = {}


def score_encoder(
    source: Learner[Any] | None, condition: Condition, seed: int, *, whole: bool = False
) -> Scores:
    """Train an encoder on a source, None for real rows, and return the accuracies of its probes;
    what was trained before in this process is not trained again.
    """
    key = (id(source), condition, seed, whole)
    if not whole and (*key[:3], True) in _known:
        return _known[*key[:3], True]
    if key not in _known:
        rows = rows_of(condition.dataset).rows
        _known[key] = _score(source, condition, seed, rows, whole=whole)
    return _known[key]


@cache
def real(seed: int, rows: int = 0, *, whole: bool = False) -> Scores:
    """Return the accuracies of an encoder of real images, all or ``count`` chosen by the seed."""
    known, chosen = rows_of("digits").rows, rows_of("digits").rows
    if rows:
        order = torch.randperm(len(known), generator=make_generator(seed, _BATCHES + 1))
        chosen = known.take(order[:rows])
    return _score(None, Condition(), seed, chosen, whole=whole)


def _score(
    source: Learner[Any] | None, condition: Condition, seed: int, rows: Batch, *, whole: bool
) -> Scores:
    encoder: Any = _trained(
        "representation",
        condition.settings(),
        rows,
        condition.steps,
        seed,
        condition.batch,
        source,
        condition.dataset,
    )
    return score_features(
        lambda x: encoder.represent(encoder.spec.standardise(x)),
        whole=whole, dataset=condition.dataset,
    )  # fmt: skip


# Figures over seeds


@dataclass(frozen=True)
class Found:
    """A figure over seeds, in points.

    Attributes:
        values: of each pair of a generator and an encoder.
    """

    values: Sequence[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """The mean over all."""
        return fmean(self.values)

    @property
    def error(self) -> float:
        """Half the 95 % interval of the mean over generators, by Student's t; over all encoders
        where there is one generator.
        """
        return half_interval(self._groups())

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - self.error

    def _groups(self) -> Sequence[float]:
        if len(self.values) <= len(ENCODERS) or len(self.values) % len(ENCODERS):
            return self.values
        each = len(ENCODERS)
        return [fmean(self.values[i : i + each]) for i in range(0, len(self.values), each)]

    def __str__(self) -> str:
        return f"{self.mean:+.1f} ± {self.error:.1f} points"


def sweep(
    make: Callable[[int], Learner[Any] | None], condition: Condition, *, whole: bool = False
) -> list[Scores]:
    """Return the scores of all encoders of all generators of ``make(seed)``, in that order."""
    return [
        score_encoder(make(generator), condition, seed, whole=whole)
        for generator in GENERATORS
        for seed in ENCODERS
    ]


def few(make: Callable[[int], Learner[Any] | None], condition: Condition) -> list[Scores]:
    """Return the scores of one encoder of each seed, whose generators take turns: for null models,
    whose spread over generators does not matter.
    """
    return [score_encoder(make(seed % len(GENERATORS)), condition, seed) for seed in ENCODERS]


def difference(ours: Sequence[Scores], others: Sequence[Scores], labels: int = 1) -> Found:
    """Return the paired difference in points; fewer scores of others are repeated for each
    generator.
    """
    name = "one" if labels == 1 else "five"
    repeated = [others[i % len(others)] for i in range(len(ours))]
    return over_seeds(
        [getattr(a, name) - getattr(b, name) for a, b in zip(ours, repeated, strict=True)]
    )


def over_seeds(values: Sequence[float]) -> Found:
    """Return shares as points, in the order generator by generator."""
    return Found([100.0 * value for value in values])
