"""Settings that several of these families have."""

from typing import Annotated, Literal

from models.config import param

__all__ = ["Averaging", "Beta", "LatentNumbers", "NodeOrder", "Warmup"]

Averaging = Annotated[
    float,
    param(
        "Averaging",
        "Decay of the averaged weights that everything but the training uses.",
        low=0.0,
        below=1.0,
        zero="None",
    ),
]
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
LatentNumbers = Annotated[
    int,
    param("Latent size", "Numbers that a datum is made from.", low=1, high=4096, log=True),
]
Beta = Annotated[
    float,
    param(
        "Beta",
        "Weight of the divergence of the latents from their prior; only at 1 is the loss a bound "
        "of the likelihood. More gives smoother latents and vaguer data.",
        low=0.0,
        high=1000.0,
        live=True,
    ),
]
