"""Settings of a family: recommenders that count which item follows which."""

from typing import Annotated

from pushforward.models.config import Config, param

__all__ = ["MarkovConfig", "WindowedConfig"]


class MarkovConfig(Config, frozen=True):
    """Settings of a Markov chain."""

    smoothing: Annotated[
        float,
        param(
            "Smoothing",
            "Number of pseudo-counts, distributed by popularity, that are added to the followers "
            "of each item.",
            above=0.0,
            high=1000.0,
        ),
    ] = 1.0


class WindowedConfig(Config, frozen=True):
    """Settings of windowed transitions; choose them by validation data."""

    lags: Annotated[
        int,
        param("Lags", "Items count as followers up to this distance.", low=1, high=200),
    ] = 20
    last: Annotated[
        int, param("Last items", "Number of last items that are used.", low=1, high=200)
    ] = 20
    decay: Annotated[
        float,
        param(
            "Decay",
            "An item that is one place older has exp(-decay) times the weight.",
            low=0.0,
            high=5.0,
        ),
    ] = 0.1
    shrink: Annotated[
        float,
        param(
            "Shrinkage",
            "Added to the number of followers of each item: items with few followers count less.",
            low=0.0,
            high=1000.0,
        ),
    ] = 10.0
