"""The probability that a sample is closer to the training data than a held-out sample is."""

from collections.abc import Generator

import torch
from torch import Tensor

from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.bootstrap import around
from pushforward.models.metrics.memory.distance import KINDS
from pushforward.models.metrics.memory.metric import REAL_BAR, MemoryConfig, MemoryMetric
from pushforward.models.metrics.memory.nearest import features, nearest_two
from pushforward.models.registry import metric

__all__ = ["Nearness", "share_below"]


def share_below(x: Tensor, y: Tensor) -> float:
    """Return the share of pairs with x_i < y_j, ties counting half, of numbers (n,) and (m,).

    It is U / (n m) of Mann and Whitney 1947, doi:10.1214/aoms/1177730491: 1/2 where both have the
    same distribution.
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
    config=MemoryConfig,
    kinds=KINDS,
    bar_is=REAL_BAR,
    better="near",
    minimum=20,
    far_off=(
        "farther from training data than held-out data are",
        "closer to training data than held-out data are, as copies and smoothed samples are",
    ),
)
class Nearness(MemoryMetric[MemoryConfig]):
    """U / (n m) of the distances to training samples as a metric; its part is the median distance
    of samples over that of held-out data.
    """

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train, far = self.train_of(evidence), []
        for rows in (evidence.samples, evidence.reference):
            near, _ = yield from nearest_two(features(self.some(rows, evidence), train), train)
            far.append(near[:, 0].contiguous())
        made, unseen = far
        value = share_below(made, unseen)
        below, above = around(share_below, (made, unseen), evidence.rng)
        # Held-out data that are all in the training data have no distance to compare with.
        ratio = float(made.median() / unseen.median().clamp_min(1e-12))
        parts = {"distance over that of held-out data": ratio}
        low, high = max(0.0, value + below), min(1.0, value + above)
        return Figure(value, low, high, len(made), parts, note=self.note(evidence))
