"""Score GAN: field = difference of two scores, carrier = generator."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Frame, Layer, Phase, Stage, State, Walk
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
from models.fields.taught_difference import TEACH, TaughtDifference, split
from models.live import check_live
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageGenerator, ImageNet
from models.nets.unet import UNetConfig
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["ScoreGan", "ScoreGanConfig"]

_START = 4  # stream of the seed, where `flow` is given no generator
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
    source=f"the teacher: Karras et al. 2022, arXiv:2206.00364; {_PAPER}, algorithm 1 (Score GAN)",
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

    While the teacher learns, `flow` shows the teacher's own diffusion, from the first numbers of
    the latents; where they have too few, from noise of the generator that `flow` is given, the same
    for the same seed. After that, it shows the one step of the generator.
    """

    layers = (
        *SCORES,
        Layer("next-move", "Next move", "vector", "E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        TEACH,
        Stage("draw", "Push latents forward to particles", "z ~ N(0, I),  x = g(z; θ)", _PAPER),
        FIT_OWN,
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
        super().__init__(
            config,
            spec,
            horizon=split(config, horizon)[1],
            seed=seed,
            device=device,
            # The score sets the pace: it has done its step when the generator follows.
            clock=lambda: self.field.own.optimizer.count - 1,
            images=config.image_generator,
        )
        self.field: TaughtDifference = TaughtDifference(
            config,
            spec,
            horizon=horizon,
            seed=seed,
            device=device,
            generator=self._noise,
            probes=lambda law: Probes.fixed(law, spec.shape, device),
        )

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        if self.field.teacher.is_learning():
            return (yield from self.field.lesson(batch))
        metrics = yield from super()._stages(batch, shown=shown)
        return metrics | {"phase": batch.new_full((), 2.0)}

    def _follows(self) -> bool:
        return self.field.own.optimizer.count % self.config.score_steps == 0

    def _pull(self, particles: Tensor) -> Tensor:
        return self.field.drawn_velocity(particles)

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.field.phases("teacher", Phase("generator", "The generator follows", 0))

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ScoreGanConfig)
        self.field.retune(config)
        self._retune(config)
        self.config = config

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        teacher = self.field.teacher
        if teacher.is_learning():
            start = self._teacher_start(latents, generator)
            return teacher.frames(start, sampler=sampler, generator=generator)
        return super().flow(latents, sampler=sampler, generator=generator)

    def _teacher_start(self, latents: Tensor, generator: torch.Generator | None) -> Tensor:
        """Return where the teacher's diffusion starts, (n, *shape): a latent may have fewer numbers
        than a datum.
        """
        dim, shape = self.spec.mean.numel(), (len(latents), *self.spec.shape)
        if latents.shape[1] >= dim:
            return latents[:, :dim].reshape(shape)
        generator = make_generator(0, _START) if generator is None else generator
        return torch.randn(shape, generator=generator, device=generator.device).to(latents.device)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "next-move":
            return self.field.velocity(x)
        known = self.field.layer(name, x, t)
        return known if known is not None else super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.field.pack(state)
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.field.unpack(state)

    def parameter_count(self) -> int:
        return super().parameter_count() + self.field.parameter_count()
