"""Whether samples are nearer to the training images than unseen images are."""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from models.config import Config, param
from models.contracts.learner import finish
from models.metrics.base import Evidence, Figure, SampleMetric, subsample
from models.metrics.bootstrap import around
from models.metrics.images.judged import images_of
from models.metrics.images.nearest import nearest_two, trained_on
from models.registry import metric

__all__ = ["Nearness", "NearnessConfig", "share_below"]


class NearnessConfig(Config, frozen=True):
    """How many images are looked at."""

    most: Annotated[
        int,
        param(
            "At most",
            "Images on each side that are looked at; more are subsampled at random. The cost grows "
            "with them and with the training images.",
            low=10,
            high=50_000,
            log=True,
            unit="images",
        ),
    ] = 1000


def share_below(x: Tensor, y: Tensor) -> float:
    """Return the share of pairs with x_i < y_j, ties counting half, of numbers (n,) and (m,).

    It is U / (n m) of Mann and Whitney 1947, doi:10.1214/aoms/1177730491: 1/2 where both have one
    law.
    """
    y = y.sort().values
    above = len(y) - torch.searchsorted(y, x, right=True)
    level = len(y) - torch.searchsorted(y, x) - above
    return float((above + 0.5 * level).double().mean() / len(y))


@metric(
    "nearness",
    title="Nearness to training data",
    summary="How often a sample is nearer to its nearest training image than an unseen image is to "
    "its own: 0.5 for new images of the same law, near 1 where training data were learned by "
    "heart, near 0 for noise.",
    source="Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675, section 3 (of one cell)",
    config=NearnessConfig,
    kinds=("images",),
    better="near",
    far_off=(
        "farther from training data than unseen data are",
        "nearer to training data than unseen data are, as copies would be",
    ),
)
class Nearness(SampleMetric[NearnessConfig]):
    """U / (n m) of the distances to training images as a metric; its part is the median distance of
    samples over that of unseen images.
    """

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train, far = trained_on(evidence), []
        for x in images_of(evidence):
            some = subsample(x, self.config.most, evidence.rng)
            near, _ = yield from nearest_two(some, train)
            far.append(near[:, 0].contiguous())
        made, unseen = far
        value = share_below(made, unseen)
        below, above = around(share_below, (made, unseen), evidence.rng)
        # Unseen images that are all in the training data have no distance to compare with.
        ratio = float(made.median() / unseen.median().clamp_min(1e-12))
        parts = {"distance over that of unseen images": ratio}
        low, high = max(0.0, value + below), min(1.0, value + above)
        return Figure(value, low, high, len(made), parts)
