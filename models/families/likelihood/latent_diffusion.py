"""Latent diffusion: an autoencoder compresses the data, and a diffusion learns its latents.

Source: Rombach et al. 2022, arXiv:2112.10752, section 3; Vahdat, Kreis and Kautz 2021,
arXiv:2106.05931, section 3: a diffusion as the prior of a VAE, so that

    log p(x) >= E_q [log p(x | z) - log q(z | x) + log p(z)],  z ~ q(z | x),

with the bound of the diffusion for log p(z).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import msgspec
import torch
from torch import Tensor, nn

from pushforward.models.bound import continuous_bound
from pushforward.models.carriers.particles import Particles
from pushforward.models.config import ConfigError
from pushforward.models.contracts.abilities import HasAutoencoder
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import LogNormal, LogUniform, draw_levels
from pushforward.models.entries import Needs
from pushforward.models.families.likelihood.latent_chain import spec_of_latents
from pushforward.models.families.likelihood.vae import Vae, VaeConfig
from pushforward.models.fields.score import ScoreField
from pushforward.models.nets.mlp import mlp
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.settings.latent_diffusion import LatentDiffusionConfig
from pushforward.models.tensors import make_generator, resident

__all__ = ["LatentDiffusion", "LatentDiffusionConfig"]

AUTOENCODER = "autoencoder"
_WEIGHTS = 5  # a stream of the seed (`models.tensors.make_generator`); the VAE has its own
_LOOKING = 19  # a seed, the same for good: one model has one bound
_LOG_TAU_E = math.log(2.0 * math.pi * math.e)
_DRAWS, _LEVELS = 4, 32  # of latents of a row, and noise levels at which each is looked at


@family(
    "latent-diffusion",
    config=LatentDiffusionConfig,
    needs=("continuous", "whole"),
    capabilities=("bound",),
    field="score",
    carrier="flow",
    inputs={
        AUTOENCODER: Needs(
            "autoencoder",
            "Autoencoder",
            "A finished VAE run on the same data with the same encoder, decoder and latent "
            "size. Without one it is trained first.",
            same_data=True,
            optional=True,
            without=("an autoencoder trained first", "The autoencoder is trained first."),
        )
    },
)
class LatentDiffusion(Family[LatentDiffusionConfig]):
    """field = score of latents, carrier = particles that are latents, seen as what they decode to.

    Latents are draws of the encoder, so that the decoder knows all their neighbours. They are moved
    and divided by the mean and the deviation of the first batch that is encoded (Rombach et al.
    2022, section G.1).
    """

    def __init__(
        self, config: LatentDiffusionConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        chosen = self.inputs.get(AUTOENCODER)
        self._count = 0
        # A longer run must not go back to school: it is part of the state.
        self._lesson = 0 if chosen else max(1, round(config.teacher_share * self.horizon))
        self._mean, self._std = torch.zeros(config.latent), torch.ones(())
        self.autoencoder = Vae(
            VaeConfig(
                encoder=config.encoder,
                decoder=config.decoder,
                latent=config.latent,
                beta=config.beta,
                noisy=False,
                optimizer=config.autoencoder_optimizer,
            ),
            spec,
            horizon=max(1, self._lesson),
            seed=self.seed,
            device=self.device,
            execution=self.execution,
        )
        self.autoencoder.noise = self.noise  # one state of chance for both
        if chosen is not None:
            assert isinstance(chosen, HasAutoencoder)
            self._take(chosen.autoencoder)
        few = spec_of_latents(spec, config.latent)
        self.field = ScoreField(
            Denoiser(mlp(config.net, few, DENOISER, self.weights(_WEIGHTS))).to(self.device),
            optimizer=config.optimizer,
            horizon=max(1, self.horizon - self._lesson),
            decay=config.ema,
            density=LogNormal(-1.2, 1.2, config.s_min, config.s_max),
            weight="edm",
            gamma=0.0,
            clock=FlowClock(config.s_min, config.s_max),
            display="variance-preserving",
            execution=self.execution,
        )
        self.carrier = Particles(few, self.device, Heun(HeunConfig(steps=config.steps)))

    def _take(self, chain: nn.Module) -> None:
        """Take the weights of an autoencoder as they are, but for a prior that it has learned: a
        diffusion stands in its place.

        Raises:
            ConfigError: it is another network.
        """
        trained = self.autoencoder.trained
        known = {
            name: value
            for name, value in chain.state_dict().items()
            if not name.startswith("prior.")
        }
        mine, theirs = (
            {name: value.shape for name, value in each.items()}
            for each in (trained.net.state_dict(), known)
        )
        if mine != theirs:
            raise ConfigError(
                "latent",
                "the autoencoder that was chosen has other networks or another latent size: set "
                "encoder, decoder and latent size as in its run",
            )
        for each in (trained.net, trained.averaged):
            each.load_state_dict(known)

    @classmethod
    def evaluations(cls, config: LatentDiffusionConfig, sampler: Any = None) -> int | None:
        return 2 * config.steps  # Heun's last step takes one, and so does the decoder

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {AUTOENCODER: self.autoencoder.trained, "field": self.field}

    @property
    def phases(self) -> tuple[Phase, ...]:
        if not self._lesson:
            return ()
        diffusion = Phase("diffusion", "The diffusion learns its latents", self._lesson)
        return Phase(AUTOENCODER, "The autoencoder learns", 0), diffusion

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        yield "draw", {"real": real.x}
        learning = self._count < self._lesson
        metrics = yield from self._taught(real) if learning else self._denoised(real)
        self._count += 1
        if not self._lesson:
            return metrics
        return metrics | {"phase": real.x.new_full((), 1.0 if learning else 2.0)}

    def _taught(self, real: Batch) -> Walk:
        metrics = self.autoencoder.step(real)
        yield "lesson", {"real": real.x}
        return metrics

    def _denoised(self, real: Batch) -> Walk:
        with torch.no_grad():
            drawn = self.autoencoder.encoded(real, self.noise)
        if self.field.trained.count == 0:
            self._mean, self._std = drawn.mean(dim=0), drawn.std().clamp_min(1e-6)
        latents = real.holding((drawn - resident(self._mean, drawn)) / resident(self._std, drawn))
        yield "encode", {"real": real.x}
        level = draw_levels(self.field.density, len(real), self.noise)
        particles = self.carrier.noised(latents, level, self.noise)
        yield "noise", {"real": real.x}
        metrics = self.field.fit(latents, particles, level)
        yield "fit", {"real": real.x}
        return metrics

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        return self.carrier.latents(n, generator, given)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Sample from latents; each frame contains the decoded latents."""
        rows = Batch.of(latents)
        if self._count < self._lesson:
            yield Frame(1.0, self._decoded(rows), 1)
            return
        for frame in self.carrier.sampled(self.field, rows, generator=generator):
            x = self._decoded(
                rows.holding(resident(self._mean, frame.x) + resident(self._std, frame.x) * frame.x)
            )
            yield Frame(frame.t, x, frame.nfe + (frame.t == 1.0))

    @torch.no_grad()
    def _decoded(self, rows: Batch) -> Tensor:
        return by_parts(self.autoencoder.decoded, rows)

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), estimated with four samples of the
        latents of each row. While the autoencoder is training, its own prior is used.
        """
        if self._count <= self._lesson:
            return self.autoencoder.log_prob_bound(x)
        return by_parts(self._bound, Batch.of(x))

    def _bound(self, rows: Batch) -> Tensor:
        chain, rng = self.autoencoder.autoencoder, make_generator(_LOOKING)
        mean, std = resident(self._mean, rows.x), resident(self._std, rows.x)
        law, found = LogUniform(self.config.s_min, self.config.s_max), rows.x.new_zeros(len(rows))
        for _ in range(_DRAWS):
            noise = torch.randn(len(rows), chain.latent, generator=rng).to(rows.x)
            (drawn,), ((_, log_std),) = chain.encode(rows, noise)
            latents = rows.holding((drawn - mean) / std)
            nats = continuous_bound(self.field.denoiser(latents), latents, law, _LEVELS, rng).total
            entropy = (log_std + 0.5 * _LOG_TAU_E).sum(dim=1)
            prior = -nats - chain.latent * std.log()
            found = found + chain.terms(rows, noise)["reconstruction"] + entropy + prior
        return found / _DRAWS

    def retune(self, config: LatentDiffusionConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
        more = {"beta": config.beta, "optimizer": config.autoencoder_optimizer}
        self.autoencoder.reconfigure(msgspec.structs.replace(self.autoencoder.config, **more))

    def state(self) -> State:
        state = super().state()
        state.keep("latents/mean", self._mean)
        state.keep("latents/std", self._std)
        state.values |= {"count": self._count, "lesson": self._lesson}
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._mean = state.tensor("latents/mean", self._mean.shape)
        self._std = state.tensor("latents/std", ())
        self._count, self._lesson = int(state.value("count")), int(state.value("lesson"))
