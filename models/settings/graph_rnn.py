"""Settings of a family: GraphRNN."""

from typing import Annotated, Literal

from pushforward.models.config import Config, param
from pushforward.models.nets.graphs.row_gru import RowGruConfig
from pushforward.models.settings.graph_order import NodeOrder
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["GraphRnnConfig"]


class GraphRnnConfig(Config, frozen=True):
    """Settings of GraphRNN."""

    edges: Annotated[
        Literal["together", "independent"],
        param(
            "Edge model",
            "Edges of a node one after another by a second network, or independent given the "
            "earlier nodes.",
            choices={
                "together": "One after another (GraphRNN)",
                "independent": "Each for itself (GraphRNN-S)",
            },
        ),
    ] = "together"
    bandwidth: Annotated[
        int,
        param(
            "Bandwidth",
            "Maximum distance of an edge in node order. Breadth-first edges span no more than "
            "the width of the graph; longer ones are not learned.",
            low=0,
            high=500,
            zero="All nodes before it",
            unit="nodes",
        ),
    ] = 0
    order: NodeOrder = "breadth"
    net: Annotated[RowGruConfig, param("Networks", "Those that go from node to node.")] = (
        RowGruConfig()
    )
    # The paper's .003 leaves so small a network far from done after 2000 steps.
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-2, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99
