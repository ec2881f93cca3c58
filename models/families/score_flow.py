"""Score flow: field = difference of two scores, carrier = free particles."""

from typing import Annotated

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Stage, State, Walk
from models.carriers.population import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
)
from models.carriers.population_family import PopulationFamily
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
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageNet
from models.nets.unet import UNetConfig
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["ScoreFlow", "ScoreFlowConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_TEACHER, _NOISE, _OWN = 1, 2, 3
_PAPER = "Franceschi et al. 2023, arXiv:2305.16150"


class ScoreFlowConfig(Config, frozen=True):
    """Settings of a score flow. Lengths and levels are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    teacher_share: TeacherShare = 0.5
    score_steps: ScoreSteps = 5
    speed: Speed = 0.1
    noise: Noise = 0.0
    reach: Reach = 1.0
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    warm_start: WarmStart = True
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    pairs: Annotated[
        int,
        param(
            "Noise pairs",
            "A move is a mean over so many noises and their opposites, the same for all particles; "
            "more of them make it calmer and dearer.",
            low=1,
            high=256,
            advanced=True,
        ),
    ] = 4
    net: Annotated[
        MLPConfig,
        param("Scores", "The network of either score.", modalities=("points",)),
    ] = MLPConfig()
    # As in Score GAN: many steps, not dear ones.
    image_net: ImageNet = UNetConfig(kind="mlp")
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")


@register(
    "family",
    "score-flow",
    title="Score flow",
    summary="Free particles follow the difference between the score of the data and their own.",
    source=f"{_PAPER}, section 2 and algorithm 1 (Score GAN), without the generator",
    config=ScoreFlowConfig,
    modalities=("points", "images"),
    capabilities=("population",),
    # Particles that start as noise are where a score was taught, so that less noise will do than
    # for a generator's first pictures.
    defaults={"images": {"speed": 0.5, "reach": 20.0, "s_low": 0.5}},
    field="score-difference",
    carrier="particles",
    motion="dx/dτ = E[s ∇log(p/q)(x + s ε)]",
)
class ScoreFlow(PopulationFamily):
    """field = difference of scores, carrier = free particles that move during the training; first
    the teacher learns, then they move.
    """

    layers = (
        Layer("score-data", "Score of the data", "vector", "s ∇log p", timed=True),
        Layer("score-particles", "Score of the particles", "vector", "s ∇log q", timed=True),
        Layer("next-move", "Next move", "vector", "η E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        Stage(
            "teach",
            "Teach the score of the data",
            "min E w(s) |D(x₀ + s ε, s) − x₀|²,  ∇log p = (D − x) / s²",
            "Karras et al. 2022, eqs. 2, 3 and 8",
            "score-data",
        ),
        Stage("draw", "Draw some of the particles where they are", "xᵢ ~ q", _PAPER),
        Stage(
            "fit",
            "Fit the particles' own score",
            "min E |D_q(x + s ε, s) − x|²,  ∇log q = (D_q − x) / s²",
            f"{_PAPER}, algorithm 1",
            "score-particles",
        ),
        Stage(
            "velocity",
            "Compare the two scores around each particle",
            "vᵢ = E s (w_p ∇log p − w_q ∇log q)(xᵢ + s ε; s)",
            f"{_PAPER}, algorithm 1",
            "next-move",
        ),
        Stage(
            "move",
            "Move each particle by itself",
            "xᵢ ← xᵢ + η vᵢ + √(2 τ η) ε",
            f"{_PAPER}, section 2",
        ),
    )

    def __init__(
        self,
        config: ScoreFlowConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        super().__init__(config, spec, seed=seed, stream=_NOISE, device=device)
        taught = max(1, round(config.teacher_share * horizon))
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
            Denoiser(own).to(device),
            optimizer=config.score_optimizer,
            horizon=max(1, horizon - taught),
        )
        law = level_law(config.s_low, config.s_high, config.rho)
        self.field: ScoreDifference = ScoreDifference(
            self.teacher.denoise,
            self.own,
            law=law,
            probes=Probes.draw(law, config.pairs, spec.shape, self._noise),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self._noise,
        )

    def walk(self, batch: Tensor) -> Walk:
        if self.teacher.is_learning():
            noised, metrics = self.teacher.fit(batch, self._noise)
            if not self.teacher.is_learning() and self.config.warm_start:
                self.own.warm_start(self.teacher.averaged)
            yield "teach", {"real": batch, "particles": noised}
            return metrics | {"phase": batch.new_full((), 1.0)}
        scene = {"real": batch, "particles": self.carrier.draw(len(batch))}
        yield "draw", scene
        metrics = self.field.fit(batch, scene["particles"], None)
        yield "fit", scene
        if self.own.optimizer.count % self.config.score_steps == 0:
            x = self.carrier.x
            scene = {"real": batch, "particles": x, "velocity": self.field.velocity(x)}
            yield "velocity", scene
            metrics |= self.carrier.move(scene["velocity"])
            # Known before the next move, so that the arrows that are shown are that move.
            pairs = self.config.pairs
            shape = self.spec.shape
            self.field.probes = Probes.draw(self.field.law, pairs, shape, self._noise)
            yield "move", {**scene, "moved": self.carrier.x}
        return metrics | {"phase": batch.new_full((), 2.0)}

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ScoreFlowConfig)
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.teacher.field.optimizer.config = config.optimizer
        self.own.optimizer.config = config.score_optimizer
        self._retune(config)
        self.config = config

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "score-data":
            return self.field.score_of_data(x, t)
        if name in ("score-particles", "next-move") and self.teacher.is_learning():
            # Nothing of the particles is known yet, and nothing moves.
            return torch.zeros_like(x)
        if name == "score-particles":
            return self.field.score_of_particles(x, t)
        if name == "next-move":
            return self.carrier.speed * self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.teacher.pack(state, "teacher")
        self.own.pack(state, "own")
        self.field.probes.pack(state, "probes")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.teacher.unpack(state, "teacher")
        self.own.unpack(state, "own")
        self.field.probes = self.field.probes.unpack(state, "probes")

    def parameter_count(self) -> int:
        nets = (self.teacher.field.denoiser, self.own.denoiser)
        return sum(p.numel() for net in nets for p in net.parameters())
