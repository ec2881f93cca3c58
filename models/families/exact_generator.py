"""Score GAN with an exact data score: field = exact against learnt, carrier = generator."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk, finish
from models.carriers.generator import FollowSpeed, FollowSteps, Generator
from models.config import Config, param
from models.denoisers.denoiser import Denoiser
from models.fields.difference_settings import (
    HighLevel,
    LevelRho,
    LowLevel,
    ScoreOptimizer,
    ScoreSteps,
    WeightData,
    WeightGen,
)
from models.fields.exact import exact_denoiser, known_law
from models.fields.score_difference import ParticleScore, Probes, ScoreDifference, level_law
from models.live import check_live
from models.nets.mlp import MLP, MLPConfig, TimeMLP
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["ExactGenerator", "ExactGeneratorConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_GENERATOR, _NOISE, _OWN = 0, 2, 3
_PAPER = "Franceschi et al. 2023, arXiv:2305.16150"


class ExactGeneratorConfig(Config, frozen=True):
    """Settings of a Score GAN without a teacher. Levels are relative to standardised data."""

    score_steps: ScoreSteps = 5
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: Annotated[
        int,
        param("Latent size", "Numbers that a particle is made from.", low=1, high=4096, log=True),
    ] = 16
    net: Annotated[MLPConfig, param("Score", "The network of the particles' own score.")] = (
        MLPConfig()
    )
    generator: Annotated[
        MLPConfig, param("Generator", "The network that pushes noise forward.")
    ] = MLPConfig()
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    generator_optimizer: Annotated[
        OptimizerConfig, param("Generator's optimiser", "How the generator follows.")
    ] = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged generator that makes the samples.",
            low=0.0,
            below=1.0,
            zero="None",
        ),
    ] = 0.99


@register(
    "family",
    "exact-generator",
    title="Exact Score GAN",
    summary="A generator follows the exact score of a known law, against its own learnt one.",
    source=f"{_PAPER}, algorithm 1 (Score GAN), with the score of the data in closed form",
    config=ExactGeneratorConfig,
    capabilities=("latent",),
    field="exact",
    carrier="generator",
    motion="dθ/dτ = E[Jᵀ s ∇log(p/q)(x + s ε)],  p known",
)
class ExactGenerator(Family):
    """field = exact score of the data against the learnt one of the particles; generator."""

    layers = (
        Layer("score-data", "Score of the data", "vector", "s ∇log p", timed=True),
        Layer("score-particles", "Score of the particles", "vector", "s ∇log q", timed=True),
        Layer("log-density", "Log-density of the data", "scalar", "log p", timed=True),
        Layer("next-move", "Next move", "vector", "E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        Stage("draw", "Push latents forward to particles", "z ~ N(0, I),  x = g(z; θ)", _PAPER),
        Stage(
            "fit",
            "Fit the particles' own score",
            "min E |D_q(x + s ε, s) − x|²,  ∇log q = (D_q − x) / s²",
            f"{_PAPER}, algorithm 1",
            "score-particles",
        ),
        Stage(
            "velocity",
            "Compare it with the exact one where the particles are, with noise",
            "v = s (w_p ∇log p − w_q ∇log q)(x + s ε; s)",
            f"{_PAPER}, algorithm 1",
            "next-move",
        ),
        Stage(
            "follow",
            "Let the generator follow",
            "θ ← θ + λ E[J(z)ᵀ v]",
            f"{_PAPER}, section 3.2 and algorithm 1",
        ),
    )

    def __init__(
        self,
        config: ExactGeneratorConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        self.law = known_law(spec, device)
        dim = spec.shape[0]
        own = TimeMLP(config.net, dim, dim, generator=make_generator(seed, _OWN))
        self.own = ParticleScore(
            Denoiser(own).to(device), optimizer=config.score_optimizer, horizon=horizon
        )
        levels = level_law(config.s_low, config.s_high, config.rho)
        self.field = ScoreDifference(
            exact_denoiser(self.law),
            self.own,
            law=levels,
            probes=Probes.fixed(levels, spec.shape, device),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self._noise,
        )
        net = MLP(config.generator, config.latent, dim, generator=make_generator(seed, _GENERATOR))
        self.carrier = Generator(
            net.to(device),
            latent=config.latent,
            dim=dim,
            device=device,
            optimizer=config.generator_optimizer,
            horizon=horizon,
            # The score sets the pace: it has done its step when the generator follows.
            clock=lambda: self.own.optimizer.count - 1,
            decay=config.ema,
            steps=config.generator_steps,
            speed=config.speed,
        )

    def walk(self, batch: Tensor) -> Walk:
        return self._stages(batch, shown=True)

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        # Nobody looks: no need to push the latents once more to see where the particles went.
        return finish(self._stages(batch, shown=False))

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        latents = self.carrier.latents(len(batch), self._noise)
        scene = {"real": batch, "particles": self.carrier.particles(latents)}
        yield "draw", scene
        metrics = self.field.fit(batch, scene["particles"], None)
        yield "fit", scene
        if self.own.optimizer.count % self.config.score_steps == 0:
            # The same latents: the score has just learned where these particles are.
            scene = {**scene, "velocity": self.field.drawn_velocity(scene["particles"])}
            yield "velocity", scene
            if shown:
                scene |= self.carrier.kernel_view(latents, scene["velocity"])
            metrics |= self.carrier.move(latents, scene["velocity"])
            yield "follow", {**scene, "moved": self.carrier.particles(latents)} if shown else scene
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ExactGeneratorConfig)
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.own.optimizer.config = config.score_optimizer
        self.carrier.optimizer.config = config.generator_optimizer
        self.carrier.steps = config.generator_steps
        self.carrier.speed = config.speed
        self.config = config

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def push(self, z: Tensor) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "score-data":
            return self.field.score_of_data(x, t)
        if name == "score-particles":
            return self.field.score_of_particles(x, t)
        if name == "log-density":
            s = torch.tensor(self.field.clock.s(t), dtype=x.dtype, device=x.device)
            return self.law.log_prob(x, s)
        if name == "next-move":
            return self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        self.own.pack(state, "own")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.own.unpack(state, "own")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        return sum(
            p.numel() for net in (self.own.denoiser, self.carrier.net) for p in net.parameters()
        )
