"""A classifier of noised data: log p(class | x; s) at every noise level, for guidance."""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.carriers.particles import Particles
from pushforward.models.config import Config, Pick
from pushforward.models.contracts.abilities import ClassLogits
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.densities import RhoUniform, draw_levels
from pushforward.models.denoisers.level_settings import LargestNoise, SmallestNoise
from pushforward.models.denoisers.precond import c_noise
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import noisy_encoder
from pushforward.models.nets.settings import NoisyEncoderNet
from pushforward.models.registry import family
from pushforward.models.tensors import expand_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import ClassifyingAverage
from pushforward.models.training.trained import Trained

__all__ = ["NoisyClassifier", "NoisyClassifierConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class NoisyClassifierConfig(Config, frozen=True):
    """Settings of a classifier of noised data."""

    net: NoisyEncoderNet = Pick()
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=2e-3, weight_decay=0.01, schedule="cosine"
    )
    ema: ClassifyingAverage = 0.99


@family(
    "noisy-classifier",
    config=NoisyClassifierConfig,
    needs=("continuous", "labels"),
    capabilities=("classify", "noisy-classify"),
    group="classify",
    units={"loss": "nats"},
)
class NoisyClassifier(Learner[NoisyClassifierConfig]):
    """A network with one score for each class, conditioned on the noise level."""

    def __init__(
        self, config: NoisyClassifierConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        role = noisy_encoder(spec.given[LABEL].classes)
        net = build(config.net, spec, role, self.weights(_WEIGHTS))
        self.density = RhoUniform(config.s_min, config.s_max)
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
        level = draw_levels(self.density, len(rows), self.noise)
        yield "draw", {"real": rows.x}
        noised = Particles.noised(rows, level, self.noise)
        yield "noise", {"real": rows.x, "particles": noised.x, "level": level}

        def loss(some: slice) -> tuple[Tensor, dict[str, Tensor]]:
            scores = _scores(self.trained.net, noised.take(some), level[some])
            right = (scores.detach().argmax(dim=1) == label[some]).float().mean()
            return functional.cross_entropy(scores, label[some]), {"accuracy": right}

        metrics = self.trained.descend(loss, len(rows))
        yield "fit", {"real": rows.x, "particles": noised.x, "level": level}
        return metrics

    def retune(self, config: NoisyClassifierConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def classifier(self, like: Batch | None = None) -> ClassLogits:
        """Return log p(class | x; s) by the averaged weights, for rows with the mask of these."""
        mask = None if like is None else like.mask

        def log_probabilities(x: Tensor, s: Tensor) -> Tensor:
            scores = _scores(self.trained.averaged, Batch(x, mask), s.expand(len(x)))
            return scores.log_softmax(dim=1)

        return log_probabilities

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x) of rows without noise, (n, classes)."""
        rows = Batch.of(x)
        level = torch.tensor(self.config.s_min, dtype=rows.x.dtype, device=rows.device)
        with torch.no_grad():
            return self.classifier(rows)(rows.x, level)


def _scores(net: torch.nn.Module, rows: Batch, s: Tensor) -> Tensor:
    """Return the scores of the classes, (n, classes), of rows at noise levels s (n,), which a
    network sees at unit variance.
    """
    seen = rows.x * torch.rsqrt(1 + expand_like(s, rows.x) ** 2)
    return call(net, Batch(seen, rows.mask), c_noise(s))
