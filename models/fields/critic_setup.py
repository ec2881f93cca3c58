"""A critic from a family's settings: made, changed in a run, and described by its layers."""

from dataclasses import replace
from typing import Protocol

import torch
from torch import nn

from models.base import Layer
from models.fields.adversarial import LOSSES, LossName, check_penalty, motion_of
from models.fields.critic import Critic, PenaltyPlace
from models.fields.rescalings import RescalingName
from models.training.optim import OptimizerConfig

__all__ = ["CriticSettings", "build_critic", "critic_layers", "retune_critic"]


class CriticSettings(Protocol):
    """What is read of a family's settings (see `models.fields.critic_settings`)."""

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
    net: nn.Module,
    config: CriticSettings,
    *,
    horizon: int,
    generator: torch.Generator,
    clock: bool = False,
    decay: float | None = None,
) -> Critic:
    """Return the critic that the settings ask for; see `models.fields.critic.Critic` for the rest.

    Raises:
        ConfigError: the settings do not fit each other.
    """
    return Critic(
        net,
        loss=LOSSES[config.loss],
        rescaling=motion_of(config.loss, config.rescaling, config.shift),
        optimizer=config.critic_optimizer,
        horizon=horizon,
        penalty=check_penalty(config.loss, config.penalty),
        centre=config.centre,
        place=config.place,
        generator=generator,
        clock=clock,
        decay=decay,
    )


def retune_critic(critic: Critic, config: CriticSettings) -> None:
    """Take over the critic's live settings.

    Raises:
        ConfigError: the settings do not fit each other; nothing has changed.
    """
    critic.penalty = check_penalty(config.loss, config.penalty)
    critic.centre = config.centre
    critic.place = config.place
    critic.rescaling = motion_of(config.loss, config.rescaling, config.shift)
    critic.optimizer.config = config.critic_optimizer


def critic_layers(layers: tuple[Layer, ...], loss: LossName) -> tuple[Layer, ...]:
    """Return the layers as they are called with this loss: not every critic is a log ratio."""
    if LOSSES[loss].is_log_ratio:
        return layers
    return tuple(replace(row, symbol="d") if row.name == "critic" else row for row in layers)
