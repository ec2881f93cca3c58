"""What a VAE and a hierarchical one share: all but their settings and their words."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, TypeVar, Unpack

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from pushforward.models.carriers.generator import drawn_first
from pushforward.models.config import Config, Pick
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.likelihood.latent_chain import LatentChain
from pushforward.models.nets import role
from pushforward.models.nets.pick import build
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["LatentFamily", "LatentSettings"]

C = TypeVar("C", bound=Config)
# Streams of the seed (`models.tensors.make_generator`).
_ENCODER, _DECODER, _BETWEEN = 0, 3, 4
_LOOKING = 19  # a seed, the same for good: one model has one bound
_PAIRS, _SHARED = 8, 64  # of draws for each row, and of those that are the same for all rows


class LatentSettings(Protocol):
    """What is read of a family's settings."""

    @property
    def encoder(self) -> Pick: ...
    @property
    def decoder(self) -> Pick: ...
    @property
    def latent(self) -> int: ...
    @property
    def couplings(self) -> int: ...
    @property
    def beta(self) -> float: ...
    @property
    def noisy(self) -> bool: ...
    @property
    def optimizer(self) -> OptimizerConfig: ...
    @property
    def ema(self) -> float: ...


class LatentFamily(Family[C]):
    """Maximises a bound of the likelihood; its config satisfies `LatentSettings`."""

    NOISE: ClassVar[int] = 2

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        settings = self.settings = self._settings(config)
        self.numbers = math.prod(spec.shape)
        chain = LatentChain(
            build(
                settings.encoder, spec, role.encoder(2 * settings.latent), self.weights(_ENCODER)
            ),
            build(settings.decoder, spec, role.generator(settings.latent), self.weights(_DECODER)),
            latent=settings.latent,
            levels=self.levels(config),
            width=self.width(config),
            generator=self.weights(_BETWEEN),
            spec=spec,
            couplings=settings.couplings,
        )
        self.trained = Trained(
            chain.to(self.device),
            settings.optimizer,
            self.horizon,
            decay=settings.ema,
            execution=self.execution,
        )

    @classmethod
    def levels(cls, config: C) -> int:
        """Return how many levels of latents there are."""
        return 1

    @classmethod
    def width(cls, config: C) -> int:
        """Return how wide the networks between levels are."""
        return 1

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        return cls.levels(config)

    @staticmethod
    def _settings(config: Config) -> LatentSettings:
        return config  # type: ignore[return-value]

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
        shape = (len(real), chain.levels * chain.latent)
        noise = torch.randn(shape, generator=self.noise, device=self.noise.device).to(real.device)
        yield "encode", scene
        if shown:
            with torch.no_grad():
                scene = {**scene, "particles": chain.reconstruct(real)}
        yield "decode", scene

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            terms = chain.terms(real.take(part), noise[part])
            fit = terms.pop("reconstruction").mean()
            rest = torch.stack([term.mean() for term in terms.values()]).sum()
            told = {"reconstruction": fit.detach(), "divergence": -rest.detach()}
            return -(fit + self.settings.beta * rest), told

        metrics = self.trained.descend(loss, len(real))
        yield "fit", scene
        return metrics

    def retune(self, config: C) -> None:
        self.settings = self._settings(config)
        self.trained.optimizer.config = self.settings.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw the noise of all latents, the highest first, and of the data."""
        chain = self.trained.net
        many = chain.levels * chain.latent + self.numbers
        z = drawn_first(n, many, self.numbers, generator)
        return Batch(z, *self.spec.conditions(n, generator, given)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        yield Frame(1.0, self.push(latents), self.trained.net.levels)

    @torch.no_grad()
    def push(self, z: Rows) -> Tensor:
        """Return the data of latents, (n, *shape), by the averaged weights."""
        noisy = self.settings.noisy
        return by_parts(lambda rows: self.trained.averaged.decode(rows, noisy=noisy), Batch.of(z))

    @torch.no_grad()
    def bound_terms(self, x: Rows) -> dict[str, Tensor]:
        """Return the terms of the bound in nats, (n,) each, by the averaged weights; means over
        eight pairs of opposite draws of its own for each row, the same in each call.
        """
        rows, chain = Batch.of(x), self.trained.averaged
        shape = (_PAIRS, len(rows), chain.levels * chain.latent)
        half = torch.randn(shape, generator=make_generator(_LOOKING)).to(rows.device)
        return self._terms(rows, torch.cat([half, -half]))

    def _terms(self, rows: Batch, draws: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for noise in draws:
            terms = self.trained.averaged.terms(rows, noise.expand(len(rows), -1))
            for name, term in terms.items():
                found[name] = found.get(name, 0.0) + term / len(draws)
        return found

    @torch.no_grad()
    def _seen_bound(self, x: Rows, t: float) -> Tensor:
        """Return the bound by one Sobol sequence for all rows: a function of the place, without
        the grain that draws of their own would give it.
        """
        chain = self.trained.averaged
        sobol = SobolEngine(chain.levels * chain.latent, scramble=True, seed=_LOOKING)  # type: ignore[no-untyped-call]
        u = sobol.draw(_SHARED).clamp(1e-4, 1.0 - 1e-4).to(self.device)
        draws = math.sqrt(2.0) * torch.erfinv(2.0 * u - 1.0)
        return by_parts(lambda rows: _sum(self._terms(rows, draws[:, None])), Batch.of(x))

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,); see `bound_terms`."""
        return by_parts(lambda rows: _sum(self.bound_terms(rows)), Batch.of(x))

    @torch.no_grad()
    def _pull(self, x: Rows, t: float) -> Tensor:
        rows = Batch.of(x)
        return by_parts(self.trained.averaged.reconstruct, rows) - rows.x

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {"bound": self._seen_bound, "reconstruction": self._pull}


def _sum(terms: Mapping[str, Tensor]) -> Tensor:
    return torch.stack(list(terms.values())).sum(dim=0)
