"""Adam and its relatives, with a learning-rate schedule and gradient clipping, by one config."""

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.training.eager import eager

__all__ = ["NetworkOptimizer", "OptimizerConfig", "ScheduledOptimizer", "learning_rate"]


class OptimizerConfig(Config, frozen=True):
    """How weights follow their gradients."""

    kind: Annotated[
        Literal["adam", "adamw", "radam"],
        param(
            "Optimiser",
            "Adam; AdamW with decoupled weight decay; RAdam, which needs no warm-up.",
            choices={"adam": "Adam", "adamw": "AdamW", "radam": "RAdam"},
            advanced=True,
        ),
    ] = "adam"
    lr: Annotated[
        float,
        param(
            "Learning rate",
            "Highest learning rate.",
            above=0.0,
            high=1.0,
            log=True,
            live=True,
        ),
    ] = 1e-3
    beta1: Annotated[
        float,
        param(
            "β₁",
            "Decay rate of the first-moment estimate. 0 to 0.5 is usual for adversarial training.",
            low=0.0,
            below=1.0,
            advanced=True,
        ),
    ] = 0.9
    beta2: Annotated[
        float,
        param(
            "β₂",
            "Decay rate of the second-moment estimate.",
            low=0.0,
            below=1.0,
            advanced=True,
        ),
    ] = 0.999
    weight_decay: Annotated[
        float,
        param(
            "Weight decay",
            "Decay of the weights towards zero, per step and unit of learning rate.",
            low=0.0,
            high=1.0,
            advanced=True,
            depends=("kind", ("adamw",)),
        ),
    ] = 0.01
    schedule: Annotated[
        Literal["constant", "cosine"],
        param(
            "Schedule",
            "Constant, or cosine decay to zero over the planned steps.",
            choices={"constant": "Constant", "cosine": "Cosine"},
        ),
    ] = "constant"
    warmup: Annotated[
        int,
        param(
            "Warm-up",
            "Number of steps over which the learning rate rises from zero.",
            low=0,
            high=1_000_000,
            unit="steps",
            advanced=True,
        ),
    ] = 0
    clip: Annotated[
        float,
        param(
            "Gradient clipping",
            "Maximum norm of the gradient over all weights; 0 for no clipping.",
            low=0.0,
            high=1e6,
            advanced=True,
        ),
    ] = 0.0


NetworkOptimizer = Annotated[OptimizerConfig, param("Optimiser", "How the network learns.")]
"""The setting of a family that trains one network."""


def learning_rate(config: OptimizerConfig, step: int, horizon: int) -> float:
    """Return the rate of step number ``step`` (from 0) of ``horizon`` planned steps.

    Linear warm-up, then constant or lr (1 + cos(pi u)) / 2 with u the share of the rest done
    (Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5, one period). Beyond the horizon the rate
    stays where it ended.
    """
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    if config.schedule == "constant":
        return config.lr
    done = min(1.0, (step - config.warmup) / max(1, horizon - config.warmup))
    return config.lr * 0.5 * (1.0 + math.cos(math.pi * done))


_Adam, _AdamW, _RAdam = (
    eager(torch.optim.Adam),
    eager(torch.optim.AdamW),
    eager(torch.optim.RAdam),
)


def _build_optimizer(
    config: OptimizerConfig, parameters: list[nn.Parameter]
) -> torch.optim.Optimizer:
    betas = (config.beta1, config.beta2)
    # fused: one kernel for all tensors, on CPU, CUDA and MPS alike; RAdam has none.
    match config.kind:
        case "adamw":
            decay = config.weight_decay
            return _AdamW(parameters, lr=config.lr, betas=betas, weight_decay=decay, fused=True)
        case "radam":
            return _RAdam(parameters, lr=config.lr, betas=betas)
        case "adam":
            return _Adam(parameters, lr=config.lr, betas=betas, fused=True)


class ScheduledOptimizer:
    """A torch optimiser that sets its own rate and clips.

    Args:
        config: the settings.
        parameters: what is trained.
        horizon: the length of the schedule, in steps of the clock.
        clock: what the schedule goes by, read before each step: the number of steps done, unless
            something else is trained more often and sets the pace.

    Attributes:
        config: may be replaced by one with another rate, between steps.
        torch: the wrapped optimiser.
        count: steps done; with the tensors of ``torch`` it is the whole state.
    """

    def __init__(
        self,
        config: OptimizerConfig,
        parameters: Iterable[nn.Parameter],
        horizon: int,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.config = config
        self.horizon = horizon
        self.count = 0
        self._clock = clock
        self._parameters = list(parameters)
        self.torch = _build_optimizer(config, self._parameters)

    def lr(self) -> float:
        """Return the rate that the next step will use."""
        done = self.count if self._clock is None else self._clock()
        return learning_rate(self.config, done, self.horizon)

    def zero_grad(self) -> None:
        self.torch.zero_grad(set_to_none=True)

    def step(self) -> Tensor | None:
        """Clip, step, and advance the schedule; return the gradient norm where it was computed."""
        norm: Tensor | None = None
        if self.config.clip > 0.0:
            norm = nn.utils.clip_grad_norm_(self._parameters, self.config.clip).detach()
        rate = self.lr()
        for group in self.torch.param_groups:
            group["lr"] = rate
        self.torch.step()
        self.count += 1
        return norm
