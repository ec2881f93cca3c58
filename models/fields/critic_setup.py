"""A critic from a family's settings: made, changed in a run, and described by its layers."""

from typing import Any, Literal, Protocol

from msgspec.structs import replace

from pushforward.models.config import Pick
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.presentation import Layer
from pushforward.models.fields.adversarial import LOSSES, LossName, check_penalty, motion_of
from pushforward.models.fields.critic import Critic, PenaltyPlace
from pushforward.models.fields.rescalings import RescalingName
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import critic
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["CriticSettings", "build_critic", "critic_layers", "retune_critic"]


class CriticSettings(Protocol):
    """What is read of a family's settings (see `models.fields.critic_settings`)."""

    @property
    def critic(self) -> Pick: ...
    @property
    def loss(self) -> LossName: ...
    @property
    def rescaling(self) -> RescalingName: ...
    @property
    def shift(self) -> float: ...
    @property
    def penalty(self) -> float: ...
    @property
    def centre(self) -> float: ...
    @property
    def place(self) -> PenaltyPlace: ...
    @property
    def critic_optimizer(self) -> OptimizerConfig: ...


def build_critic(
    learner: Learner[Any],
    config: CriticSettings,
    *,
    stream: int,
    clock: bool = False,
    decay: float | None = None,
    climbs: Literal["generator", "particle"] = "generator",
) -> Critic:
    """Return the critic of a family's settings; see `models.fields.critic.Critic`.

    Args:
        learner: the family whose critic it is.
        config: its settings.
        stream: of the seed, for the initial weights.
        clock: whether it is conditioned on the flow time.
        decay: of averaged weights; None where there are none.
        climbs: what moves along h.

    Raises:
        ConfigError: the settings do not fit each other.
    """
    net = build(config.critic, learner.spec, critic(clock=clock), learner.weights(stream))
    return Critic(
        net.to(learner.device),
        loss=LOSSES[config.loss],
        rescaling=motion_of(config.loss, config.rescaling, config.shift),
        optimizer=config.critic_optimizer,
        horizon=learner.horizon,
        penalty=check_penalty(config.loss, config.penalty),
        centre=config.centre,
        place=config.place,
        generator=learner.noise,
        clock=clock,
        decay=decay,
        execution=learner.execution,
        climbs=climbs,
    )


def retune_critic(field: Critic, config: CriticSettings) -> None:
    """Take over the critic's live settings.

    Raises:
        ConfigError: the settings do not fit each other; nothing has changed.
    """
    field.penalty = check_penalty(config.loss, config.penalty)
    field.centre = config.centre
    field.place = config.place
    field.rescaling = motion_of(config.loss, config.rescaling, config.shift)
    field.trained.optimizer.config = config.critic_optimizer


def critic_layers(layers: tuple[Layer, ...], loss: LossName) -> tuple[Layer, ...]:
    """Return the layers as they are called with this loss: not every critic is a log ratio."""
    if LOSSES[loss].is_log_ratio:
        return layers
    return tuple(replace(row, symbol="d") if row.name == "critic" else row for row in layers)
