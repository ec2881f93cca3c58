"""Probes of a representation, of raw values, principal components and a random encoder."""

import math
from collections.abc import Callable, Generator
from typing import Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, Pick, decode, encode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.represent.representation import Representation
from pushforward.models.metrics.base import NotApplicable
from pushforward.models.metrics.represent.probe import labelled_rows
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.otherset import other_rows
from pushforward.models.registry import operator
from pushforward.models.representation.encoder import EncoderWithHead
from pushforward.models.representation.probes import (
    ProbeData,
    few_label_accuracy,
    knn_accuracy,
    linear_accuracy,
    pca_features,
    split_rows,
)
from pushforward.models.tensors import make_generator
from pushforward.models.training.trained import Trained

__all__ = [
    "LABELS",
    "REPRESENTATIONS",
    "ProbeRepresentation",
    "ProbeRepresentationConfig",
    "random_encoder",
]

LABELS = (1, 5, 10, 50)
REPRESENTATIONS = (
    "this run", "raw values", "PCA", "random encoder", "SimCLR on real", "supervised",
)  # fmt: skip
_FREE = 4  # of these need no training
_COMPONENTS = 32
_BATCHES, _SUBSET = 3621, 3622  # streams of the seed
_OTHER = 3623
_SIZES = (10, 30, 100, 300)
_MOST = 2000  # rows of another set

Represent = Callable[[Tensor], Tensor]


class ProbeRepresentationConfig(Config, frozen=True):
    """How often labels are drawn, and what else is measured."""

    draws: Annotated[
        int, param("Draws of labels", "How often a few labels are drawn anew.", low=2, high=200)
    ] = 20
    real_seeds: Annotated[
        int,
        param(
            "Encoders on real data",
            "Number of encoders of the same size that are trained on real samples with as many "
            "steps, for each of 10, 30, 100, 300 and all samples. They tell how many real samples "
            "the source is worth. 0 for none; each takes as long as this run did.",
            low=0,
            high=10,
            zero="none",
        ),
    ] = 5
    other: Annotated[
        Pick,
        param(
            "Transfer to",
            "Another data set with classes and samples of the same size, which is probed too.",
            of="dataset",
        ),
    ] = Pick()
    seed: SeedSetting = 0


