"""The order of nodes, and the warm-up of β: settings of several families of graphs."""

from typing import Annotated, Literal

from pushforward.models.config import param

__all__ = ["NodeOrder", "Warmup"]

NodeOrder = Annotated[
    Literal["breadth", "depth", "degree", "random"],
    param(
        "Node order",
        "Order in which nodes are added, resampled each time a graph is seen. Breadth-first "
        "gives local edges; a random order is the hardest to predict.",
        choices={
            "breadth": "Breadth first",
            "depth": "Depth first",
            "degree": "By degree",
            "random": "Random",
        },
    ),
]
Warmup = Annotated[
    float,
    param(
        "β warm-up",
        "Fraction of the training over which β rises from 0. Prevents posterior collapse.",
        low=0.0,
        high=1.0,
        zero="None",
    ),
]
