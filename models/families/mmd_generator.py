"""Generative moment matching: field = kernel, carrier = generator."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk, finish
from models.carriers.generator import FollowSpeed, FollowSteps, Generator
from models.config import Config, param
from models.fields.kernel import Bandwidth, Kernel, Kernels
from models.live import check_live
from models.nets.choose import generator_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageGenerator
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["MmdGenerator", "MmdGeneratorConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_GENERATOR, _NOISE = 0, 2
_PAPER = "Li et al. 2015, arXiv:1502.02761"


class MmdGeneratorConfig(Config, frozen=True):
    """Settings of a generative moment matching network."""

    bandwidth: Bandwidth = 0.0
    kernels: Kernels = 5
    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: Annotated[
        int,
        param("Latent size", "Numbers that a particle is made from.", low=1, high=4096, log=True),
    ] = 16
    generator: Annotated[
        MLPConfig,
        param("Generator", "The network that pushes noise forward.", modalities=("points",)),
    ] = MLPConfig()
    image_generator: ImageGenerator = DcganConfig()
    generator_optimizer: Annotated[
        OptimizerConfig, param("Generator's optimiser", "How the generator follows.")
    ] = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged generator that makes the samples.",
            low=0.0,
            below=1.0,
            zero="None",
        ),
    ] = 0.99


@register(
    "family",
    "mmd-generator",
    title="Moment matching",
    summary="A generator follows the witness of a kernel: no critic, no second network.",
    source=f"{_PAPER}, section 3; the witness: Gretton et al. 2012, JMLR 13:723, section 2.3",
    config=MmdGeneratorConfig,
    modalities=("points", "images"),
    capabilities=("latent",),
    field="kernel",
    carrier="generator",
    motion="dθ/dτ = E[J(z)ᵀ ∇w],  w = E_p k(x, ·) − E_q k(x, ·)",
)
class MmdGenerator(Family):
    """field = kernel, carrier = generator."""

    layers = (
        Layer("witness", "Witness", "scalar", "E_p k − E_q k", timed=False),
        Layer("next-move", "Next move", "vector", "∇w", timed=False),
    )
    stages = (
        Stage("draw", "Push latents forward to particles", "z ~ N(0, I),  x = g(z; θ)", _PAPER),
        Stage(
            "fit",
            "Take data and particles as the field: nothing is learnt",
            "w(x) = E_p k(x, ·) − E_q k(x, ·)",
            "Gretton et al. 2012, JMLR 13:723, section 2.3",
            "witness",
        ),
        Stage(
            "velocity",
            "Ask the field where each particle should go",
            "v = ∇w = −(n/2) ∂MMD²/∂x",
            f"{_PAPER}, section 2",
            "next-move",
        ),
        Stage(
            "follow",
            "Let the generator follow",
            "θ ← θ + λ E[J(z)ᵀ v]",
            f"{_PAPER}, section 3",
        ),
    )

    def __init__(
        self,
        config: MmdGeneratorConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        self.spec = spec
        self.device = device
        self._count = 0
        self._noise = make_generator(seed, _NOISE, device)
        self.field = Kernel(
            width=config.bandwidth,
            count=config.kernels,
            like=torch.zeros((1, *spec.shape), device=device),
        )
        net = generator_net(
            spec,
            config.latent,
            config.generator,
            config.image_generator,
            generator=make_generator(seed, _GENERATOR),
        )
        self.carrier = Generator(
            net.to(device),
            latent=config.latent,
            dim=math.prod(spec.shape),
            device=device,
            optimizer=config.generator_optimizer,
            horizon=horizon,
            # The rate falls along the training, however many steps each follows with.
            clock=lambda: self._count,
            decay=config.ema,
            steps=config.generator_steps,
            speed=config.speed,
        )

    def walk(self, batch: Tensor) -> Walk:
        return self._stages(batch, shown=True)

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        # Nobody looks: no need to push the latents once more to see where the particles went.
        return finish(self._stages(batch, shown=False))

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        latents = self.carrier.latents(len(batch), self._noise)
        scene = {"real": batch, "particles": self.carrier.particles(latents)}
        yield "draw", scene
        metrics = self.field.fit(batch, scene["particles"], None)
        yield "fit", scene
        scene = {**scene, "velocity": self.field.velocity(scene["particles"])}
        yield "velocity", scene
        if shown:
            scene |= self.carrier.kernel_view(latents, scene["velocity"])
        metrics |= self.carrier.move(latents, scene["velocity"])
        self._count += 1
        yield "follow", {**scene, "moved": self.carrier.particles(latents)} if shown else scene
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, MmdGeneratorConfig)
        self.field.width = config.bandwidth
        self.carrier.optimizer.config = config.generator_optimizer
        self.carrier.steps = config.generator_steps
        self.carrier.speed = config.speed
        self.config = config

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def push(self, z: Tensor) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "witness":
            return self.field.witness(x)
        if name == "next-move":
            return self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        self.field.pack(state, "field")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        state.values["count"] = self._count
        return state

    def load_state(self, state: State) -> None:
        self.field.unpack(state, "field")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)
        if "count" not in state.values:
            raise ValueError("the saved state has no value 'count': it does not fit")
        self._count = int(state.values["count"])

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.carrier.net.parameters())
