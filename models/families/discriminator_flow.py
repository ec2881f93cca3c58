"""Discriminator Flow: a GAN without a generator; field = critic with a clock, carrier = flow."""

from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.flowing import FlowingParticles
from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.adversarial import check_penalty, warn_of
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.critic_setup import build_critic, critic_layers, retune_critic
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.registry import family
from pushforward.models.settings.discriminator_flow import DiscriminatorFlowConfig

__all__ = ["DiscriminatorFlow", "DiscriminatorFlowConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_WEIGHTS = 0


def _check(config: DiscriminatorFlowConfig) -> None:
    if config.stop > config.steps:
        raise ConfigError("stop", f"must be at most {config.steps}, the number of flow steps")
    check_penalty(config.loss, config.penalty)


@family(
    "discriminator-flow",
    config=DiscriminatorFlowConfig,
    capabilities=("velocity", "critic"),
    field="critic",
    carrier="flow",
    version=2,
    upgrade=networks_as_picks,
)
class DiscriminatorFlow(Carried, Family[DiscriminatorFlowConfig]):
    """field = critic with a clock, carrier = flow."""

    field: Critic
    carrier: FlowingParticles

    def __init__(
        self, config: DiscriminatorFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        _check(config)
        super().__init__(config, spec, **training)
        self.layers = critic_layers(self.layers, config.loss)
        self.field = build_critic(
            self, config, stream=_WEIGHTS, clock=True, decay=config.ema, climbs="particle"
        )
        self.carrier = FlowingParticles(
            spec,
            self.device,
            steps=config.steps,
            speed=config.speed,
            noise=config.noise,
            stop=config.stop,
        )

    @classmethod
    def evaluations(cls, config: DiscriminatorFlowConfig, sampler: Any = None) -> int | None:
        return config.stop or config.steps

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        k = self.carrier.draw_steps(len(real), self.noise)
        start = self.carrier.like(real, self.noise)
        yield "draw", {"real": real.x, "particles": start.x}
        # By the weights being trained: the critic learns where its own motion leads.
        motion, h = self.field.motion, self.field.rescaling
        moved = self.carrier.carry(motion, start, k, self.noise, key=h)
        time = k / self.config.steps
        yield "flow", {"real": real.x, "particles": start.x, "moved": moved.x, "time": time}
        metrics = self.field.fit(real, moved, time)
        yield "fit", {"real": real.x, "particles": moved.x, "time": time}
        return metrics

    def retune(self, config: DiscriminatorFlowConfig) -> None:
        _check(config)
        retune_critic(self.field, config)
        self.carrier.speed = config.speed
        self.carrier.noise = config.noise
        self.carrier.stop = config.stop

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt = eta h'(d) grad d, by the averaged critic of the step that t falls into."""
        return self.carrier.velocity(self.field, x, t)

    def critic(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return d(x, t) of the step that t falls into; for the logistic loss it estimates log p/q,
        q the distribution of the particles at that time.
        """
        return self.field.value(x, self.carrier.step_at(t) / self.config.steps)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "critic": self.critic,
            "rescaling": lambda x, t: self.field.rescaling.slope(self.critic(x, t)),
            "next-move": self.velocity,
        }
