"""What all families share whose carrier is a generator, whatever the field."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, State, Walk, finish
from models.carriers.generator import Generator
from models.fields.base import Field
from models.nets.choose import generator_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["GeneratorFamily", "GeneratorSettings"]

# Streams of the seed (`models.tensors.make_generator`); subclasses use 1 and those from 3 on.
_GENERATOR, _NOISE = 0, 2


class GeneratorSettings(Protocol):
    """What is read of a family's settings (see `models.carriers.generator_settings`)."""

    @property
    def generator_steps(self) -> int: ...
    @property
    def speed(self) -> float: ...
    @property
    def latent(self) -> int: ...
    @property
    def generator(self) -> MLPConfig: ...
    @property
    def generator_optimizer(self) -> OptimizerConfig: ...
    @property
    def ema(self) -> float: ...


class GeneratorFamily(Family):
    """A generator that follows a field; a subclass makes the field.

    Args:
        clock: how many of the ``horizon`` steps of the generator's schedule are done.
        images: the network for images, where the family has some; ``config.generator`` is that for
            points.
    """

    field: Field

    def __init__(
        self,
        config: GeneratorSettings,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
        clock: Callable[[], int],
        images: DcganConfig | None = None,
    ) -> None:
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        weights = make_generator(seed, _GENERATOR)
        net = generator_net(
            spec, config.latent, config.generator, images or DcganConfig(), generator=weights
        )
        self.carrier = Generator(
            net.to(device),
            latent=config.latent,
            dim=spec.mean.numel(),
            device=device,
            optimizer=config.generator_optimizer,
            horizon=horizon,
            clock=clock,
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
        if self._follows():
            # The same latents: the field has just learned where these particles are.
            scene = {**scene, "velocity": self._pull(scene["particles"])}
            yield "velocity", scene
            if shown:
                scene |= self.carrier.kernel_view(latents, scene["velocity"])
            metrics |= self.carrier.move(latents, scene["velocity"])
            yield "follow", {**scene, "moved": self.carrier.particles(latents)} if shown else scene
        return metrics

    def _follows(self) -> bool:
        """Whether the generator follows in this step, the field being fitted."""
        return True

    def _pull(self, particles: Tensor) -> Tensor:
        """Return where each particle of the training should go, (B, *shape)."""
        return self.field.velocity(particles, 1.0)

    def _retune(self, config: GeneratorSettings) -> None:
        """Take over the generator's live settings."""
        self.carrier.optimizer.config = config.generator_optimizer
        self.carrier.steps = config.generator_steps
        self.carrier.speed = config.speed

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def push(self, z: Tensor) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

    def state(self) -> State:
        state = State({})
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.carrier.net.parameters())
