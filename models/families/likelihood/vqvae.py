"""VQ-VAE: data as few words of a codebook, and a law of the words."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.generator import drawn_first
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.likelihood.codebook import CodedChain
from pushforward.models.nets import role
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.vqvae import VqVaeConfig
from pushforward.models.training.trained import Trained

__all__ = ["VqVae", "VqVaeConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_ENCODER, _DECODER, _CODES = 0, 3, 4


@family(
    "vq-vae",
    config=VqVaeConfig,
    needs=("continuous", "whole"),
    capabilities=("latent", "bound"),
    group="likelihood",
    units={"loss": "nats", "reconstruction": "nats", "log-codes": "nats"},
)
class VqVae(Family[VqVaeConfig]):
    """Discrete latents; as each datum has one code for sure, log p(x | k) + log p(k) is a bound."""

    NOISE: ClassVar[int] = 2

    def __init__(self, config: VqVaeConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.numbers = math.prod(spec.shape)
        size = config.codes * config.latent
        chain = CodedChain(
            build(config.encoder, spec, role.encoder(size), self.weights(_ENCODER)),
            build(config.decoder, spec, role.generator(size), self.weights(_DECODER)),
            spec,
            codes=config.codes,
            book=config.book,
            size=config.latent,
            width=config.inner,
            generator=self.weights(_CODES),
        )
        self.trained = Trained(
            chain.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @classmethod
    def evaluations(cls, config: VqVaeConfig, sampler: Any = None) -> int | None:
        return config.codes + 1

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"chain": self.trained}

    def walk(self, batch: Rows) -> Walk:
        return self._stages(Batch.of(batch), shown=True)

    def step(self, batch: Rows) -> dict[str, Tensor]:
        # No observer: no need to make the data again to see them.
        return finish(self._stages(Batch.of(batch), shown=False))

    def _stages(self, real: Batch, *, shown: bool) -> Walk:
        chain = self.trained.net
        scene = {"real": real.x}
        yield "draw", scene
        with torch.no_grad():
            said = chain.encode(real)
        yield "encode", scene
        if shown:
            scene = {**scene, "particles": _again(chain, real)}
        yield "decode", scene

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            terms = {name: term.mean() for name, term in chain.terms(real.take(part)).items()}
            fit, prior, held = terms["reconstruction"], terms["prior"], terms["commitment"]
            told = {"reconstruction": fit.detach(), "log-codes": prior.detach()}
            return -(fit + prior) + self.config.commitment * held, told

        metrics = self.trained.descend(loss, len(real))
        yield "fit", scene
        chain.follow(said)
        yield "follow", scene
        return metrics

    def retune(self, config: VqVaeConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw the noise that chooses the codes, and that of the data."""
        z = drawn_first(n, self.config.codes + self.numbers, self.numbers, generator)
        return Batch(z, *self.spec.conditions(n, generator, given)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        yield Frame(1.0, self.push(latents), self.config.codes + 1)

    @torch.no_grad()
    def push(self, z: Rows) -> Tensor:
        """Return the data of latents, (n, *shape), by the averaged weights."""
        return by_parts(self._decode, Batch.of(z))

    def _decode(self, latents: Batch) -> Tensor:
        chain, codes = self.trained.averaged, self.config.codes
        share = 0.5 * torch.erfc(-latents.x[:, :codes] / math.sqrt(2.0))
        x = chain.decode(latents, chain.vectors[chain.draw(latents, share)])
        if not self.config.noisy:
            return x
        return x + chain.scale.exp() * latents.x[:, codes:].reshape(x.shape)

    @torch.no_grad()
    def bound_terms(self, x: Rows) -> dict[str, Tensor]:
        """Return the terms of the bound in nats, (n,) each, by the averaged weights."""
        terms = self.trained.averaged.terms(Batch.of(x))
        del terms["commitment"]
        return terms

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return log p(x | k) + log p(k) at the code k of x, in nats, (n,)."""
        return by_parts(
            lambda rows: torch.stack(list(self.bound_terms(rows).values())).sum(dim=0), Batch.of(x)
        )

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "bound": lambda x, t: self.log_prob_bound(x),
            "reconstruction": lambda x, t: by_parts(
                lambda rows: _again(self.trained.averaged, rows) - rows.x, Batch.of(x)
            ),
        }


@torch.no_grad()
def _again(chain: CodedChain, rows: Batch) -> Tensor:
    """Return data as their codes make them again, (n, *shape)."""
    return chain.decode(rows, chain.vectors[chain.nearest(chain.encode(rows))])
