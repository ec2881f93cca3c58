"""Settings of a family: recommenders with a number for each pair of items."""

from typing import Annotated

from pushforward.models.config import Config, param

__all__ = ["EaseConfig", "ItemKnnConfig", "LastItemsConfig"]


LastItems = Annotated[
    int,
    param(
        "Last items",
        "Number of last items of a history that are used. Few make the model follow the present "
        "taste; choose it by validation data.",
        low=1,
        high=2000,
    ),
]


class LastItemsConfig(Config, frozen=True):
    """How much of a history is used."""

    last: LastItems = 10


class ItemKnnConfig(LastItemsConfig, frozen=True):
    """Settings of item-kNN."""

    neighbours: Annotated[
        int,
        param("Neighbours", "Number of similar items that each item has.", low=1, high=20_000),
    ] = 200
    shrink: Annotated[
        float,
        param(
            "Shrinkage",
            "Added to the denominator of the cosine: items with few users are less similar.",
            low=0.0,
            high=10_000.0,
        ),
    ] = 10.0


class EaseConfig(LastItemsConfig, frozen=True):
    """Settings of EASE."""

    penalty: Annotated[
        float,
        param(
            "λ",
            "L2 penalty of the weights. Small catalogues take 100, large ones 1,000.",
            above=0.0,
            high=1e6,
            log=True,
        ),
    ] = 200.0
