"""Whether generated graphs are what the data are, and different from each other, as metrics."""

import torch
from torch import Tensor

from models.kinds.graphs import GraphSet, sizes, unpack
from models.metrics.base import NotApplicable, check_finite
from models.metrics.graphs.isomorphism import uniqueness
from models.metrics.graphs.validity import two_communities
from models.registry import NoConfig, metric

__all__ = ["DifferentGraphs", "TwoCommunities"]


@metric(
    "two-communities",
    title="Two communities",
    summary="Share of generated graphs that are two dense halves with few edges between them: "
    "connected, 45 % of the pairs inside, at most 4 edges or 15 % between, of a size there is.",
    source="the check of the test of community-small; halves by Kernighan and Lin 1970, "
    "doi:10.1002/j.1538-7305.1970.tb01770.x",
    kinds=("graphs",),
    better="higher",
)
class TwoCommunities:
    """The share of graphs that are two communities."""

    def __init__(self, config: NoConfig | None = None) -> None:
        self.config = config or NoConfig()

    def __call__(
        self, samples: Tensor, reference: Tensor, *, points: GraphSet, generator: torch.Generator
    ) -> float:
        check_finite(samples, "graphs")
        packing = points.packing
        made, real = ((unpack(x, packing), sizes(x, packing)) for x in (samples, reference))
        low, high = int(real[1].min()), int(real[1].max())
        if two_communities(*real, low, high).double().mean() < 0.5:
            raise NotApplicable("most of the real graphs are no two communities")
        return float(two_communities(*made, low, high).double().mean())


@metric(
    "different-graphs",
    title="Different graphs",
    summary="Share of generated graphs that differ, however their nodes are numbered: 1 where no "
    "two are the same.",
    source="You et al. 2018, arXiv:1802.08773; VF2: Cordella et al. 2004, "
    "doi:10.1109/TPAMI.2004.75",
    kinds=("graphs",),
    better="higher",
)
class DifferentGraphs:
    """The share of graphs that are no copies of each other."""

    def __init__(self, config: NoConfig | None = None) -> None:
        self.config = config or NoConfig()

    def __call__(
        self, samples: Tensor, reference: Tensor, *, points: GraphSet, generator: torch.Generator
    ) -> float:
        check_finite(samples, "graphs")
        packing = points.packing
        return uniqueness(unpack(samples, packing), sizes(samples, packing))
