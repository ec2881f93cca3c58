"""Normalising flow: invertible layers between noise and data, whose density is exact."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack, cast

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.likelihood.fitting import more_likely
from pushforward.models.layouts.dequantised import Dequantisation, spread
from pushforward.models.nets.calling import call
from pushforward.models.nets.flows.layers import InvertibleLayers
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import FLOW
from pushforward.models.nets.settings import FlowNet
from pushforward.models.registry import family
from pushforward.models.tensors import slope_of
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["NormalisingFlow", "NormalisingFlowConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class NormalisingFlowConfig(Config, frozen=True):
    """Settings of a normalising flow."""

    net: FlowNet = Pick()
    dequantisation: Dequantisation = 0.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False


@family(
    "normalising-flow",
    config=NormalisingFlowConfig,
    needs=("continuous", "whole"),
    capabilities=("likelihood", "mapped"),
    group="likelihood",
    units={"loss": "nats"},
)
class NormalisingFlow(Family[NormalisingFlowConfig]):
    """Maximum likelihood by change of variables; particles go through the layers one by one."""

    def __init__(
        self, config: NormalisingFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = cast(InvertibleLayers, build(config.net, spec, FLOW, self.weights(_WEIGHTS)))
        self.trained = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"flow": self.trained}

    def walk(self, batch: Rows) -> Walk:
        return self._stages(Batch.of(batch), shown=True)

    def step(self, batch: Rows) -> dict[str, Tensor]:
        # No observer: no need to see where the data are as noise.
        return finish(self._stages(Batch.of(batch), shown=False))

    def _stages(self, real: Batch, *, shown: bool) -> Walk:
        real = spread(real, self.config.dequantisation, self.spec, self.noise)
        scene = {"real": real.x}
        yield "draw", scene
        if shown:
            with torch.no_grad():
                scene = {**scene, "particles": self.trained.net.to_noise(real)[0]}
        yield "back", scene

        metrics = more_likely(self.trained, real)
        yield "fit", scene
        return metrics

    def retune(self, config: NormalisingFlowConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, net = Batch.of(latents), self.trained.averaged
        yield Frame(0.0, rows.x.clone(), 0)
        with torch.no_grad():
            for i, x in enumerate(net.to_data(rows), start=1):
                yield Frame(i / len(net.layers), x.clone(), i * net.passes)

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, exactly, by the averaged weights."""
        with torch.no_grad():
            return by_parts(lambda rows: call(self.trained.averaged, rows), Batch.of(x))

    def score(self, x: Rows) -> Tensor:
        """Return ∇log p(x), (n, *shape)."""
        return by_parts(
            lambda rows: slope_of(lambda at: call(self.trained.averaged, rows.holding(at)), rows.x),
            Batch.of(x),
        )

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "log-density": lambda x, t: self.log_prob(x),
            "score": lambda x, t: self.score(x),
        }
