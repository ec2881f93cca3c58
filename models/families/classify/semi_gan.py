"""Semi-supervised GAN: a classifier that also tells real windows from generated ones.

Source: Salimans et al. 2016, arXiv:1606.03498, section 5 (losses) and 3.1 (feature matching); on
hyperspectral scenes Zhong et al. 2020, doi:10.1109/TCYB.2019.2915094. With K logits l the class
"generated" has the logit 0, so that with Z = sum exp(l), p(real | x) = Z / (Z + 1).
"""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor, nn
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
from pushforward.models.nets.spectra.discriminator import PatchGenerator
from pushforward.models.registry import family
from pushforward.models.settings.semi_gan import SemiGanConfig
from pushforward.models.training.trained import Trained

__all__ = ["SemiGan", "SemiGanConfig", "unlabelled_loss"]

_D, _G = 0, 2  # streams of the seed; 1 is the noise


def unlabelled_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return -E log p(real | unlabelled) / 2 - E log p(generated | generated) / 2.

    Args:
        real: log-odds of unlabelled rows being real, (n,): log Z with the implicit class.
        fake: the same of generated rows.
    """
    return 0.5 * functional.softplus(-real).mean() + 0.5 * functional.softplus(fake).mean()


@family(
    "semi-gan",
    config=SemiGanConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    units={"loss": "nats", "generator-loss": ""},
)
class SemiGan(Learner[SemiGanConfig]):
    """Discriminator and generator of windows; classes come from the averaged discriminator."""

    UNSHARED = "Its generator matches means over the batch."

    def __init__(self, config: SemiGanConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.classes = spec.given[LABEL].classes
        outputs = self.classes + (config.form == "explicit")
        net = build(config.net, spec, encoder(outputs), self.weights(_D))
        (channels, side), weights = spec.shape[:2], self.weights(_G)
        made = PatchGenerator(config.generator, channels, side, config.latent, generator=weights)
        self.discriminator = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
            name="discriminator",
        )
        self.generator = Trained(
            made.to(self.device),
            config.generator_optimizer,
            self.horizon,
            execution=self.execution,
            name="generator",
        )
        self._context = Unlabelled(spec, self.noise, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        if self.config.fakes == "shuffled":
            return {"discriminator": self.discriminator}
        return {"discriminator": self.discriminator, "generator": self.generator}

    def use_context(self, rows: RowSource) -> None:
        """Learn from these unlabelled rows, too, in the units of the data."""
        self._context.use(rows)

    def walk(self, batch: Rows) -> Walk:
        labelled = Batch.of(batch)
        unlabelled = self._context.draw(labelled)
        yield "draw", {"real": labelled.x}
        z = self._latents(len(labelled))
        fake = self._fakes(z, unlabelled)
        scene = {"real": unlabelled.x, "particles": fake}
        yield "generate", scene
        metrics = self._fit(labelled, unlabelled, fake)
        yield "fit", scene
        if self.config.fakes == "generator":
            metrics |= self._move(z, unlabelled)
        yield "move", scene
        return metrics

    def retune(self, config: SemiGanConfig) -> None:
        self.discriminator.optimizer.config = config.optimizer
        self.generator.optimizer.config = config.generator_optimizer

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x, real) by the averaged weights, (n, classes)."""
        return classify_rows(self.discriminator.averaged, x, self.classes)

    def classify_scene(self, padded: Tensor) -> Tensor | None:
        """Return log p(class | window) around each pixel, (classes, H, W), where it can."""
        return classify_densely(self.discriminator.averaged, padded, self.classes)

    def generate(self, z: Tensor) -> Tensor:
        """Return the windows of latents (n, latent), standardised (n, channels, side, side)."""
        with torch.no_grad():
            out: Tensor = self.generator.net(z)
        return out

    def log_odds(self, scores: Tensor) -> Tensor:
        """Return log p(real) / p(generated) of scores (n, outputs), (n,)."""
        real = scores[:, : self.classes].logsumexp(dim=1)
        return real - scores[:, self.classes] if self.config.form == "explicit" else real

    def _latents(self, n: int) -> Tensor:
        return torch.randn((n, self.config.latent), generator=self.noise, device=self.device)

    def _fakes(self, z: Tensor, unlabelled: Batch) -> Tensor:
        """Return generated windows, or the null model: each channel of other rows."""
        if self.config.fakes == "generator":
            return self.generate(z)
        x = unlabelled.x
        keys = torch.rand((len(x), x.shape[1]), generator=self.noise, device=self.device)
        order = keys.argsort(dim=0)[:, :, None, None].expand_as(x)
        return x.gather(0, order)

    def _noised(self, x: Tensor) -> Tensor:
        return add_noise(Batch(x), self.config.noise, self.noise).x

    def _fit(self, labelled: Batch, unlabelled: Batch, fake: Tensor) -> dict[str, Tensor]:
        """Do a step of the discriminator."""
        label = labelled.given[LABEL].long()
        sides = [self._noised(x) for x in (labelled.x, unlabelled.x, fake)]

        def loss(some: slice) -> tuple[Tensor, dict[str, Tensor]]:
            # No layer mixes rows: the three batches go through together.
            parts = torch.cat([x[some] for x in sides])
            scores, real, made = self.discriminator.net(parts).chunk(3)
            known = scores[:, : self.classes]
            error = functional.cross_entropy(known, label[some])
            odds = self.log_odds(real), self.log_odds(made)
            total = error + self.config.unlabelled * unlabelled_loss(*odds)
            right = (known.detach().argmax(dim=1) == label[some]).float().mean()
            return total, {
                "accuracy": right,
                "real-unlabelled": odds[0].detach().sigmoid().mean(),
                "real-generated": odds[1].detach().sigmoid().mean(),
            }

        return self.discriminator.descend(loss, len(labelled))

    def _move(self, z: Tensor, unlabelled: Batch) -> dict[str, Tensor]:
        """Do a step of the generator."""
        net = self.discriminator.net
        for weight in net.parameters():
            weight.requires_grad_(False)
        with torch.no_grad():
            aim = _features(net, unlabelled.x).mean(dim=0)

        def loss(some: slice) -> tuple[Tensor, dict[str, Tensor]]:
            x = self.generator.net(z[some])
            if self.config.generator_loss == "ordinary":
                return functional.softplus(-self.log_odds(net(x))).mean(), {}
            return (_features(net, x).mean(dim=0) - aim).abs().mean(), {}

        found = self.generator.descend(loss, len(z))
        for weight in net.parameters():
            weight.requires_grad_(True)
        return {"generator-loss": found["loss"]}


def _features(net: nn.Module, x: Tensor) -> Tensor:
    """Return what the last layer of a network sees; its scores where it does not tell."""
    features = getattr(net, "features", None)
    out: Tensor = net(x) if features is None else features(x)
    return out
