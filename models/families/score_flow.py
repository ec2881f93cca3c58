"""Score flow: field = difference of two scores, carrier = free particles."""

from typing import Annotated

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Phase, Stage, State, Walk
from models.carriers.population import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
)
from models.carriers.population_family import PopulationFamily
from models.config import Config, param
from models.denoisers.densities import RhoUniform
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
from models.fields.score_difference import FIT_OWN, SCORES, Probes
from models.fields.taught_difference import TEACH, TaughtDifference
from models.live import check_live
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageNet
from models.nets.unet import UNetConfig
from models.registry import register
from models.training.optim import OptimizerConfig

__all__ = ["ScoreFlow", "ScoreFlowConfig"]

_NOISE = 2  # stream of the seed (`models.tensors.make_generator`); the field has 1 and 3
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
        *SCORES,
        Layer("next-move", "Next move", "vector", "η E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        TEACH,
        Stage("draw", "Draw some of the particles where they are", "xᵢ ~ q", _PAPER),
        FIT_OWN,
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
        self.field: TaughtDifference = TaughtDifference(
            config,
            spec,
            horizon=horizon,
            seed=seed,
            device=device,
            generator=self._noise,
            probes=self._probes,
        )

    def _probes(self, law: RhoUniform) -> Probes:
        return Probes.draw(law, self.config.pairs, self.spec.shape, self._noise)

    def walk(self, batch: Tensor) -> Walk:
        if self.field.teacher.is_learning():
            return (yield from self.field.lesson(batch))
        scene = {"real": batch, "particles": self.carrier.draw(len(batch))}
        yield "draw", scene
        metrics = self.field.fit(batch, scene["particles"], None)
        yield "fit", scene
        if self.field.own.optimizer.count % self.config.score_steps == 0:
            x = self.carrier.x
            scene = {"real": batch, "particles": x, "velocity": self.field.velocity(x)}
            yield "velocity", scene
            metrics |= self.carrier.move(scene["velocity"])
            # Known before the next move, so that the arrows that are shown are that move.
            self.field.probes = self._probes(self.field.law)
            yield "move", {**scene, "moved": self.carrier.x}
        return metrics | {"phase": batch.new_full((), 2.0)}

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.field.phases("particles, waiting", Phase("particles", "The particles move", 0))

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ScoreFlowConfig)
        self.field.retune(config)
        self._retune(config)
        self.config = config

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "next-move":
            return self.carrier.speed * self.field.velocity(x)
        known = self.field.layer(name, x, t)
        return known if known is not None else super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.field.pack(state)
        self.field.probes.pack(state, "probes")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.field.unpack(state)
        self.field.probes = self.field.probes.unpack(state, "probes")

    def parameter_count(self) -> int:
        return self.field.parameter_count()
