"""D3PM of pixels: discrete diffusion that masks or replaces the levels of pixels and predicts the
clean ones.
"""

from typing import Annotated, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.discrete_diffusion import (
    UNITS,
    DiscreteDiffusion,
    DiscreteDiffusionConfig,
)
from pushforward.models.config import param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.levels import Levels
from pushforward.models.paths.discrete import DiscretePathName
from pushforward.models.registry import family, registry
from pushforward.models.tensors import widest_float
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["PixelD3pm", "PixelD3pmConfig"]


class PixelD3pmConfig(DiscreteDiffusionConfig, frozen=True):
    """Settings of a diffusion of levels."""

    levels: Annotated[
        int,
        param(
            "Levels",
            "Number of values of a pixel, evenly from dark to bright; the 8x8 digits have 17, "
            "the paper uses 256. Memory grows with it.",
            low=2,
            high=256,
            log=True,
        ),
    ] = 8
    path: Annotated[
        DiscretePathName,
        param(
            "Path",
            "Forward process of pixels: masked, replaced by random levels, or moved to "
            "neighbouring levels.",
            choices={
                "absorbing": "Absorbing (masks)",
                "uniform": "Uniform",
                "gaussian": "Discretised Gaussian",
            },
            aspect="path",
        ),
    ] = "gaussian"
    conditional: ConditionalSetting = False
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine", warmup=50, clip=1.0)


@family(
    "pixel-d3pm",
    config=PixelD3pmConfig,
    needs=("continuous", "whole", "grid"),
    capabilities=("posterior", "bound"),
    group="discrete",
    units=UNITS,
    sampler="d3pm-ancestral",
)
class PixelD3pm(DiscreteDiffusion[PixelD3pmConfig]):
    """What stands between two levels is the nearer one; masked pixels are shown as grey."""

    def __init__(
        self, config: PixelD3pmConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        bounds = registry.get("kind", spec.kind).bounds
        assert bounds is not None
        self.levels = Levels(config.levels, bounds, spec)
        self._masked = config.path == "absorbing"
        super().__init__(config, spec, config.levels, 1 + self._masked, **training)

    def written(self, rows: Batch) -> Batch:
        return rows.holding(self.levels.write(rows.x))

    def to_model_units(self, symbols: Tensor) -> Tensor:
        return self.levels.read(symbols)

    def seen(self, symbols: Tensor) -> Tensor:
        return self.levels.signs(symbols, self._masked)

    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x), (n,): that of the probability of its levels, spread
        evenly over their cells; -inf in none of them.
        """
        rows = Batch.of(x)
        bound = self.symbol_bound(self.written(rows)).to(widest_float(rows.device))
        found = bound - self.levels.log_cell(rows.x).to(bound)
        return torch.where(self.levels.outside(rows.x), -torch.inf, found)
