"""Score GAN with an exact data score: field = exact against learnt, carrier = generator."""

from typing import Annotated

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Stage, State
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
    WeightData,
    WeightGen,
)
from models.fields.exact import exact_denoiser, known_law
from models.fields.score_difference import (
    FIT_OWN,
    SCORES,
    ParticleScore,
    Probes,
    ScoreDifference,
    level_law,
)
from models.live import check_live
from models.nets.mlp import MLPConfig, TimeMLP
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["ExactGenerator", "ExactGeneratorConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_OWN = 3
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
    latent: LatentSize = 16
    net: Annotated[MLPConfig, param("Score", "The network of the particles' own score.")] = (
        MLPConfig()
    )
    generator: GeneratorNet = MLPConfig()
    score_optimizer: ScoreOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: GeneratorAveraging = 0.99


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
class ExactGenerator(GeneratorFamily):
    """field = exact score of the data against the learnt one of the particles; generator."""

    layers = (
        *SCORES,
        Layer("log-density", "Log-density of the data", "scalar", "log p", timed=True),
        Layer("next-move", "Next move", "vector", "E s (∇log p − ∇log q)", timed=False),
    )
    stages = (
        Stage("draw", "Push latents forward to particles", "z ~ N(0, I),  x = g(z; θ)", _PAPER),
        FIT_OWN,
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
        super().__init__(
            config,
            spec,
            horizon=horizon,
            seed=seed,
            device=device,
            # The score sets the pace: it has done its step when the generator follows.
            clock=lambda: self.own.optimizer.count - 1,
        )
        self.law = known_law(spec, device)
        dim = spec.shape[0]
        own = TimeMLP(config.net, dim, dim, generator=make_generator(seed, _OWN))
        self.own = ParticleScore(
            Denoiser(own).to(device), optimizer=config.score_optimizer, horizon=horizon
        )
        levels = level_law(config.s_low, config.s_high, config.rho)
        self.field: ScoreDifference = ScoreDifference(
            exact_denoiser(self.law),
            self.own,
            law=levels,
            probes=Probes.fixed(levels, spec.shape, device),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=self._noise,
        )

    def _follows(self) -> bool:
        return self.own.optimizer.count % self.config.score_steps == 0

    def _pull(self, particles: Tensor) -> Tensor:
        return self.field.drawn_velocity(particles)

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, ExactGeneratorConfig)
        self.field.w_data = config.w_data
        self.field.w_gen = config.w_gen
        self.own.optimizer.config = config.score_optimizer
        self._retune(config)
        self.config = config

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "log-density":
            s = torch.tensor(self.field.clock.s(t), dtype=x.dtype, device=x.device)
            return self.law.log_prob(x, s)
        if name == "next-move":
            return self.field.velocity(x)
        known = self.field.layer(name, x, t)
        return known if known is not None else super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.own.pack(state, "own")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.own.unpack(state, "own")

    def parameter_count(self) -> int:
        return super().parameter_count() + sum(p.numel() for p in self.own.denoiser.parameters())
