"""Autoregressive model: each number of a datum has a law that depends on those before it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.likelihood.conditionals import Bins, Conditional, Logistics
from pushforward.models.layouts.dequantised import spread
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.autoregressive import AutoregressiveConfig
from pushforward.models.training.trained import Trained

__all__ = ["Autoregressive", "AutoregressiveConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_FRAMES = 50  # of a flow at most


def _law(config: AutoregressiveConfig) -> Conditional:
    if config.law == "bins":
        return Bins(config.bins, config.reach)
    return Logistics(config.mixture)


@family(
    "autoregressive",
    config=AutoregressiveConfig,
    needs=("continuous", "whole"),
    capabilities=("likelihood",),
    group="likelihood",
    units={"loss": "nats"},
)
class Autoregressive(Family[AutoregressiveConfig]):
    """Maximum likelihood of each number given those before it; particles move along one axis after
    the other.
    """

    def __init__(
        self, config: AutoregressiveConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.law = _law(config)
        net = build(config.net, spec, role.autoregressive(self.law.outputs), self.weights(_WEIGHTS))
        self.trained = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"net": self.trained}

    def walk(self, batch: Rows) -> Walk:
        return self._stages(Batch.of(batch), shown=True)

    def step(self, batch: Rows) -> dict[str, Tensor]:
        # No observer: no need to see what is said of each number.
        return finish(self._stages(Batch.of(batch), shown=False))

    def _stages(self, real: Batch, *, shown: bool) -> Walk:
        real = spread(real, self.config.dequantisation, self.spec, self.noise)
        scene = {"real": real.x}
        yield "draw", scene
        if shown:
            with torch.no_grad():
                expected = self.law.mean(call(self.trained.net, real))
            scene = {**scene, "particles": expected.reshape(real.x.shape)}
        yield "predict", scene

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            rows = real.take(part)
            said = call(self.trained.net, rows).float()
            return -self.law.log_prob(said, rows.x.flatten(1)).sum(dim=1).mean(), {}

        metrics = self.trained.descend(loss, len(real))
        yield "fit", scene
        return metrics

    def retune(self, config: AutoregressiveConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows = Batch.of(latents)
        x = rows.x.flatten(1).clone()
        share = (0.5 * torch.erfc(-x / math.sqrt(2.0))).clamp(1e-6, 1.0 - 1e-6)
        yield Frame(0.0, rows.x.clone(), 0)
        numbers = x.shape[1]
        every = -(-numbers // _FRAMES)
        for i in range(numbers):
            # What is to come is not heard.
            here = rows.holding(x.reshape(rows.x.shape))
            said = by_parts(lambda part: call(self.trained.averaged, part), here)[:, i : i + 1]
            x[:, i : i + 1] = self.law.quantile(said, share[:, i : i + 1])
            if (i + 1) % every == 0 or i + 1 == numbers:
                yield Frame((i + 1) / numbers, x.reshape(rows.x.shape).clone(), i + 1)

    @torch.no_grad()
    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, exactly, by the averaged weights."""

        def of(rows: Batch) -> Tensor:
            each = self.law.log_prob(call(self.trained.averaged, rows), rows.x.flatten(1))
            return each.sum(dim=1)

        return by_parts(of, Batch.of(x))

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {"log-density": lambda x, t: self.log_prob(x)}
