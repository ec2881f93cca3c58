"""Semi-supervision without a generator: pseudo-labels, consistency or entropy.

Sources: pseudo-labels of confident unlabelled rows by an averaged teacher, after Lee 2013 (ICML
workshop) and Sohn et al. 2020, arXiv:2001.07685, eq. 4; consistency: Tarvainen and Valpola 2017,
arXiv:1703.01780, eq. 1; entropy: Grandvalet and Bengio 2004 (NeurIPS 17), eq. 6.
"""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.classify.shared import (
    Unlabelled,
    add_noise,
    classify_densely,
    classify_rows,
)
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import encoder
from pushforward.models.registry import family
from pushforward.models.settings.mean_teacher import MeanTeacherConfig
from pushforward.models.training.trained import Trained

__all__ = ["MeanTeacher", "MeanTeacherConfig"]

_WEIGHTS = 0  # a stream of the seed


@family(
    "mean-teacher",
    config=MeanTeacherConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    units={"loss": "nats"},
)
class MeanTeacher(Learner[MeanTeacherConfig]):
    """A network that learns from labels, and from its own average on unlabelled data."""

    def __init__(
        self, config: MeanTeacherConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        classes = spec.given[LABEL].classes
        net = build(config.net, spec, encoder(classes), self.weights(_WEIGHTS))
        self.trained = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
            name="classifier",
        )
        self._context = Unlabelled(spec, self.noise, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"classifier": self.trained}

    def use_context(self, rows: RowSource) -> None:
        """Learn from these unlabelled rows, too, in the units of the data."""
        self._context.use(rows)

    def walk(self, batch: Rows) -> Walk:
        labelled = Batch.of(batch)
        unlabelled = self._context.draw(labelled)
        yield "draw", {"real": labelled.x}
        label = labelled.given[LABEL].long()
        with torch.no_grad():
            teacher = self.trained.averaged(self._noised(unlabelled.x)).log_softmax(dim=1)
        sides = [self._noised(x) for x in (labelled.x, unlabelled.x)]

        def loss(some: slice) -> tuple[Tensor, dict[str, Tensor]]:
            scores, student = self.trained.net(torch.cat([x[some] for x in sides])).chunk(2)
            error = functional.cross_entropy(scores, label[some])
            more, used = self._unlabelled_loss(student, teacher[some])
            right = (scores.detach().argmax(dim=1) == label[some]).float().mean()
            return error + self.config.unlabelled * more, {"accuracy": right, "used": used}

        metrics = self.trained.descend(loss, len(labelled))
        yield "fit", {"real": unlabelled.x}
        return metrics

    def retune(self, config: MeanTeacherConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x) by the averaged weights, (n, classes)."""
        return classify_rows(self.trained.averaged, x)

    def classify_scene(self, padded: Tensor) -> Tensor | None:
        """Return log p(class | window) around each pixel, (classes, H, W), where it can."""
        return classify_densely(self.trained.averaged, padded)

    def _noised(self, x: Tensor) -> Tensor:
        return add_noise(Batch(x), self.config.noise, self.noise).x

    def _unlabelled_loss(self, student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss on unlabelled rows, and the share of them that it used."""
        log_p = student.log_softmax(dim=1)
        all_used = torch.ones((), device=student.device)
        match self.config.loss:
            case "entropy":
                return -(log_p.exp() * log_p).sum(dim=1).mean(), all_used
            case "consistency":
                return (log_p.exp() - teacher.exp()).square().sum(dim=1).mean(), all_used
            case "pseudo":
                sure, label = teacher.exp().max(dim=1)
                used = (sure > self.config.confidence).float()
                errors = functional.nll_loss(log_p, label, reduction="none")
                return (used * errors).mean(), used.mean()
