"""Settings of what a diffusion is told beside x: one name and meaning in every family."""

from typing import Annotated

from models.config import param

__all__ = ["ConditionalSetting", "LabelDropout"]

ConditionalSetting = Annotated[
    bool,
    param(
        "Told the class",
        "Whether it is told the class of each row, where the data have classes and do not say them "
        "anyway. Samples are then of a class that is chosen.",
        always="told",
    ),
]
LabelDropout = Annotated[
    float,
    param(
        "Label dropout",
        "For so large a share of the rows nothing is given while it learns, so that the same "
        "network also knows the data without a condition: what guidance without a classifier "
        "needs. 0.1 to 0.2 is usual; at 1 no condition is ever told.",
        low=0.0,
        high=1.0,
        zero="none",
    ),
]
