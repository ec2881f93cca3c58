"""A representation: an encoder that learns from views of a generator's samples, or of real data.

Source: Jahanian et al. 2022, arXiv:2106.05258 (GenRep). Without a source it is SimCLR (Chen et al.
2020, arXiv:2002.05709) on the data themselves.
"""

import math
from collections.abc import Mapping
from typing import Any, Unpack

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.randomness import RandomState
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.entries import Needs
from pushforward.models.registry import family, registry
from pushforward.models.representation.anchors import Anchors
from pushforward.models.representation.checks import (
    check_settings,
    describe_collapse,
    describe_cost,
    generation_share,
    variance_share,
)
from pushforward.models.representation.encoder import EncoderWithHead
from pushforward.models.representation.losses import (
    alignment_uniformity,
    nt_xent,
    sup_con,
    vicreg,
)
from pushforward.models.representation.pixel_views import pixel_view
from pushforward.models.representation.source import ViewSource
from pushforward.models.settings.representation import RepresentationConfig
from pushforward.models.tensors import make_generator, upload
from pushforward.models.training.trained import Trained

__all__ = ["Representation", "RepresentationConfig"]

SOURCE = "source"
_COUNTED = 16  # anchors whose views and loss are counted
_WEIGHTS, _VIEWS = 0, 7  # streams of the seed (`models.tensors.make_generator`)


