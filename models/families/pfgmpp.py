"""PFGM++: data as charges in D more dimensions; field = score, carrier = free particles.

The electric field of charges y in N + D dimensions, seen from a point at distance r = s sqrt(D) in
the D added ones, is followed by the very ODE of a diffusion, dx/ds = (x - E[y | x])/s, where the
noise that hides y at level s is

    p_r(x | y) ~ (|x - y|^2 + r^2)^(-(N + D)/2),  r = s sqrt(D):

a multivariate Student law with D degrees of freedom and scale s, x = y + s z / sqrt(c/D) with z
Gaussian and c chi-squared. D = infinity is the diffusion (Xu et al. 2023, arXiv:2302.04265,
proposition 2, theorems 1 and 4).
"""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.carriers.particles import Particles
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import draw_levels
from pushforward.models.denoisers.level_settings import (
    log_normal,
)
from pushforward.models.fields.score import ScoreField
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun
from pushforward.models.settings.pfgmpp import PfgmPlusPlusConfig
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["PfgmPlusPlus", "PfgmPlusPlusConfig", "student_noise"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


def student_noise(like: Batch, dimensions: int, generator: torch.Generator) -> Tensor:
    """Return noise of scale 1 for rows x (n, *shape), Student t with ``degrees`` degrees of freedom
    and one factor per row; 0 at padded places.
    """
    half = torch.full((len(like),), dimensions / 2, device=generator.device)
    chi = 2.0 * torch._standard_gamma(half, generator=generator)
    wide = (dimensions / chi.clamp_min(1e-12)).sqrt().to(like.device)
    return like.zeroed(expand_like(wide, like.x) * noise_like(like.x, generator))


class _Charged(Particles):
    """Free particles whose latents are Student noise."""

    def __init__(self, spec: DataSpec, device: torch.device, dimensions: int) -> None:
        super().__init__(spec, device, Heun())
        self.dimensions = dimensions

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        rows = Batch(torch.zeros((n, *self.spec.shape)), *self.spec.conditions(n, generator, given))
        return rows.holding(student_noise(rows, self.dimensions, generator)).to(self.device)


@family(
    "pfgm-plus-plus",
    config=PfgmPlusPlusConfig,
    capabilities=("velocity", "denoiser"),
    field="score",
    carrier="flow",
    sampler="heun",
)
class PfgmPlusPlus(DiffusionFamily[PfgmPlusPlusConfig]):
    """field = the electric field of the data, carrier = particles."""

    field: ScoreField

    def __init__(
        self, config: PfgmPlusPlusConfig, spec: DataSpec, **training: Unpack[Training]
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
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            execution=self.execution,
        )
        self.carrier = _Charged(spec, self.device, config.dimensions)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        level = draw_levels(self.field.density, len(real), self.noise)
        yield "draw", {"real": real.x}
        noise = student_noise(real, self.config.dimensions, self.noise)
        particles = real.holding(real.x + expand_like(level, noise) * noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": level}
        metrics = self.field.fit(real, particles, level)
        yield "fit", {"real": real.x, "particles": particles.x, "level": level}
        return metrics

    def retune(self, config: PfgmPlusPlusConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
