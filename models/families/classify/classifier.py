"""A classifier: log p(class | x), by cross-entropy on labelled data or on what a generator drew.

Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4 (cross-entropy);
Ravuri and Vinyals 2019, arXiv:1905.10887 (a classifier trained on generated images is a measure of
the generator).
"""

from collections.abc import Mapping
from typing import Unpack

from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.entries import Needs
from pushforward.models.families.classify.shared import (
    add_noise,
    classify_densely,
    classify_rows,
    drop_label,
)
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import encoder
from pushforward.models.registry import family
from pushforward.models.settings.classifier import ClassifierConfig
from pushforward.models.training.trained import Trained

__all__ = ["Classifier", "ClassifierConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


@family(
    "classifier",
    config=ClassifierConfig,
    needs=("labels",),
    capabilities=("classify",),
    group="classify",
    inputs={
        "source": Needs(
            "samples",
            "Source",
            "A finished run that generates samples of the same data. They replace the training "
            "data, with labels of the reference classifier of the real data.",
            same_data=True,
            optional=True,
            draws=True,
            without=("the data", "Trained on the data themselves."),
        )
    },
    units={"loss": "nats"},
)
class Classifier(Learner[ClassifierConfig]):
    """A network with one score for each class."""

    def __init__(
        self, config: ClassifierConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.classes = spec.given[LABEL].classes
        net = build(config.net, spec, encoder(self.classes), self.weights(_WEIGHTS))
        self.trained = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
            name="classifier",
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"classifier": self.trained}

    def walk(self, batch: Rows) -> Walk:
        rows = Batch.of(batch)
        label = rows.given[LABEL].long()
        yield "draw", {"real": rows.x}
        seen = add_noise(rows, self.config.noise, self.noise)

        def loss(some: slice) -> tuple[Tensor, dict[str, Tensor]]:
            scores = call(self.trained.net, drop_label(seen.take(some)))
            right = (scores.detach().argmax(dim=1) == label[some]).float().mean()
            smooth = self.config.smoothing
            error = functional.cross_entropy(scores, label[some], label_smoothing=smooth)
            return error, {"accuracy": right}

        metrics = self.trained.descend(loss, len(rows))
        yield "fit", {"real": rows.x}
        return metrics

    def retune(self, config: ClassifierConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x) by the averaged weights, (n, classes)."""
        return classify_rows(self.trained.averaged, x)

    def classify_scene(self, padded: Tensor) -> Tensor | None:
        """Return log p(class | window) around each pixel, (classes, H, W), where it can."""
        return classify_densely(self.trained.averaged, padded)
