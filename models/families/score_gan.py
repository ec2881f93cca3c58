"""Score GAN: field = difference of two scores, carrier = generator."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch

from pushforward.models.carriers.generator_family import GeneratorFamily
from pushforward.models.carriers.generator_settings import GeneratorSettings
from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import LayerFunction, Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.difference_settings import (
    HighLevel,
    LevelRho,
    LowLevel,
    ScoreOptimizer,
    ScoreSteps,
    TeacherLevels,
    TeacherOptimizer,
    TeacherShare,
    WarmStart,
    WeightData,
    WeightGen,
)
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.taught_difference import TaughtDifference, split
from pushforward.models.nets.earlier import score_gan_unmodulated, unbalanced
from pushforward.models.nets.settings import GeneratorNet, ScoreNet
from pushforward.models.registry import family
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["ScoreGan", "ScoreGanConfig"]

_START = 4  # stream of the seed, where `flow` is given no generator


class ScoreGanConfig(GeneratorSettings, frozen=True):
    """Settings of a Score GAN. Noise levels are relative to standardised data."""

    teacher_share: TeacherShare = 0.5
    score_steps: ScoreSteps = 5
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    warm_start: WarmStart = True
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    net: ScoreNet = Pick()
    generator: GeneratorNet = Pick(config={"balanced": True})
    optimizer: TeacherOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    teacher_levels: TeacherLevels = "log-normal"
    conditional: ConditionalSetting = False


@family(
    "score-gan",
    config=ScoreGanConfig,
    capabilities=("latent",),
    field="score-difference",
    carrier="generator",
    version=4,
    upgrade=unbalanced(score_gan_unmodulated),
)
class ScoreGan(GeneratorFamily[ScoreGanConfig]):
    """field = difference of scores, carrier = generator; first the teacher learns, then it moves.

    While the teacher learns, `flow` shows the teacher's own diffusion, from the first numbers of
    the latents; where they have too few, from noise of the generator that `flow` is given, the same
    for the same seed. After that, it shows the one step of the generator.
    """

    def __init__(
        self, config: ScoreGanConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.field: TaughtDifference = TaughtDifference(
            config, self, probes=lambda law: Probes.fixed(law, spec.shape, self.device)
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "teacher": self.field.teacher, "own": self.field.own}

    def generator_horizon(self) -> int:
        return split(self.config, self.horizon)[1]

    def done(self) -> int:
        # The score sets the pace: it has done its step when the generator follows.
        return self.field.own.trained.count - 1

    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        if self.field.teacher.is_learning():
            return (yield from self.field.lesson(real))
        z = self.carrier.like(real, self.noise)
        x = self.carrier.particles(z)
        scene = {"real": real.x, "particles": x.x}
        yield "draw", scene
        metrics = self.field.fit(real, x, None)
        yield "fit", scene
        if self.field.own.trained.count % self.config.score_steps == 0:
            v = self.field.drawn_velocity(x)
            metrics |= yield from self.carrier.move_stages(z, {**scene, "velocity": v}, shown=shown)
        return metrics | {"phase": real.x.new_full((), 2.0)}

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.field.phases("teacher", Phase("generator", "The generator follows", 0))

    def retune(self, config: ScoreGanConfig) -> None:
        self.field.retune(config)
        super().retune(config)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        teacher = self.field.teacher
        if teacher.is_learning():
            start = self._teacher_start(Batch.of(latents), generator)
            return teacher.frames(start, sampler=sampler, generator=generator)
        return super().flow(latents, sampler=sampler, generator=generator)

    def _teacher_start(self, latents: Batch, generator: torch.Generator | None) -> Batch:
        """Return where the teacher's diffusion starts, x (n, *shape): a latent may have fewer
        numbers than a datum.
        """
        z = latents.x
        dim, shape = self.spec.mean.numel(), (len(z), *self.spec.shape)
        if z.shape[1] >= dim:
            x = z[:, :dim].reshape(shape)
        else:
            generator = make_generator(0, _START) if generator is None else generator
            x = torch.randn(shape, generator=generator, device=generator.device).to(z.device)
        return latents.holding(latents.zeroed(x))

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            **self.field.layer_functions,
            "next-move": self.field.velocity,
        }
