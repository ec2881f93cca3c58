"""Whether samples are copies of training images."""

from collections.abc import Generator
from typing import Annotated

from models.config import Config, param
from models.contracts.learner import finish
from models.metrics.base import Evidence, Figure, SampleMetric, subsample
from models.metrics.images.judged import images_of
from models.metrics.images.nearest import nearest_two, trained_on
from models.metrics.intervals import wilson
from models.registry import metric

__all__ = ["Copies", "CopiesConfig"]


class CopiesConfig(Config, frozen=True):
    """What counts as a copy, and how many samples are looked at."""

    ratio: Annotated[
        float,
        param(
            "Ratio",
            "A sample is a copy where the nearest training image is nearer than so large a part of "
            "the distance to the second nearest.",
            above=0.0,
            below=1.0,
        ),
    ] = 1 / 3
    most: Annotated[
        int,
        param(
            "At most",
            "Samples that are looked at; more are subsampled at random. The cost grows with them "
            "and with the training images.",
            low=10,
            high=50_000,
            log=True,
            unit="images",
        ),
    ] = 1000


@metric(
    "copies",
    title="Copies of training data",
    summary="The share of samples that are a training image over again: nearer to it than a third "
    "of the way to any other. Copies of an image that is there twice are not seen.",
    source="Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to "
    "memorize, section 3; Gu et al. 2023, arXiv:2310.02664, section 2",
    config=CopiesConfig,
    kinds=("images",),
    bar_is="real against real, unseen images in the place of samples",
)
class Copies(SampleMetric[CopiesConfig]):
    """The share of samples with d1 < ratio * d2, of the distances to their two nearest training
    images, as a metric.
    """

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        made, _ = images_of(evidence)
        some = subsample(made, self.config.most, evidence.rng)
        near, _ = yield from nearest_two(some, trained_on(evidence))
        share = float((near[:, 0] < self.config.ratio * near[:, 1]).double().mean())
        return Figure(share, *wilson(share, len(some)), len(some))
