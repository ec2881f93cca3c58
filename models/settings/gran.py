"""Settings of a family: GRAN."""

from typing import Annotated, Literal

from pushforward.models.config import Config, param
from pushforward.models.nets.graphs.gran import GranNetConfig
from pushforward.models.settings.graph_order import NodeOrder
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["GranConfig"]


class GranConfig(Config, frozen=True):
    """Settings of GRAN."""

    block: Annotated[
        int,
        param(
            "Block",
            "Number of nodes added at once. More are faster to sample and less dependent on "
            "each other.",
            low=1,
            high=50,
            unit="nodes",
        ),
    ] = 1
    seen: Annotated[
        int,
        param(
            "Blocks per step",
            "Number of blocks of each graph in a training step, spread evenly over it.",
            low=0,
            high=500,
            zero="All",
        ),
    ] = 4
    order: NodeOrder = "breadth"
    alone: Annotated[
        Literal["told", "mixture"],
        param(
            "Isolated nodes",
            "How the probability of a node without edges is modelled: separately, or, as in the "
            "paper, by the mixture. Connected graphs have none; a mixture predicts one in "
            "forty.",
            choices={"told": "A chance of their own", "mixture": "As the mixture has it"},
        ),
    ] = "told"
    net: Annotated[GranNetConfig, param("Network", "The one that sends messages.")] = (
        GranNetConfig()
    )
    optimizer: NetworkOptimizer = OptimizerConfig(lr=3e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99
