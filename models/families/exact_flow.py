"""Exact flow: field = exact, carrier = particles along flow time; the diffusion without error."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk
from models.carriers.particles import Particles
from models.config import Config, param
from models.denoisers.densities import draw_levels
from models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
    log_normal,
)
from models.fields.exact import ExactScore, known_law
from models.paths.clock import FlowClock
from models.registry import register
from models.samplers.heun import Heun
from models.tensors import make_generator
from models.training.state import pack_generator, unpack_generator

__all__ = ["ExactFlow", "ExactFlowConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_NOISE = 1


class ExactFlowConfig(Config, frozen=True):
    """Settings of an exact flow, those of EDM that concern no network."""

    density_mean: Annotated[
        float,
        param(
            "Mean of ln s",
            "Centre of the levels at which the loss is measured.",
            low=-6.0,
            high=6.0,
            advanced=True,
        ),
    ] = -1.2
    density_std: Annotated[
        float,
        param(
            "Spread of ln s",
            "Standard deviation of the levels at which the loss is measured.",
            above=0.0,
            high=6.0,
            advanced=True,
        ),
    ] = 1.2
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    display: DisplaySetting = "variance-preserving"


@register(
    "family",
    "exact-flow",
    title="Exact flow",
    summary="The perfect denoiser of a known law moves particles; its loss is the floor of all.",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 1-3, for a Gaussian mixture in closed form",
    config=ExactFlowConfig,
    capabilities=("velocity", "denoiser", "likelihood"),
    field="exact",
    carrier="flow",
    motion="dx/ds = −s ∇log p(x; s),  p known",
)
class ExactFlow(Family):
    """field = exact, carrier = particles; nothing is trained."""

    layers = (
        Layer("velocity", "Velocity", "vector", "dx/dt", timed=True),
        Layer("log-density", "Log-density", "scalar", "log q_t", timed=True),
    )
    stages = (
        Stage(
            "draw",
            "Draw data, and a noise level for each",
            "x₀ ~ p,  ln s ~ N(−1.2, 1.2²)",
            "Karras et al. 2022, table 1",
        ),
        Stage(
            "noise",
            "Place the particles where diffusion has them",
            "x = x₀ + s ε,  ε ~ N(0, I)",
            "Karras et al. 2022, eq. 2",
        ),
        Stage(
            "measure",
            "Measure the error that no denoiser avoids",
            "E w(s) |D(x, s) − x₀|² = E w(s) Var[x₀ | x]",
            "Karras et al. 2022, eq. 2, at its minimum",
            "velocity",
        ),
    )

    def __init__(
        self,
        config: ExactFlowConfig,
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
        self.field = ExactScore(
            known_law(spec, device),
            density=log_normal(config),
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
        )
        self.carrier = Particles(spec.shape, device, Heun())

    def walk(self, batch: Tensor) -> Walk:
        level = draw_levels(self.field.density, len(batch), self._noise)
        yield "draw", {"real": batch}
        particles = self.carrier.noised(batch, level, self._noise)
        yield "noise", {"real": batch, "particles": particles}
        metrics = self.field.fit(batch, particles, level)
        yield "measure", {"real": batch, "particles": particles}
        return metrics

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator, sampler=sampler)

    def denoise(self, x: Tensor, s: Tensor) -> Tensor:
        """Return D(x, s), exactly."""
        return self.field.denoise(x, s)

    def velocity(self, x: Tensor, t: float) -> Tensor:
        """Return dx/dt in display coordinates at flow time t."""
        return self.field.velocity(x, t)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, exactly."""
        return self.field.law.log_prob(x, torch.zeros((), dtype=x.dtype, device=x.device))

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "velocity":
            return self.velocity(x, t)
        if name == "log-density":
            return self.field.log_density(x, t)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        return 0
