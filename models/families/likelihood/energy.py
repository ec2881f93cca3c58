"""Energy-based model: particles wander down an energy that is learned from where they get."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch

from pushforward.models.carriers.langevin import drawn_each, drawn_once, wander
from pushforward.models.carriers.replay import ReplayBuffer
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.energy import Energy
from pushforward.models.nets import role
from pushforward.models.nets.earlier import unbalanced
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.energy import EnergyBasedConfig
from pushforward.models.tensors import make_generator

__all__ = ["EnergyBased", "EnergyBasedConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_WEIGHTS, _BUFFER = 0, 4000
_FRAMES = 50  # of a walk at most


@family(
    "energy-based",
    config=EnergyBasedConfig,
    needs=("continuous", "whole"),
    group="likelihood",
    units={"energy-data": "nats", "energy-particles": "nats"},
    version=2,
    upgrade=unbalanced(),
)
class EnergyBased(Family[EnergyBasedConfig]):
    """Contrastive divergence with persistent Langevin particles."""

    def __init__(
        self, config: EnergyBasedConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.energy, spec, role.critic(), self.weights(_WEIGHTS))
        self.field = Energy(
            net.to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            restraint=config.restraint,
            execution=self.execution,
        )
        start = self.prior(config.buffer, make_generator(self.seed, _BUFFER))
        self.carrier = ReplayBuffer(start, self.noise)

    @classmethod
    def evaluations(cls, config: EnergyBasedConfig, sampler: Any = None) -> int | None:
        return config.steps

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field, "buffer": self.carrier}

    def walk(self, batch: Rows) -> Walk:
        real, draw = Batch.of(batch), drawn_once(self.noise)
        fresh = real.holding(draw(real.x, 0))
        places, particles = self.carrier.draw(fresh, self.config.restarts)
        scene = {"real": real.x, "particles": particles.x}
        yield "draw", scene
        *_, moved = wander(
            particles.x,
            lambda x: self.field.motion(particles.holding(x)),
            draw,
            steps=self.config.walk,
            size=self.config.size,
            temperature=self.config.temperature,
        )
        scene = {**scene, "moved": moved}
        yield "wander", scene
        metrics = self.field.fit(real, particles.holding(moved), None)
        self.carrier.put(places, particles.holding(moved))
        yield "fit", {"real": real.x, "particles": moved}
        return metrics

    def retune(self, config: EnergyBasedConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
        self.field.restraint = config.restraint

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, steps = Batch.of(latents), self.config.steps
        yield Frame(0.0, rows.x.clone(), 0)
        walk = wander(
            rows.x,
            lambda x: self.field.velocity(rows.holding(x)),
            drawn_each(generator),
            steps=steps,
            size=self.config.size,
            temperature=self.config.temperature,
        )
        every = -(-steps // _FRAMES)
        for i, x in enumerate(walk, start=1):
            if i % every == 0 or i == steps:
                yield Frame(i / steps, x.clone(), i)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "energy": lambda x, t: self.field.value(x),
            "score": lambda x, t: self.field.velocity(x),
        }
