"""Settings of a family: GraphAF."""

from typing import Annotated, Literal

from pushforward.models.config import Config, param
from pushforward.models.layouts.dequantised import NoiseWidth
from pushforward.models.nets.graphs.partial import PartialNetConfig
from pushforward.models.settings.graph_order import NodeOrder
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["GraphAfConfig"]


class GraphAfConfig(Config, frozen=True):
    """Settings of GraphAF."""

    pair: Annotated[
        Literal["types", "sign"],
        param(
            "Edge encoding",
            "Types: the larger of two values decides, as in the paper. Sign: the sign of one value "
            "decides. With the usual noise, an edge probability of 0.7 becomes 0.7 with two "
            "values and 2/3 with one.",
            choices={
                "types": "A number for each of joined and not joined",
                "sign": "One number",
            },
        ),
    ] = "types"
    noise: NoiseWidth = 0.9
    seen: Annotated[
        int,
        param(
            "Pairs per step",
            "Number of pairs of each graph in a training step, spread evenly over it. Each "
            "needs one pass over the graph before it.",
            low=0,
            high=1000,
            zero="All",
        ),
    ] = 12
    order: NodeOrder = "breadth"
    net: Annotated[PartialNetConfig, param("Network", "The one that sends messages.")] = (
        PartialNetConfig()
    )
    optimizer: NetworkOptimizer = OptimizerConfig(lr=3e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99
