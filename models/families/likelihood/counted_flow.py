"""A categorical count, then a flow conditioned on it: for rows with one integer.

A continuous model of a count needs dequantisation noise, and with noise of deviation 1 it cannot
distinguish 29 from 30 (PC-Droid adds such noise and rounds). Here the count has a categorical
distribution p(k | class), and the other numbers a normalising flow conditioned on both.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Unpack, cast

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import LABEL, DataSpec, Given, Part
from pushforward.models.contracts.state import Packed
from pushforward.models.families.likelihood.categorical import Categorical
from pushforward.models.families.likelihood.fitting import more_likely
from pushforward.models.nets.calling import call
from pushforward.models.nets.flows.layers import InvertibleLayers
from pushforward.models.nets.flows.nsf import NsfConfig, nsf
from pushforward.models.nets.role import FLOW
from pushforward.models.registry import family
from pushforward.models.tensors import widest_float
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["CountedFlow", "CountedFlowConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_COUNT = "count"  # the name under which the flow is told it


class CountedFlowConfig(Config, frozen=True):
    """Settings of a count with a flow."""

    net: Annotated[NsfConfig, param("Splines", "The invertible layers of the other numbers.")] = (
        NsfConfig(transforms=4, bins=10)
    )
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99


@family(
    "counted-flow",
    config=CountedFlowConfig,
    needs=("mixed",),
    capabilities=("likelihood",),
    group="likelihood",
    units={"loss": "nats", "count-loss": "nats"},
)
class CountedFlow(Family[CountedFlowConfig]):
    """Maximum likelihood of both; particles take their count first, then go layer by layer."""

    def __init__(
        self, config: CountedFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        part = _counted(spec)
        self._place, self._values = part.start, part.counts
        self._others = torch.tensor(
            [i for i in range(spec.shape[0]) if i != part.start], device=self.device
        )
        label = spec.given.get(LABEL, Given())
        self.counts = Categorical(max(1, label.classes), part.counts, self.device)
        net = nsf(config.net, self._conditional_spec(), FLOW, self.weights(_WEIGHTS))
        self.trained = Trained(
            cast(InvertibleLayers, net).to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"flow": self.trained, "counts": self.counts}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        scene = {"real": real.x}
        yield "draw", scene
        self.counts.see(self._count(real.x), self._class(real))
        yield "count", scene
        metrics = more_likely(self.trained, self._rest(real))
        count = -self.counts.log_prob(self._count(real.x), self._class(real)).mean()
        yield "fit", scene
        return {**metrics, "count-loss": count}

    def retune(self, config: CountedFlowConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, net = Batch.of(latents), self.trained.averaged
        yield Frame(0.0, rows.x.clone(), 0)
        z = rows.x[:, self._place].to(widest_float(rows.device))
        share = 0.5 * (1.0 + torch.erf(z / math.sqrt(2.0)))
        x = rows.x.clone()
        x[:, self._place] = self.counts.at(share, self._class(rows)).to(x)
        with torch.no_grad():
            for i, rest in enumerate(net.to_data(self._rest(rows.holding(x))), start=1):
                x = x.index_copy(1, self._others, rest)
                yield Frame(i / len(net.layers), x.clone(), i * net.passes)

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(k, x) in nats by the averaged weights, (n,): of the count its probability,
        spread evenly over the unit around it.
        """
        with torch.no_grad():
            return by_parts(self._log_prob, Batch.of(x))

    def _log_prob(self, rows: Batch) -> Tensor:
        count = self.counts.log_prob(self._count(rows.x), self._class(rows))
        return count + call(self.trained.averaged, self._rest(rows))

    def _conditional_spec(self) -> DataSpec:
        """Return the spec of the other numbers, which are given the count, too."""
        others, spec = self._others.cpu(), self.spec
        return replace(
            spec,
            shape=(len(others),),
            mean=spec.mean[others],
            std=spec.std[others],
            parts=(),
            given={**spec.given, _COUNT: Given()},
        )

    def _rest(self, rows: Batch) -> Batch:
        """Return the other numbers of rows, given the count, between -3 and 3."""
        most = self._values - 1
        count = (6.0 * self._count(rows.x).float() - 3.0 * most) / max(1, most)
        return Batch(rows.x[:, self._others], rows.mask, {**rows.given, _COUNT: count})

    def _count(self, x: Tensor) -> Tensor:
        """Return the counts of rows x (n, *shape), (n,) int64: the nearest there are."""
        return x[:, self._place].detach().round().long().clamp(0, self._values - 1)

    def _class(self, rows: Batch) -> Tensor:
        label = rows.given.get(LABEL)
        if label is None or not self.spec.given[LABEL].classes:
            return torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
        return label.long()


def _counted(spec: DataSpec) -> Part:
    """Return the place of the count.

    Raises:
        ConfigError: there is none, or more than one.
    """
    found = [part for part in spec.parts if part.counts]
    if len(spec.shape) != 1 or len(found) != 1 or found[0].stop != found[0].start + 1:
        raise ConfigError("", "it needs rows of numbers with exactly one count")
    return found[0]
