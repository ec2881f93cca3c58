"""H1: a spectral-spatial classifier on few labels, beside logistic regression on the same.

With a split at random, as most papers have it, the nearest labelled pixel by position, which reads
no spectrum, is right in 95 %, and the network in 86 %: such a split measures who knows the place.
So the labels lie apart from the pixels that are measured. There the network is not better than
logistic regression, also after two rounds of tuning (a smaller window with 200 steps, and with
twice the noise; splits of the seeds 10 and 11).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.classify.classifier import Classifier, ClassifierConfig
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.metrics.base import Evidence, Metric
from pushforward.models.metrics.classify.agreement import (
    Accuracy,
    AgainstConfig,
    AverageAccuracy,
    Kappa,
)
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.sample_tests import find_neighbours

__all__ = ["h1"]

SEEDS = [0, 1]
STEPS = 500
MARGIN = 0.08
_EVERYTHING = 10**6
_SHORT, _BATCH, _PIECE = 150, 64, 1024  # of the network that learns shuffled labels
_METRICS: dict[str, Callable[[AgainstConfig], Metric[AgainstConfig]]] = {
    "OA": Accuracy,
    "AA": AverageAccuracy,
    "kappa": Kappa,
}


def _trial(seed: int, steps: int, data: Mapping[str, Any]) -> Trial:
    return Trial("classifier", "indian-pines", steps, data={"seed": seed, "split": "apart", **data})


def _unseen(learnt: Learnt) -> CubeSet:
    """Return all labelled pixels that were not learned from."""
    left, right = learnt.pair(_EVERYTHING, 0)
    assert isinstance(left, CubeSet)
    assert isinstance(right, CubeSet)
    return left.at(torch.cat([left.pixels, right.pixels]))


def _learned_from(learnt: Learnt) -> CubeSet:
    """Return the labelled pixels that were learned from."""
    assert isinstance(learnt.learned, CubeSet)
    return learnt.learned


def _figures(bench: Bench, seed: int, steps: int) -> tuple[dict[str, float], dict[str, float]]:
    """Train on the labels of a seed; return the figures, and those of logistic regression."""
    learnt = bench.train(_trial(seed, steps, {}), seed)
    unseen = _unseen(learnt)
    rng = make_generator(seed)
    evidence = Evidence(unseen, rng, model=learnt.learner, train=_learned_from(learnt))
    metrics = {name: make(AgainstConfig()) for name, make in _METRICS.items()}
    return (
        {name: metric.measure(evidence).value for name, metric in metrics.items()},
        {name: metric.bar(evidence).value for name, metric in metrics.items()},
    )


def _outcome(rows: list[tuple[dict[str, float], dict[str, float]]], seeds: list[int]) -> Outcome:
    """Say by how much overall accuracies are above those of logistic regression; the least of the
    seeds counts.
    """
    means = {
        f"{name}{tag}": sum(row[place][name] for row in rows) / len(rows)
        for place, tag in ((0, ""), (1, " of logistic regression"))
        for name in rows[0][place]
    }
    gain = min(mine["OA"] - its["OA"] for mine, its in rows)
    words = ", ".join(f"{name} {100 * value:.1f}" for name, value in means.items())
    return Outcome(
        figure=f"{words}; gain in OA at least {100 * gain:.1f} points",
        value={**means, "gain": gain},
        passed=gain >= MARGIN,
        floor="logistic regression on single spectra, fitted to the same labels",
        seeds=seeds,
    )


def _measured(bench: Bench, steps: int) -> Outcome:
    seeds = bench.seeds(SEEDS)
    return _outcome([_figures(bench, seed, steps) for seed in seeds], seeds)


def _untrained(bench: Bench) -> Outcome:
    return _measured(bench, 1)


def _without(bench: Bench, says: Any) -> Outcome:
    """Measure what needs no training: ``says`` a model of few labels and the unseen pixels."""
    seeds, rows = bench.seeds(SEEDS), []
    for seed in seeds:
        learnt = bench.train(_trial(seed, 1, {}), seed)
        unseen, train = _unseen(learnt), _learned_from(learnt)
        truth, said = unseen.classes(), says(train, unseen, seed)
        bar = Accuracy(AgainstConfig()).bar(Evidence(unseen, make_generator(seed), train=train))
        share = float((truth == said).double().mean())
        rows.append(({"OA": share}, {"OA": bar.value}))
    return _outcome(rows, seeds)


def _majority(train: CubeSet, unseen: CubeSet, seed: int) -> Tensor:
    return train.classes().bincount().argmax().expand(len(unseen))


def _by_position(train: CubeSet, unseen: CubeSet, seed: int) -> Tensor:
    """Say the class of the nearest labelled pixel, whatever its spectrum."""
    places = [data.rows(slice(0, len(data))).given["position"] for data in (unseen, train)]
    return train.classes()[find_neighbours(places[0], places[1], 1)[1][:, 0]]


def _by_spectrum(train: CubeSet, unseen: CubeSet, seed: int) -> Tensor:
    """Say the class of the labelled pixel with the nearest mean spectrum of its window."""
    means = [
        torch.cat(
            [
                data.rows(slice(start, start + _PIECE)).x.mean(dim=(2, 3))
                for start in range(0, len(data), _PIECE)
            ]
        )
        for data in (unseen, train)
    ]
    std = means[1].std(dim=0)
    return train.classes()[find_neighbours(means[0] / std, means[1] / std, 1)[1][:, 0]]


def _shuffled(train: CubeSet, unseen: CubeSet, seed: int) -> Tensor:
    """Say what a network says that has learned the same labels, each at another pixel."""
    generator = make_generator(seed)
    spec = train.spec()
    rows = spec.standardised(train.rows(slice(None)))
    label = rows.given[LABEL][torch.randperm(len(train), generator=generator)]
    wrong = replace(rows, given={**rows.given, LABEL: label})
    model = Classifier(
        ClassifierConfig(noise=0.6), spec, horizon=_SHORT, seed=seed, device=torch.device("cpu")
    )
    for _ in range(_SHORT):
        model.step(wrong.take(torch.randint(len(train), (_BATCH,), generator=generator)))
    said = [
        model.classify(spec.standardised(unseen.rows(slice(start, start + _PIECE)))).argmax(dim=1)
        for start in range(0, len(unseen), _PIECE)
    ]
    return torch.cat(said)


@experiment(
    "H1",
    title="Windows tell more than spectra",
    claim="Learned from the same 5 % of the labels of Indian Pines, in squares apart from what is "
    "measured, a small spectral-spatial network classifies the other pixels better than logistic "
    "regression does. With labels drawn at random, as most papers have it, it would look so (86 % "
    "against 71 %), but there the nearest labelled pixel by position alone is right in 95 %.",
    pass_line="overall accuracy on pixels apart from the labels at least 8 points above that of "
    "logistic regression, for each seed",
    group="H",
    source="Zhong et al. 2018, doi:10.1109/TGRS.2017.2755542; the split: Liang et al. 2017, "
    "arXiv:1605.05829",
    slow=True,
    nulls=[
        Null("one step of training", _untrained),
        Null("the largest class everywhere", lambda bench: _without(bench, _majority)),
        Null("labels shuffled", lambda bench: _without(bench, _shuffled)),
        Null("nearest labelled pixel by position", lambda bench: _without(bench, _by_position)),
        Null(
            "nearest labelled pixel by mean spectrum", lambda bench: _without(bench, _by_spectrum)
        ),
    ],
)
def h1(bench: Bench) -> Outcome:
    """Train on the labels of each seed."""
    return _measured(bench, STEPS)
