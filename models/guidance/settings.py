"""The choice of guidance as a setting: the same name and words wherever something is sampled."""

from typing import Annotated

from models.config import Pick, param

__all__ = ["GuidanceSetting", "MeasurementSetting"]

GuidanceSetting = Annotated[
    Pick,
    param(
        "Guidance",
        "What leads samples to what is given of them, beyond what the model was told.",
        of="guidance",
        role="condition",
    ),
]
MeasurementSetting = Annotated[
    Pick,
    param(
        "Method",
        "How samples are held to what is known of them.",
        of="guidance",
        role="measurement",
    ),
]
