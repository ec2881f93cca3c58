"""Settings of a family: D3PM of pixels."""

from typing import Annotated

from pushforward.models.carriers.discrete_diffusion import (
    DiscreteDiffusionConfig,
)
from pushforward.models.config import param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.paths.discrete import DiscretePathName
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["PixelD3pmConfig"]


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