@family(
    "representation",
    config=RepresentationConfig,
    needs=("continuous", "whole"),
    capabilities=("represent",),
    group="represent",
    inputs={
        SOURCE: Needs(
            "deterministic",
            "Source",
            "A finished generator of the same data: a GAN, VAE, flow, one-step model or "
            "diffusion. Views are drawn from it in place of the data.",
            same_data=True,
            optional=True,
            without=("the data", "Trained on real data: SimCLR."),
            proposed=True,
            used=True,
        )
    },
)
class Representation(Learner[RepresentationConfig]):
    """min loss(F(T_x G(z)), F(T_x G(T_z z))): an encoder F of two views of each anchor."""

    UNSHARED = "Its loss compares each row with all others of the batch."

    def __init__(
        self, config: RepresentationConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        family = self.inputs.get(SOURCE)
        check_settings(
            config.objective, config.latent, config.real_share, spec, source=family is not None
        )
        self.anchors = self._anchors_of(family)
        kind = registry.get("kind", spec.kind)
        self.bounds, self._pixels = kind.bounds, config.pixels.use and "grid" in kind.gives
        self.views = make_generator(self.seed, _VIEWS)
        net = EncoderWithHead(
            config.net, spec, config.features, self._outputs(), self.weights(_WEIGHTS)
        )
        self.trained = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
            name="encoder",
        )

    def _anchors_of(self, family: Learner[Any] | None) -> Anchors | None:
        config = self.config
        if not isinstance(family, Family):
            return None
        return Anchors(
            ViewSource(family, config.solver_steps),
            self.spec,
            config.latent,
            frozen=config.anchors,
            real_share=config.real_share,
            seed=self.seed,
        )

    @classmethod
    def needs_classes(cls, config: RepresentationConfig) -> bool:
        return config.objective == "supcon"

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"representation": self.trained, "views": RandomState(self.views)}

    def walk(self, batch: Rows) -> Walk:
        real, latents = Batch.of(batch), None
        anchors = real
        if self.anchors is not None:
            anchors, latents = self.anchors.draw(real, self.views, self.trained.count)
        yield "generate", {"real": real.x, "particles": anchors.x}
        other = anchors.x
        if self.anchors is not None and latents is not None:
            other = self.anchors.second(anchors, latents, self.views)
        first = self.pixel_view(anchors.x, self.views)
        second = self.pixel_view(other, self.views)
        yield "views", {"real": first, "particles": second}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            taken = None if latents is None else latents.take(part)
            return self._loss(anchors.take(part), taken, first[part], second[part])

        metrics = self.trained.descend(loss, len(anchors))
        yield "fit", {"real": first, "particles": second}
        return metrics

    def pixel_view(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return a random view of standardised samples (n, *shape)."""
        if self._pixels:
            seen = pixel_view(self.config.pixels, self.spec.restore(x), generator, self.bounds)
            x = self.spec.standardise(seen)
        if self.config.noise:
            noise = torch.randn(x.shape, generator=generator)
            x = x + self.config.noise * upload(noise, x.device)
        return x

    def _loss(
        self, anchors: Batch, latents: Batch | None, first: Tensor, second: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        net, config = self.trained.net, self.config
        if config.objective == "inverter":
            assert self.anchors is not None
            assert latents is not None
            z = upload(self.anchors.source.numbers(latents), first.device)
            return functional.mse_loss(net(first[: len(z)]), z), {}
        if config.objective == "autoencoder":
            return functional.mse_loss(net(first), first.flatten(1)), {}
        a, b = net(torch.cat([first, second])).chunk(2)
        match config.objective:
            case "supcon":
                labels = anchors.given[LABEL].long()
                return sup_con(a, b, labels, config.temperature), {}
            case "alignment-uniformity":
                alignment, uniformity = alignment_uniformity(a, b)
                parts = {"alignment": alignment.detach(), "uniformity": uniformity.detach()}
                return alignment + uniformity, parts
            case "vicreg":
                return vicreg(a, b), {}
            case _:
                return nt_xent(a, b, config.temperature), {}

    def _outputs(self) -> int:
        """Return how many numbers the head has: of a latent, of a sample, or of a projection."""
        if self.config.objective == "inverter":
            assert self.anchors is not None
            source = self.anchors.source
            return source.numbers(source.draw(1, make_generator(0))).shape[1]
        if self.config.objective == "autoencoder":
            return math.prod(self.spec.shape)
        return self.config.projection

    @torch.no_grad()
    def represent(self, x: Rows) -> Tensor:
        """Return the features of standardised samples by the averaged weights, (n, features)."""
        net = self.trained.averaged
        return by_parts(lambda rows: net.features(rows.x), Batch(Batch.of(x).x))

    @torch.no_grad()
    def project(self, x: Rows) -> Tensor:
        """Return what the loss compares of standardised samples, (n, projection)."""
        net = self.trained.averaged
        return by_parts(lambda rows: net(rows.x), Batch(Batch.of(x).x))

    def retune(self, config: RepresentationConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def _cost(self) -> str:
        """Count what drawing views adds to a step, and say where that is much."""
        assert self.anchors is not None
        anchors, rng = self.anchors, make_generator(self.seed, _VIEWS)
        n = _COUNTED - round(self.config.real_share * _COUNTED)  # the others are real
        if not n:
            return ""
        latents, made = anchors.new(_COUNTED, rng)

        def views() -> None:
            if not self.config.anchors:
                anchors.new(n, rng)
            anchors.second(Batch(made[:n]), latents.take(slice(0, n)), rng)

        def loss() -> None:
            net = self.trained.net
            with torch.enable_grad():
                net(torch.cat([made, made])).square().mean().backward()
            net.zero_grad()

        return describe_cost(generation_share(views, loss), solver=anchors.source.solved)

    def warnings(self) -> list[str]:
        """Return what to know of the source and the views."""
        config, found = self.config, []
        if self.anchors is not None:
            share = variance_share(self.anchors.source, self.seed)
            found.append(describe_collapse(share))
            found.append(self._cost())
            if config.objective == "supcon":
                found.append(
                    "SupCon uses the classes that the source was trained with: the representation "
                    "is supervised."
                )
        same = not self._pixels and not config.noise and config.latent.kind == "none"
        if same and config.objective not in ("inverter", "autoencoder"):
            found.append("Both views of an anchor are identical: turn on one kind of views.")
        return [each for each in found if each]
