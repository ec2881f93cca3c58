"""Support vector machine with a Gaussian kernel, on single spectra."""

from typing import Annotated

from torch import Tensor

from pushforward.models.classical.base import FittedClassifier
from pushforward.models.classical.svm import KernelSvm
from pushforward.models.config import Config, param
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.registry import family

__all__ = ["Svm", "SvmConfig"]


class SvmConfig(Config, frozen=True):
    """Settings of a support vector machine."""

    c: Annotated[
        float,
        param("C", "Cost of an error. Lower it with noisy labels.", above=0.0, high=1e6, log=True),
    ] = 100.0
    gamma: Annotated[
        float,
        param(
            "γ",
            "Inverse squared width of the kernel; 0 for 1 / (number of channels), which is usual.",
            low=0.0,
            high=1e4,
            zero="1 / channels",
            advanced=True,
        ),
    ] = 0.0


@family(
    "svm",
    config=SvmConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    units={"loss": "nats"},
    passes=1,
)
class Svm(PixelClassifier[SvmConfig]):
    """One-against-one machines with the kernel exp(-γ|x - x'|²), on the pixel in the middle."""

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return KernelSvm(x, y, self.classes, self.config.c, self.config.gamma)
