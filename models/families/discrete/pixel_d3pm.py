"""D3PM of pixels: discrete diffusion that masks or replaces the levels of pixels and predicts the
clean ones.
"""

from typing import Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.discrete_diffusion import (
    UNITS,
    DiscreteDiffusion,
)
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.levels import Levels
from pushforward.models.registry import family, registry
from pushforward.models.settings.pixel_d3pm import PixelD3pmConfig
from pushforward.models.tensors import widest_float

__all__ = ["PixelD3pm", "PixelD3pmConfig"]


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
