"""Settings that several of these families have."""

from typing import Annotated, Literal

from models.config import param

__all__ = ["NodeOrder", "Warmup"]

NodeOrder = Annotated[
    Literal["breadth", "depth", "degree", "random"],
    param(
        "Order of the nodes",
        "In which order nodes come, drawn anew each time a graph is seen. Breadth first, a node is "
        "joined to few that came long before it; in a random order nothing is easy to foresee.",
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
        "Warm-up of beta",
        "For so large a share of the training beta rises from 0 to what it is. Held to their prior "
        "from the start, latents learn to say nothing.",
        low=0.0,
        high=1.0,
        zero="None",
    ),
]
