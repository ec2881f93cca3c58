"""The settings of pairs of noise and data: the same names and words in each family."""

from typing import Annotated

from pushforward.models.config import param

__all__ = ["PairCount", "PairSolver", "pair_steps"]

PairCount = Annotated[
    int,
    param(
        "Pairs",
        "Number of noise–sample pairs that are generated and then learned from. Stored with "
        "each checkpoint.",
        low=1,
        high=1_000_000,
        log=True,
    ),
]
PairSolver = Annotated[
    int,
    param(
        "Steps per pair",
        "Second-order solver steps from noise to sample. The student cannot be better than these.",
        low=1,
        high=1000,
        log=True,
        advanced=True,
    ),
]
_SHARE = 50


def pair_steps(horizon: int) -> int:
    """Return in how many steps of a training the pairs are drawn, at least: every fiftieth."""
    return max(1, horizon // _SHARE)
