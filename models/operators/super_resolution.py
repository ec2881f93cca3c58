"""Super-resolution: of each square of pixels only the mean is known, and the pixels are sampled."""

from typing import Annotated

from pushforward.models.config import param
from pushforward.models.guidance.measurement import Averages
from pushforward.models.operators.base import Operation, Slot, Work
from pushforward.models.operators.editing import ROWS
from pushforward.models.operators.restoring import RestoringConfig, restored
from pushforward.models.registry import operator

__all__ = ["SuperResolution", "SuperResolutionConfig"]


class SuperResolutionConfig(RestoringConfig, frozen=True):
    """How coarse what is known is, and how the rest is sampled."""

    side: Annotated[
        int,
        param(
            "Factor",
            "Side of the pixel squares whose mean is known; divides both sides of the image.",
            low=2,
            high=64,
            unit="pixels",
        ),
    ] = 2


@operator(
    "super-resolution",
    title="Super-resolution",
    formerly=("super-resolve",),
    summary="Samples high-resolution images that agree with low-resolution ones.",
    source="Wang et al. 2022, arXiv:2212.00490, section 3.2; Chung et al. 2023, arXiv:2209.14687",
    kinds=("images",),
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Images", "What is made coarse; what is finer in them is not read."),),
    config=SuperResolutionConfig,
)
class SuperResolution:
    """Samples by a denoiser that is held to the means of squares."""

    def __init__(self, config: SuperResolutionConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Sample; see `models.operators.base.Operator` and `restored`."""
        rows, side = operation.handed[ROWS], self.config.side
        height, width = rows.x.shape[-2:]
        if height % side or width % side:
            raise ValueError(
                f"{height} x {width} pixels cannot be divided into squares of {side} x {side}"
            )
        measurement = Averages(side)
        return (yield from restored(operation, self.config, measurement, measurement.apply(rows.x)))
