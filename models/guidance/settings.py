"""The choice of guidance as a setting: the same name and words wherever something is sampled."""

from typing import Annotated

from pushforward.models.config import Pick, param

__all__ = ["GuidanceSetting", "MeasurementSetting"]

GuidanceSetting = Annotated[
    Pick,
    param(
        "Guidance",
        "Strengthens the effect of the condition while sampling.",
        of="guidance",
        role="condition",
    ),
]
MeasurementSetting = Annotated[
    Pick,
    param(
        "Method",
        "Method that enforces the known values.",
        of="guidance",
        role="measurement",
    ),
]
