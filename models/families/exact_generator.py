"""Score GAN with an exact data score: field = exact against learnt, carrier = generator."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.generator_family import GeneratorFamily
from pushforward.models.carriers.generator_settings import GeneratorSettings
from pushforward.models.config import Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.fields.difference_settings import (
    HighLevel,
    LevelRho,
    LowLevel,
    ScoreOptimizer,
    ScoreSteps,
    WeightData,
    WeightGen,
)
from pushforward.models.fields.exact import exact_denoiser, known_law
from pushforward.models.fields.particle_score import ParticleScore
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.score_difference import ScoreDifference, level_law
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.registry import family
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["ExactGenerator", "ExactGeneratorConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_OWN = 3


class ExactGeneratorConfig(GeneratorSettings, frozen=True):
    """Settings of a Score GAN without a teacher. Levels are relative to standardised data."""

    score_steps: ScoreSteps = 5
    w_data: WeightData = 1.0
    w_gen: WeightGen = 1.0
    s_low: LowLevel = 0.05
    s_high: HighLevel = 5.0
    rho: LevelRho = 3.0
    net: Annotated[
        Pick,
        param("Score network", "Network of the particles' score.", of="network", role="denoiser"),
    ] = Pick()
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")


@family(
    "exact-generator",
    config=ExactGeneratorConfig,
    capabilities=("latent",),
    field="exact",
    carrier="generator",
    needs=("continuous", "law"),
    version=2,
    upgrade=networks_as_picks,
)
class ExactGenerator(GeneratorFamily[ExactGeneratorConfig]):
    """field = exact score of the data against the learnt one of the particles; generator."""

    def __init__(
        self, config: ExactGeneratorConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.law = known_law(spec, self.device)
        own = build(config.net, spec, DENOISER, self.weights(_OWN))
        self.own = ParticleScore(
            Denoiser(own).to(self.device),
            optimizer=config.score_optimizer,
            horizon=self.horizon,
            execution=self.execution,
        )
        levels = level_law(config.s_low, config.s_high, config.rho)
        exact = exact_denoiser(self.law)
        self.field: ScoreDifference = ScoreDifference(
            lambda rows: exact,
            self.own,
            law=levels,
            probes=Probes.fixed(levels, spec.shape, self.device),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self.noise,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "own": self.own}

    def done(self) -> int:
        # The score sets the pace: it has done its step when the generator follows.
        return self.own.trained.count - 1

    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        z = self.carrier.like(real, self.noise)
        x = self.carrier.particles(z)
        scene = {"real": real.x, "particles": x.x}
        yield "draw", scene
        metrics = self.field.fit(real, x, None)
        yield "fit", scene
        if self.own.trained.count % self.config.score_steps == 0:
            v = self.field.drawn_velocity(x)
            metrics |= yield from self.carrier.move_stages(z, {**scene, "velocity": v}, shown=shown)
        return metrics

    def retune(self, config: ExactGeneratorConfig) -> None:
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.own.trained.optimizer.config = config.score_optimizer
        super().retune(config)

    def _log_density(self, rows: Rows, t: float) -> Tensor:
        x = Batch.of(rows).x
        s = torch.tensor(self.field.clock.s(t), dtype=x.dtype, device=x.device)
        return self.law.log_prob(x, s)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            **self.field.layer_functions,
            "log-density": self._log_density,
            "next-move": self.field.velocity,
        }
