"""Whether samples are closer to the training data than held-out data are."""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from models.config import Config, param
from models.contracts.learner import finish
from models.metrics.base import Evidence, Figure, SampleMetric
from models.metrics.bootstrap import around
from models.metrics.memory.distance import KINDS
from models.metrics.memory.nearest import features, nearest_two, some_of, trained_on
from models.registry import metric

__all__ = ["Nearness", "NearnessConfig", "share_below"]


class NearnessConfig(Config, frozen=True):
    """How many samples are compared."""

    most: Annotated[
        int,
        param(
            "At most",
            "Samples compared on each side; more are subsampled at random. The cost grows with "
            "them and with the training data.",
            low=10,
            high=50_000,
            log=True,
            unit="samples",
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
    summary="Probability that a sample is closer to its nearest training sample than a held-out "
    "one is to its own: 0.5 for new data of the same distribution, near 1 for memorised training "
    "data, near 0 for noise.",
    source="Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675, section 3 (of one cell)",
    config=NearnessConfig,
    kinds=KINDS,
    bar_is="real against real, held-out data in the place of samples",
    better="near",
    minimum=20,
    far_off=(
        "farther from training data than held-out data are",
        "closer to training data than held-out data are, as copies are",
    ),
)
class Nearness(SampleMetric[NearnessConfig]):
    """U / (n m) of the distances to training samples as a metric; its part is the median distance
    of samples over that of held-out data.
    """

    compares_training = True

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train, far = trained_on(evidence), []
        for rows in (evidence.samples, evidence.reference):
            some = some_of(rows, self.config.most, evidence.rng)
            near, _ = yield from nearest_two(features(some, train), train)
            far.append(near[:, 0].contiguous())
        made, unseen = far
        value = share_below(made, unseen)
        below, above = around(share_below, (made, unseen), evidence.rng)
        # Held-out data that are all in the training data have no distance to compare with.
        ratio = float(made.median() / unseen.median().clamp_min(1e-12))
        parts = {"distance over that of held-out data": ratio}
        low, high = max(0.0, value + below), min(1.0, value + above)
        return Figure(value, low, high, len(made), parts)
