"""Settings of a family: flow matching."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.couplings.couple import CouplingName
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["FlowMatchingConfig"]


class FlowMatchingConfig(Config, frozen=True):
    """Settings of flow matching."""

    net: DenoiserNet = Pick()
    coupling: Annotated[
        CouplingName,
        param(
            "Coupling",
            "How noise and data of a batch are paired. Independent pairs cross and bend the "
            "flow; optimal-transport pairs are straighter and need fewer steps.",
            choices={
                "independent": "Independent (I-CFM)",
                "minibatch-ot": "Optimal transport (OT-CFM)",
                "schroedinger": "Schrödinger bridge (SB-CFM)",
            },
            aspect="path",
        ),
    ] = "independent"
    bridge: Annotated[
        float,
        param(
            "Bridge noise",
            "Standard deviation σ of the Brownian bridge: paths are spread by σ √(t(1 − t)). A "
            "smaller value pairs more strictly.",
            low=0.05,
            high=10.0,
            log=True,
            unit="data std",
            aspect="path",
            depends=("coupling", ("schroedinger",)),
        ),
    ] = 0.5
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    conditional: ConditionalSetting = False
