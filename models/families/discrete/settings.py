"""Settings that all of these families have."""

from typing import Annotated

from models.config import param

__all__ = ["Averaging"]

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
