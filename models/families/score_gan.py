"""Score GAN: field = difference of two scores, carrier = generator."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Frame, Layer, Stage, State, Walk
from models.carriers.generator_family import GeneratorFamily
from models.carriers.generator_settings import (
    FollowSpeed,
    FollowSteps,
    GeneratorAveraging,
    GeneratorNet,
    GeneratorOptimizer,
    LatentSize,
)
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
from models.nets.choose import denoiser_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageGenerator, ImageNet
from models.nets.unet import UNetConfig
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["ScoreGan", "ScoreGanConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_TEACHER, _OWN = 1, 3
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
    latent: LatentSize = 16
    net: Annotated[
        MLPConfig,
        param("Scores", "The network of either score.", modalities=("points",)),
    ] = MLPConfig()
    generator: GeneratorNet = MLPConfig()
    # Ten times as many steps as a U-Net does in the same time, and here steps are what it takes.
    image_net: ImageNet = UNetConfig(kind="mlp")
    image_generator: ImageGenerator = DcganConfig()
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: GeneratorAveraging = 0.99


@register(
    "family",
    "score-gan",
    title="Score GAN",
    summary="A generator follows the difference between the score of the data and its own.",
    source=f"{_PAPER}, algorithm 1 (Score GAN); the teacher: Karras et al. 2022, arXiv:2206.00364",
    config=ScoreGanConfig,
    modalities=("points", "images"),
    capabilities=("latent",),
    # Below a noise of 1 the first pictures of a generator stand so far from all data that a learned
    # score extrapolates, and sends them on to plain white, for good.
    defaults={"images": {"s_low": 1.0, "latent": 64}},
    field="score-difference",
    carrier="generator",
    motion="dθ/dτ = E[Jᵀ s ∇log(p/q)(x + s ε)],  x = g(z; θ)",
)
class ScoreGan(GeneratorFamily):
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
        taught = max(1, round(config.teacher_share * horizon))
        rest = max(1, horizon - taught)
        super().__init__(
            config,
            spec,
            horizon=rest,
            seed=seed,
            device=device,
            # The score sets the pace: it has done its step when the generator follows.
            clock=lambda: self.own.optimizer.count - 1,
            images=config.image_generator,
        )
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
        self.field: ScoreDifference = ScoreDifference(
            self.teacher.denoise,
            self.own,
            law=law,
            probes=Probes.fixed(law, spec.shape, device),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self._noise,
        )

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        if self.teacher.is_learning():
            noised, metrics = self.teacher.fit(batch, self._noise)
            if not self.teacher.is_learning() and self.config.warm_start:
                self.own.warm_start(self.teacher.averaged)
            yield "teach", {"real": batch, "particles": noised}
            return metrics | {"phase": batch.new_full((), 1.0)}
        metrics = yield from super()._stages(batch, shown=shown)
        return metrics | {"phase": batch.new_full((), 2.0)}

    def _follows(self) -> bool:
        return self.own.optimizer.count % self.config.score_steps == 0

    def _pull(self, particles: Tensor) -> Tensor:
        return self.field.drawn_velocity(particles)

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ScoreGanConfig)
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.teacher.field.optimizer.config = config.optimizer
        self.own.optimizer.config = config.score_optimizer
        self._retune(config)
        self.config = config

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        dim = self.spec.mean.numel()
        if self.teacher.is_learning() and latents.shape[1] >= dim:
            start = latents[:, :dim].reshape(len(latents), *self.spec.shape)
            return self.teacher.frames(start, sampler=sampler, generator=generator)
        return super().flow(latents, sampler=sampler, generator=generator)

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
        state = super().state()
        self.teacher.pack(state, "teacher")
        self.own.pack(state, "own")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.teacher.unpack(state, "teacher")
        self.own.unpack(state, "own")

    def parameter_count(self) -> int:
        nets = (self.teacher.field.denoiser, self.own.denoiser)
        return super().parameter_count() + sum(p.numel() for net in nets for p in net.parameters())
