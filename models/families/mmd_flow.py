"""MMD flow: field = kernel, carrier = free particles."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk
from models.carriers.population import (
    Noise,
    Population,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    initial_positions,
)
from models.config import Config, param
from models.fields.kernel import Bandwidth, Kernel, Kernels
from models.live import check_live
from models.registry import register
from models.samplers.base import noise_like
from models.tensors import make_generator
from models.training.state import pack_generator, unpack_generator

__all__ = ["MmdFlow", "MmdFlowConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_NOISE = 1
# The cost of a move is the number of particles times the number that they see.
_SEEN = 1024
_PAPER = "Arbel et al. 2019, arXiv:1906.04370"


class MmdFlowConfig(Config, frozen=True):
    """Settings of an MMD flow. Lengths are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    bandwidth: Bandwidth = 0.0
    kernels: Kernels = 5
    injection: Annotated[
        float,
        param(
            "Noise injection",
            "Each particle asks for its way at a place this far off, falling to zero along the "
            "training. Without it particles get stuck where a kernel does not reach.",
            low=0.0,
            high=100.0,
            unit="data std",
            zero="None",
            live=True,
        ),
    ] = 0.2
    speed: Speed = 1.0
    noise: Noise = 0.0
    reach: Reach = 1.0


@register(
    "family",
    "mmd-flow",
    title="MMD flow",
    summary="Free particles climb the witness of a kernel: drawn to data, pushed by each other.",
    source=f"{_PAPER}, sections 2 and 4; the bank of kernels: Li et al. 2015, arXiv:1502.02761",
    config=MmdFlowConfig,
    modalities=("points", "images"),
    capabilities=("population",),
    field="kernel",
    carrier="particles",
    motion="dx/dτ = ∇w,  w = E_p k(x, ·) − E_q k(x, ·)",
)
class MmdFlow(Family):
    """field = kernel, carrier = free particles that move during the training."""

    layers = (
        Layer("witness", "Witness", "scalar", "E_p k − E_q k", timed=False),
        Layer("next-move", "Next move", "vector", "η ∇w", timed=False),
    )
    stages = (
        Stage("draw", "Draw data; the particles are where they are", "x ~ p,  xᵢ ~ q", _PAPER),
        Stage(
            "fit",
            "Take data and particles as the field: nothing is learnt",
            "w(x) = E_p k(x, ·) − E_q k(x, ·)",
            "Gretton et al. 2012, JMLR 13:723, section 2.3",
            "witness",
        ),
        Stage(
            "velocity",
            "Ask the field where each particle should go, a little beside it",
            "vᵢ = ∇w(xᵢ + β ε)",
            f"{_PAPER}, section 4",
            "next-move",
        ),
        Stage("move", "Move each particle by itself", "xᵢ ← xᵢ + η vᵢ", f"{_PAPER}, section 4"),
    )

    def __init__(
        self,
        config: MmdFlowConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        self.spec = spec
        self.device = device
        self._horizon = horizon
        self._noise = make_generator(seed, _NOISE, device)
        start = initial_positions(config.start, config.population, spec.shape, seed).to(device)
        self.field = Kernel(width=config.bandwidth, count=config.kernels, like=start[:1])
        self.carrier = Population(
            start,
            speed=config.speed,
            noise=config.noise,
            reach=config.reach,
            generator=self._noise,
        )

    def walk(self, batch: Tensor) -> Walk:
        x = self.carrier.x
        scene = {"real": batch, "particles": x}
        yield "draw", scene
        metrics = self.field.fit(batch, self.carrier.draw(min(len(x), _SEEN)), None)
        yield "fit", scene
        beta = self.injection()
        beside = x + beta * noise_like(x, self._noise) if beta > 0.0 else x
        scene = {**scene, "velocity": self.field.velocity(beside)}
        yield "velocity", scene
        metrics |= self.carrier.move(scene["velocity"])
        yield "move", {**scene, "moved": self.carrier.x}
        return metrics

    def injection(self) -> float:
        """Return how far beside the particles the next move looks, in standard deviations."""
        left = 1.0 - self.carrier.count / max(1, self._horizon)
        return self.config.injection * max(0.0, left)

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, MmdFlowConfig)
        self.field.width = config.bandwidth
        self.carrier.speed = config.speed
        self.carrier.noise = config.noise
        self.carrier.reach = config.reach
        self.config = config

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """Return where the first n particles started, fewer if there are fewer."""
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "witness":
            return self.field.witness(x)
        if name == "next-move":
            return self.carrier.speed * self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        self.field.pack(state, "field")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.field.unpack(state, "field")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    @property
    def population(self) -> int:
        """How many particles there are."""
        return len(self.carrier)

    def parameter_count(self) -> int:
        return 0
