"""Score GAN: field = difference of two scores, carrier = generator."""

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
    TeacherOptimizer,
    TeacherShare,
    WarmStart,
    WeightData,
    WeightGen,
)
from models.fields.score_difference import ParticleScore, Probes, ScoreDifference, level_law
from models.fields.teacher import Teacher
from models.live import check_live
from models.nets.choose import denoiser_net, generator_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageGenerator, ImageNet
from models.nets.unet import UNetConfig
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["ScoreGan", "ScoreGanConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_GENERATOR, _TEACHER, _NOISE, _OWN = 0, 1, 2, 3
_PAPER = "Franceschi et al. 2023, arXiv:2305.16150"


class ScoreGanConfig(Config, frozen=True):
    """Settings of a Score GAN. Noise levels are relative to standardised data."""

    teacher_share: TeacherShare = 0.5
    score_steps: ScoreSteps = 5
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    warm_start: WarmStart = True
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: Annotated[
        int,
        param("Latent size", "Numbers that a particle is made from.", low=1, high=4096, log=True),
    ] = 16
    net: Annotated[
        MLPConfig,
        param("Scores", "The network of either score.", modalities=("points",)),
    ] = MLPConfig()
    generator: Annotated[
        MLPConfig,
        param("Generator", "The network that pushes noise forward.", modalities=("points",)),
    ] = MLPConfig()
    image_net: ImageNet = UNetConfig()
    image_generator: ImageGenerator = DcganConfig()
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
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
    "score-gan",
    title="Score GAN",
    summary="A generator follows the difference between the score of the data and its own.",
    source=f"{_PAPER}, algorithm 1 (Score GAN); the teacher: Karras et al. 2022, arXiv:2206.00364",
    config=ScoreGanConfig,
    modalities=("points", "images"),
    capabilities=("latent",),
    field="score-difference",
    carrier="generator",
    motion="dθ/dτ = E[Jᵀ s ∇log(p/q)(x + s ε)],  x = g(z; θ)",
)
class ScoreGan(Family):
    """field = difference of scores, carrier = generator; first the teacher learns, then it moves.

    While the teacher learns, `flow` shows the teacher's own diffusion, from the same first numbers
    of the latents; after that, the one step of the generator.
    """

    layers = (
        Layer("score-data", "Score of the data", "vector", "s ∇log p", timed=True),
        Layer("score-particles", "Score of the particles", "vector", "s ∇log q", timed=True),
        Layer("next-move", "Next move", "vector", "E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        Stage(
            "teach",
            "Teach the score of the data",
            "min E w(s) |D(x₀ + s ε, s) − x₀|²,  ∇log p = (D − x) / s²",
            "Karras et al. 2022, eqs. 2, 3 and 8",
            "score-data",
        ),
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
            "Compare the two scores where the particles are, with noise",
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
        config: ScoreGanConfig,
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
        taught = max(1, round(config.teacher_share * horizon))
        rest = max(1, horizon - taught)
        weights = make_generator(seed, _TEACHER)
        self.teacher = Teacher(
            denoiser_net(spec, config.net, config.image_net, generator=weights),
            shape=spec.shape,
            device=device,
            optimizer=config.optimizer,
            steps=taught,
        )
        weights = make_generator(seed, _OWN)
        own = denoiser_net(spec, config.net, config.image_net, generator=weights)
        self.own = ParticleScore(
            Denoiser(own).to(device), optimizer=config.score_optimizer, horizon=rest
        )
        law = level_law(config.s_low, config.s_high, config.rho)
        self.field = ScoreDifference(
            self.teacher.denoise,
            self.own,
            law=law,
            probes=Probes.fixed(law, spec.shape, device),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self._noise,
        )
        self.carrier = self._generator(config, rest, seed)

    def _generator(self, config: ScoreGanConfig, horizon: int, seed: int) -> Generator:
        weights = make_generator(seed, _GENERATOR)
        images = config.image_generator
        net = generator_net(self.spec, config.latent, config.generator, images, generator=weights)
        return Generator(
            net.to(self.device),
            latent=config.latent,
            dim=self.spec.mean.numel(),
            device=self.device,
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
        if self.teacher.is_learning():
            noised, metrics = self.teacher.fit(batch, self._noise)
            if not self.teacher.is_learning() and self.config.warm_start:
                self.own.warm_start(self.teacher.averaged)
            yield "teach", {"real": batch, "particles": noised}
            return metrics | {"phase": batch.new_full((), 1.0)}
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
        return metrics | {"phase": batch.new_full((), 2.0)}

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ScoreGanConfig)
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.teacher.field.optimizer.config = config.optimizer
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
        dim = self.spec.mean.numel()
        if self.teacher.is_learning() and latents.shape[1] >= dim:
            start = latents[:, :dim].reshape(len(latents), *self.spec.shape)
            return self.teacher.frames(start, sampler=sampler, generator=generator)
        return self.carrier.frames(self.field, latents, generator=generator)

    def push(self, z: Tensor) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "score-data":
            return self.field.score_of_data(x, t)
        if name in ("score-particles", "next-move") and self.teacher.is_learning():
            # Nothing of the particles is known yet, and nothing moves.
            return torch.zeros_like(x)
        if name == "score-particles":
            return self.field.score_of_particles(x, t)
        if name == "next-move":
            return self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        self.teacher.pack(state, "teacher")
        self.own.pack(state, "own")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.teacher.unpack(state, "teacher")
        self.own.unpack(state, "own")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        nets = (self.teacher.field.denoiser, self.own.denoiser, self.carrier.net)
        return sum(p.numel() for net in nets for p in net.parameters())
