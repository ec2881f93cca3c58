"""Settings of a family: autoregressive model."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.layouts.dequantised import Dequantisation
from pushforward.models.nets.settings import AutoregressiveNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["AutoregressiveConfig"]


class AutoregressiveConfig(Config, frozen=True):
    """Settings of an autoregressive model. Lengths are relative to standardised data."""

    net: AutoregressiveNet = Pick()
    law: Annotated[
        Literal["bins", "logistics"],
        param(
            "Conditional distribution",
            "Form of each conditional: a histogram, which can have any shape, or a mixture of "
            "logistics, which is smooth.",
            choices={"bins": "Bins", "logistics": "Mixture of logistics"},
        ),
    ] = "bins"
    bins: Annotated[
        int,
        param("Bins", "Number of bins of each value.", low=2, high=512, depends=("law", ("bins",))),
    ] = 32
    reach: Annotated[
        float,
        param(
            "Range",
            "The bins cover minus this to plus this; the outer bins are unbounded.",
            above=0.0,
            high=100.0,
            unit="data std",
            depends=("law", ("bins",)),
        ),
    ] = 2.5
    mixture: Annotated[
        int,
        param(
            "Mixture components",
            "Number of logistics in each mixture.",
            low=1,
            high=64,
            depends=("law", ("logistics",)),
        ),
    ] = 8
    dequantisation: Dequantisation = 0.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False