@operator(
    "probe-representation",
    title="Probe the representation",
    summary="Measures classifiers on the features after 1, 5, 10 and 50 labels a class, on all "
    "labels and by neighbours, next to raw values, PCA and encoders that are random, trained on "
    "real data, or supervised.",
    source="Chen et al. 2020, arXiv:2002.05709, section 4.1",
    needs=("represent",),
    counts="probes",
    reads_data=True,
    config=ProbeRepresentationConfig,
)
class ProbeRepresentation:
    """All are measured on the same unseen rows, with the same draws of labels."""

    def __init__(self, config: ProbeRepresentationConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`.

        The arrays: "labels" (p,), labels a class that there were enough of; "few" (4, p, draws)
        accuracies by representation in the order of `REPRESENTATIONS`; "all" (4,) and "knn" (4,);
        "tested", the number of test rows. With encoders on real data these have 6 rows in place of
        4, and there are "sizes" (s,) and "real" (s, seeds), accuracies after one label a class.
        With another set "other-few", "other-all" and "other-knn".

        Raises:
            ValueError: the data have no classes, or no rows to measure with.
        """
        model = operation.learner
        assert isinstance(model, Representation)
        train, test = _sets(operation)
        ways = _ways(model, train[0])
        if self.config.real_seeds:
            now = Progress(0, 1)
            ways.append((yield from _trained_on(model, train[0], 0, now)))
            ways.append((yield from _supervised(model, *train, 0, now)))
        trained = ways[_FREE:]
        counts = [k for k in LABELS if k <= _fewest(train[1])]
        total = len(ways) * (2 if self.config.other.slug else 1)
        total += self.config.real_seeds * (len(_SIZES) + 1)
        found = yield from self._probed(ways, (*train, *test), counts, 0, total)
        arrays: dict[str, Tensor] = {
            "labels": torch.tensor(counts),
            "tested": torch.tensor(len(test[0])),
            **found,
        }
        if self.config.other.slug:
            rows = other_rows(operation, self.config.other, _MOST, self.config.seed, _OTHER)
            halves = _halves(rows)
            ways = [*_ways(model, halves[0]), *trained]
            there = [k for k in counts if k <= _fewest(halves[1])]
            probed = yield from self._probed(ways, halves, there, len(ways), total)
            arrays |= {f"other-{name}": values for name, values in probed.items()}
        if self.config.real_seeds:
            arrays |= yield from self._worth(model, train, test, total)
        return Outcome(arrays=arrays, note=_describe(arrays))

    def _probed(
        self, ways: list[Represent], rows: tuple[Tensor, ...], counts: list[int], done: int,
        total: int,
    ) -> Generator[Progress, None, dict[str, Tensor]]:  # fmt: skip
        few, whole, knn = [], [], []
        for index, represent in enumerate(ways):
            data = ProbeData.of(represent, *rows)
            config = self.config
            few.append(
                torch.stack(
                    [few_label_accuracy(data, k, config.draws, config.seed)[0] for k in counts]
                )
            )
            yield Progress(done + index, total)
            whole.append(linear_accuracy(data)[0])
            knn.append(knn_accuracy(data))
            yield Progress(done + index + 1, total)
        return {"few": torch.stack(few), "all": torch.tensor(whole), "knn": torch.tensor(knn)}

    def _worth(
        self, model: Representation, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor],
        total: int,
    ) -> Generator[Progress, None, dict[str, Tensor]]:  # fmt: skip
        """Train encoders on some real rows each, and return their accuracies."""
        sizes = [n for n in _SIZES if n < len(train[0])] + [len(train[0])]
        done = total - self.config.real_seeds * (len(_SIZES) + 1)
        found = []
        for n in sizes:
            for seed in range(self.config.real_seeds):
                order = torch.randperm(len(train[0]), generator=make_generator(seed, _SUBSET))
                represent = yield from _trained_on(
                    model, train[0][order[:n]], seed, Progress(done, total)
                )
                data = ProbeData.of(represent, *train, *test)
                each, _ = few_label_accuracy(data, 1, self.config.draws, self.config.seed)
                found.append(float(each.mean()))
                done += 1
                yield Progress(min(done, total), total)
        return {
            "sizes": torch.tensor(sizes),
            "real": torch.tensor(found).reshape(len(sizes), self.config.real_seeds),
        }


def _sets(operation: Operation) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return training rows and unseen rows with their classes, in the units of the data."""
    held: RowSource | None = operation.held() if operation.held is not None else None
    if operation.data is None or held is None:
        raise ValueError(
            "no samples are set apart to measure with: import the data again with a test share"
        )
    try:
        return labelled_rows(operation.data()), labelled_rows(held)
    except NotApplicable as error:
        raise ValueError(str(error)) from error


def _halves(rows: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return two thirds of rows to learn from, and a third to measure with."""
    if LABEL not in rows.given:
        raise ValueError("the other data set has no classes: choose one with labels")
    n = 2 * len(rows) // 3
    y = rows.given[LABEL].long()
    return rows.x[:n], y[:n], rows.x[n:], y[n:]


def _fewest(labels: Tensor) -> int:
    """Return how many rows the rarest class has, less those that validate."""
    kept = labels[: len(labels) - min(200, len(labels) // 5)]
    counts = kept.bincount(minlength=int(labels.max()) + 1)
    return int(counts[counts > 0].min())


def _ways(model: Representation, train: Tensor) -> list[Represent]:
    """Return the representations that are compared, in the order of `REPRESENTATIONS`."""
    components = min(_COMPONENTS, len(train), math.prod(train.shape[1:]))
    return [
        _features_of(model),
        lambda x: x.flatten(1),
        pca_features(train, components),
        _features_of(random_encoder(model)),
    ]


def _features_of(model: Representation) -> Represent:
    return lambda x: model.represent(model.spec.standardise(x).to(model.device)).cpu()


def random_encoder(model: Representation) -> Representation:
    """Return an encoder of the same settings before its first training step."""
    return _encoder(model, 0, random=True)


def _encoder(model: Representation, seed: int, *, random: bool = False) -> Representation:
    """Return a new encoder of the same settings, for real data."""
    settings: dict[str, Any] = encode(model.config)
    objective = settings["objective"]
    settings |= {
        "objective": "nt-xent" if random or objective in ("inverter", "supcon") else objective,
        "latent": {"kind": "none"},
        "anchors": 0,
        "real_share": 0.0,
    }
    steps = max(1, model.trained.count)
    config = decode(type(model.config), settings)
    return Representation(config, model.spec, horizon=steps, seed=seed, device=model.device)


def _trained_on(
    model: Representation, rows: Tensor, seed: int, now: Progress
) -> Generator[Progress, None, Represent]:
    """Train an encoder on real rows with as many steps as this model did."""
    made = _encoder(model, seed)
    x = model.spec.standardise(rows).to(model.device)
    generator = make_generator(seed, _BATCHES)
    for step in range(model.trained.count):
        made.step(x[torch.randint(len(x), (128,), generator=generator)])
        if step % 20 == 0:
            yield now
    return _features_of(made)


def _supervised(
    model: Representation, rows: Tensor, labels: Tensor, seed: int, now: Progress
) -> Generator[Progress, None, Represent]:
    """Train an encoder of the same settings with cross-entropy on the rows that do not validate."""
    like, config = _encoder(model, seed), model.config
    learned = split_rows(len(rows)).learned
    x = model.spec.standardise(rows[learned]).to(model.device)
    y = labels[learned].to(model.device)
    classes = int(labels.max()) + 1
    net = EncoderWithHead(config.net, model.spec, config.features, classes, like.weights(0))
    trained = Trained(
        net.to(model.device), config.optimizer, max(1, model.trained.count), decay=config.ema,
        execution=model.execution, name="supervised encoder",
    )  # fmt: skip
    generator = make_generator(seed, _BATCHES)
    for step in range(model.trained.count):
        chosen = torch.randint(len(x), (128,), generator=generator).to(x.device)
        views, truth = like.pixel_view(x[chosen], like.views), y[chosen]

        def loss(
            part: slice, views: Tensor = views, truth: Tensor = truth
        ) -> tuple[Tensor, dict[str, Tensor]]:
            return functional.cross_entropy(net(views[part]), truth[part]), {}

        trained.descend(loss, len(chosen))
        if step % 20 == 0:
            yield now

    @torch.no_grad()
    def represent(each: Tensor) -> Tensor:
        standardised = model.spec.standardise(each).to(model.device)
        return trained.averaged.features(standardised).cpu()

    return represent


def _describe(arrays: dict[str, Tensor]) -> str:
    """Compare the run with raw values, and with an encoder of real data where there is one, after
    the fewest and the most labels.
    """
    others = {"raw values": 1, "SimCLR on real samples": _FREE}
    said = []
    for place in sorted({0, len(arrays["labels"]) - 1}):
        few, k = arrays["few"][:, place], int(arrays["labels"][place])
        rows = {name: few[row] for name, row in others.items() if row < len(few)}
        gaps = [f"{_compare(few[0] - each)} {name}" for name, each in rows.items()]
        said.append(f"{k} label{'s' * (k > 1)} a class: {', '.join(gaps)}.")
    return f"{' '.join(said)} (Points, 95 % over draws of the labels, one encoder.)"


def _compare(apart: Tensor) -> str:
    """Return the verdict on paired differences of accuracies, in points."""
    mean, error = 100 * float(apart.mean()), 196 * float(apart.std()) / len(apart) ** 0.5
    word = "better than" if mean > error else "worse than" if mean < -error else ""
    return f"{mean:+.1f} ± {error:.1f} {word or 'not shown to differ from'}"
