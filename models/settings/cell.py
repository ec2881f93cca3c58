"""Settings of a family: CELL."""

from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["CellConfig"]


class CellConfig(Config, frozen=True):
    """Settings of CELL."""

    room: Annotated[
        int,
        param(
            "Training graphs stored",
            "Number of different training graphs that are stored and imitated. The paper uses one.",
            low=1,
            high=10_000,
            unit="originals",
            log=True,
        ),
    ] = 100
    rank: Annotated[
        int,
        param(
            "Rank",
            "Rank of the transition matrix of the random walks. A lower rank keeps less of a "
            "graph.",
            low=1,
            high=200,
            log=True,
        ),
    ] = 3
    likeness: Annotated[
        float,
        param(
            "Edge overlap",
            "Training of a graph stops once random walks follow its edges in this fraction of "
            "their steps. At 1 samples are copies.",
            above=0.0,
            high=1.0,
        ),
    ] = 0.85
    optimizer: NetworkOptimizer = OptimizerConfig(lr=0.05)
