"""Settings of conditional models, with one name and meaning in every family."""

from typing import Annotated

from pushforward.models.config import param

__all__ = ["ConditionalSetting", "LabelDropout"]

ConditionalSetting = Annotated[
    bool,
    param(
        "Class-conditional",
        "Conditions the model on the class, if the data have classes. You then choose the class "
        "of samples.",
        always="told",
    ),
]
LabelDropout = Annotated[
    float,
    param(
        "Label dropout",
        "Fraction of training samples whose condition is dropped. Needed for classifier-free "
        "guidance; 0.1 to 0.2 is usual. At 1 the model is unconditional.",
        low=0.0,
        high=1.0,
        zero="none",
    ),
]
