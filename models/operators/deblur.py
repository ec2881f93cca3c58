"""Deblurring: of an image only what a blur lets through is known, and the rest is sampled."""

from dataclasses import replace
from typing import Annotated

from pushforward.models.config import param
from pushforward.models.guidance.measurement import Blurred
from pushforward.models.operators.base import Operation, Slot, Work
from pushforward.models.operators.editing import ROWS
from pushforward.models.operators.restoring import RestoringConfig, restored
from pushforward.models.registry import operator

__all__ = ["Deblur", "DeblurConfig"]


class DeblurConfig(RestoringConfig, frozen=True):
    """How strong the blur is, and how what it took away is sampled."""

    width: Annotated[
        float,
        param(
            "Blur",
            "Standard deviation of the Gaussian blur, in pixels.",
            low=0.1,
            high=32.0,
            unit="pixels",
            log=True,
        ),
    ] = 1.0
    first: Annotated[
        bool,
        param(
            "Blur first",
            "Blurs the images first, as a test; off for images that are already blurred.",
        ),
    ] = False


@operator(
    "deblur",
    title="Deblur",
    summary="Samples sharp images that agree with the blurred ones.",
    source="Wang et al. 2022, arXiv:2212.00490, section 3.2; the blur: Hoogeboom and Salimans "
    "2022, arXiv:2209.05557, section 2.2",
    kinds=("images",),
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Images", "What is blurred, or is to be."),),
    config=DeblurConfig,
)
class Deblur:
    """Samples by a denoiser that is held to what comes through the blur."""

    def __init__(self, config: DeblurConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Deblur; see `models.operators.base.Operator` and `restored`. "blurred" (m, *shape) are
        the images that were restored.
        """
        x, blur = operation.handed[ROWS].x, Blurred(self.config.width)
        blurred = blur.blur(x) if self.config.first else x
        outcome = yield from restored(operation, self.config, blur, blur.seen(blurred))
        arrays = {**outcome.arrays, "blurred": blurred[outcome.arrays["row"]]}
        return replace(outcome, arrays=arrays)
