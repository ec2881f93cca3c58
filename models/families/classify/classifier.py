"""A network that tells classes apart: what it is for is the classes that it says."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor
from torch.nn import functional

from models.config import Config, ConfigError, Pick, param
from models.contracts.batch import Batch, Rows, by_parts
from models.contracts.learner import Learner, Stage, Training, Walk
from models.contracts.spec import DataSpec
from models.contracts.state import Packed
from models.nets.pick import build, call
from models.nets.role import classifier
from models.nets.settings import ClassifierNet
from models.registry import family
from models.training.optim import OptimizerConfig
from models.training.trained import Trained

__all__ = ["Classifier", "ClassifierConfig"]

LABEL = "label"
"""Under which name the class of a row is given."""
_NET = 0  # stream of the seed


class ClassifierConfig(Config, frozen=True):
    """Settings of a classifier."""

    net: ClassifierNet = Pick()
    optimizer: Annotated[OptimizerConfig, param("Optimiser", "How the network learns.")] = (
        OptimizerConfig(kind="adamw", lr=2e-3, weight_decay=0.02, schedule="cosine", warmup=50)
    )
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged network that says the classes.",
            low=0.0,
            below=1.0,
            zero="None",
        ),
    ] = 0.98
    noise: Annotated[
        float,
        param(
            "Noise",
            "Standard deviation of noise that is added to what is learned from, in standard "
            "deviations of the data: with few labels a network learns them by heart.",
            low=0.0,
            high=10.0,
            live=True,
        ),
    ] = 0.1
    mixing: Annotated[
        float,
        param(
            "Mixing",
            "Up to this share of another datum is mixed into each that is learned from, and of its "
            "class into the class.",
            low=0.0,
            high=0.5,
            zero="none",
            live=True,
        ),
    ] = 0.25


@family(
    "classifier",
    title="Classifier",
    summary="A network learns to tell the class of a datum from a few that are labelled.",
    source="the loss: Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.108; mixing: "
    "Zhang et al. 2018, arXiv:1710.09412, eq. 1",
    config=ClassifierConfig,
    needs=("labels",),
    capabilities=("classify",),
)
class Classifier(Learner[ClassifierConfig]):
    """Cross-entropy of the classes that are given."""

    stages = (
        Stage(
            "mix",
            "Take labelled data, two mixed and with some noise",
            "x = λ xᵢ + (1 − λ) xⱼ + σ ε,  λ ~ U(1 − m, 1)",
            "Zhang et al. 2018, arXiv:1710.09412, eq. 1",
        ),
        Stage(
            "descend",
            "Raise the probability of the classes that were given",
            "min −E[λ log p(yᵢ | x) + (1 − λ) log p(yⱼ | x)]",
            "Zhang et al. 2018, arXiv:1710.09412, eq. 1",
        ),
    )

    def __init__(
        self, config: ClassifierConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        classes = spec.given[LABEL].classes if LABEL in spec.given else 0
        if classes < 2:
            raise ConfigError("", "a classifier needs data with two classes or more")
        net = build(config.net, spec, classifier(classes), self.weights(_NET)).to(self.device)
        self.trained = Trained(
            net,
            config.optimizer,
            self.horizon,
            decay=config.ema or None,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"classifier": self.trained}

    def walk(self, batch: Rows) -> Walk:
        rows = Batch.of(batch)
        label = rows.given[LABEL].long()
        x, partner, share = self._mixed(rows)
        yield "mix", {"real": rows.x, "particles": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            mask = None if rows.mask is None else rows.mask[part]
            said = call(self.trained.net, Batch(x[part], mask)).float()
            each = share[part] * functional.cross_entropy(said, label[part], reduction="none")
            if self.config.mixing:
                other = functional.cross_entropy(said, label[partner[part]], reduction="none")
                each = each + (1.0 - share[part]) * other
            right = (said.detach().argmax(dim=1) == label[part]).float().mean()
            return each.mean(), {"accuracy": right}

        metrics = self.trained.descend(loss, len(rows))
        yield "descend", {"real": rows.x, "particles": x}
        return metrics

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x) by the averaged weights; what is given of rows, their class
        above all, is not looked at.
        """
        net = self.trained.averaged

        def said(rows: Batch) -> Tensor:
            return call(net, rows).float().log_softmax(dim=1)

        rows = Batch.of(x)
        with torch.no_grad():
            return by_parts(said, Batch(rows.x, rows.mask))

    def retune(self, config: ClassifierConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def _mixed(self, rows: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is learned from, the row that is mixed into each, and the share (B,) that
        each keeps.
        """
        x, n = rows.x, len(rows)
        partner, share = torch.arange(n, device=x.device), x.new_ones(n)
        if self.config.mixing:
            partner = torch.randperm(n, generator=self.noise, device=x.device)
            far = torch.rand(n, generator=self.noise, device=x.device)
            share = 1.0 - self.config.mixing * far
            each = share.reshape(-1, *(1,) * (x.ndim - 1))
            x = each * x + (1.0 - each) * x[partner]
        if self.config.noise:
            noise = torch.randn(x.shape, generator=self.noise, device=x.device)
            x = x + self.config.noise * rows.zeroed(noise)
        return x, partner, share
