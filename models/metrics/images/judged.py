"""What figures in the eyes of a judge share: images that fit each other, and an interval."""

from abc import abstractmethod
from collections.abc import Generator
from typing import TypeVar

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Rows
from pushforward.models.contracts.data import Judge
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check_finite
from pushforward.models.metrics.bootstrap import around

__all__ = ["Judged", "images_of", "judged", "told"]

C = TypeVar("C", bound=Config)


def images_of(evidence: Evidence) -> tuple[Tensor, Tensor]:
    """Return samples (n, C, H, W) and real images (m, C, H, W), after checking them.

    Raises:
        ValueError: they do not fit each other, or there are too few.
        ArithmeticError: a pixel is not finite.
    """
    made, real = evidence.samples.x, evidence.reference.x
    if made.ndim != 4 or made.shape[1:] != real.shape[1:]:
        raise ValueError(
            "samples and reference must be images of the same size, got shapes "
            f"{tuple(made.shape)} and {tuple(real.shape)}"
        )
    if min(len(made), len(real)) < 2:
        raise ValueError("at least 2 images are needed on each side")
    check_finite(made, "images")
    check_finite(real, "images")
    return made, real


def judged(evidence: Evidence) -> tuple[Judge, Tensor, Tensor]:
    """Return the judge of the data, samples and real images, after checking them.

    Raises:
        NotApplicable: there is no judge.
        ValueError, ArithmeticError: as `images_of`.
    """
    made, real = images_of(evidence)
    return evidence.get_judge(), made, real


def told(judge: Judge, x: Rows) -> Tensor:
    """Return how the judge scores each class for images (n, C, H, W), (n, classes).

    Raises:
        ArithmeticError: it cannot tell what an image is: a score is not finite. ``argmax`` would
            take NaN for the largest of all, and call it the first class.
    """
    scores = judge.logits(x)
    check_finite(scores, "images' scores")
    return scores


class Judged(SampleMetric[C]):
    """A figure of what the judge sees in samples and in real images, row by row.

    Its interval is that of as many other samples and other unseen images, for the judge and the
    model as they are (`models.metrics.bootstrap`). A bar has none: of it there are several pairs.
    """

    low, high = 0.0, float("inf")
    """Between which numbers the figure always lies."""

    @abstractmethod
    def look(self, judge: Judge, x: Tensor) -> Tensor:
        """Return what it is a figure of, a row an image."""

    @abstractmethod
    def between(self, made: Tensor, real: Tensor) -> float:
        """Return the figure of what was seen in samples and in real images."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = self._seen(evidence)
        value = self.between(made, real)
        below, above = around(self.between, (made, real), evidence.rng)
        return Figure(value, max(self.low, value + below), min(self.high, value + above), len(made))

    def bar(self, evidence: Evidence) -> Figure:
        made, real = self._seen(evidence.real_against_real)
        return Figure(self.between(made, real), n=len(made))

    def walk_bar(self, evidence: Evidence) -> Generator[None, None, Figure]:
        yield
        return self.bar(evidence)

    def _seen(self, evidence: Evidence) -> tuple[Tensor, Tensor]:
        judge, made, real = judged(evidence)
        with torch.no_grad():
            return self.look(judge, made), self.look(judge, real)
