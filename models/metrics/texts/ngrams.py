"""N-grams: whether short runs of characters come as often as in real text."""

from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.kinds.texts import TextSet
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.registry import metric

__all__ = ["NgramDistance", "NgramDistanceConfig"]


class NgramDistanceConfig(Config, frozen=True):
    """How long runs are."""

    length: Annotated[
        int, param("Length", "n, in characters.", low=1, high=6, unit="characters")
    ] = 2


@metric(
    "ngram-distance",
    title="N-gram distance",
    summary="Total variation distance between the n-gram frequencies of samples and of real "
    "texts: 0 equal, 1 disjoint.",
    source="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x, section 3 (n-grams); by "
    "definition",
    config=NgramDistanceConfig,
    kinds=("texts",),
)
class NgramDistance(SampleMetric[NgramDistanceConfig]):
    """1/2 sum |p - q| over runs of ``length`` characters at any place."""

    def measure(self, evidence: Evidence) -> Figure:
        real = evidence.real
        if not isinstance(real, TextSet):
            raise NotApplicable("it reads characters")
        made, n = evidence.samples.x, self.config.length
        if made.shape[1] < n:
            raise NotApplicable(f"the texts have fewer than {n} characters")
        runs = [x.unfold(1, n, 1).flatten(0, 1) for x in (made, real.x)]
        _, which = torch.unique(torch.cat(runs), dim=0, return_inverse=True)
        total = int(which.max()) + 1
        counts = [
            torch.bincount(part, minlength=total) for part in which.split(list(map(len, runs)))
        ]
        shares = [each.double() / each.sum() for each in counts]
        return Figure(0.5 * float((shares[0] - shares[1]).abs().sum()), n=len(made))
