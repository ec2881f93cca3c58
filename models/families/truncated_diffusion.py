"""Truncated diffusion: it learns only the last stretch, and starts where something else leads.

Sources: Zheng et al. 2022, arXiv:2202.09671 (TDPM); Lyu et al. 2022, arXiv:2205.12524 (ES-DDPM).
"""

from collections.abc import Mapping
from typing import Unpack

from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.carriers.pair_settings import pair_steps
from pushforward.models.carriers.pairs import Pairs
from pushforward.models.carriers.truncated import FittedGaussian, TruncatedParticles
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import draw_levels
from pushforward.models.denoisers.level_settings import log_normal
from pushforward.models.entries import Needs
from pushforward.models.fields.score import ScoreField
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.settings.truncated_diffusion import TruncatedDiffusionConfig
from pushforward.models.tensors import make_generator

__all__ = ["TruncatedDiffusion", "TruncatedDiffusionConfig"]

SOURCE = "source"
_WEIGHTS, _SAMPLES = 0, 3  # streams of the seed (`models.tensors.make_generator`)
_SOLVER = 18


@family(
    "truncated-diffusion",
    config=TruncatedDiffusionConfig,
    capabilities=("velocity", "denoiser"),
    field="score",
    carrier="flow",
    sampler="heun",
    inputs={
        SOURCE: Needs(
            "samples",
            "Source",
            "A finished run on the same data whose noisy samples are the start. Without one it "
            "starts from a Gaussian fitted to the data.",
            same_data=True,
            optional=True,
            without=(
                "a Gaussian fit of the data",
                "It starts from a Gaussian fitted to the data.",
            ),
        )
    },
)
class TruncatedDiffusion(DiffusionFamily[TruncatedDiffusionConfig]):
    """field = score below a noise level, carrier = particles that start there."""

    field: ScoreField
    carrier: TruncatedParticles

    def __init__(
        self, config: TruncatedDiffusionConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = ScoreField(
            Denoiser(net).to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            density=log_normal(config),
            weight="edm",
            gamma=0.0,
            clock=FlowClock(config.s_min, config.start),
            display=config.display,
            execution=self.execution,
        )
        self.carrier = TruncatedParticles(
            spec,
            self.device,
            config.start,
            FittedGaussian(spec.mean.numel(), self.device),
            Pairs(
                spec,
                count=config.pairs,
                steps=pair_steps(self.horizon),
                solver=_SOLVER,
                generator=make_generator(self.seed, _SAMPLES),
                device=self.device,
            ),
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        carrier = self.carrier
        return {"field": self.field, "gaussian": carrier.gaussian, "samples": carrier.samples}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        self._learn_start(real)
        yield "start", {"real": real.x}
        level = draw_levels(self.field.density, len(real), self.noise)
        yield "draw", {"real": real.x}
        particles = self.carrier.noised(real, level, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": level}
        metrics = self.field.fit(real, particles, level)
        yield "fit", {"real": real.x, "particles": particles.x, "level": level}
        return metrics

    def _learn_start(self, real: Batch) -> None:
        source = self.inputs.get(SOURCE)
        if source is None:
            self.carrier.gaussian.see(real.x)
        elif not self.carrier.samples.complete:
            assert isinstance(source, Family)
            self.carrier.samples.draw(source, len(real))

    def retune(self, config: TruncatedDiffusionConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
