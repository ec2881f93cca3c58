"""Whether generated graphs are what the data are, and others than those known, as metrics."""

from functools import partial
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.layouts.graph_validity import two_communities
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.graphs.isomorphism import novelty, uniqueness
from pushforward.models.metrics.graphs.makes import share
from pushforward.models.metrics.graphs.sides import packed, sides, unpacked
from pushforward.models.registry import metric
from pushforward.observables.graphs.makes import NO_MAKE, make_meant

__all__ = ["DifferentGraphs", "NewGraphs", "TwoCommunities", "ValidGraphs"]

MOST_KNOWN = 2000
LOOKED_AT = 500  # training graphs, for their make
_SOURCE = (
    "colour refinement: Weisfeiler and Leman 1968; McKay and Piperno 2014, "
    "doi:10.1016/j.jsc.2013.09.003, sections 2 and 4"
)


@metric(
    "two-communities",
    title="Two communities",
    summary="Fraction of generated graphs that are two dense communities: connected, at least "
    "45 % of inner pairs joined, at most 4 edges or 15 % between, with a size that "
    "occurs in the data.",
    source="by definition; halves by Kernighan and Lin 1970, "
    "doi:10.1002/j.1538-7305.1970.tb01770.x",
    kinds=("graphs",),
    better="higher",
)
class TwoCommunities(SampleMetric[NoConfig]):
    """The share of graphs that are two communities."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        sizes = sides(evidence)[1][1]
        holds = partial(two_communities, low=int(sizes.min()), high=int(sizes.max()))
        return share(evidence, holds, "two communities")


@metric(
    "valid-graphs",
    title="Valid graphs",
    summary="Fraction of generated graphs that satisfy the property of the training graphs: "
    "grid, lobster, tree, two communities, hub, planar or connected; the first one that "
    "all of them have, or the one you choose.",
    source="by definition",
    kinds=("graphs",),
    better="higher",
)
class ValidGraphs(SampleMetric[NoConfig]):
    """The share of graphs of the make of the training graphs."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("the training graphs are not at hand")
        packing = packed(evidence)
        known = _arrays(*unpacked(evidence.train.rows(slice(0, LOOKED_AT)), packing))
        meant = getattr(evidence.train, "make", "")
        make = make_meant(meant, *known)
        if make is None:
            of_none = "any graph is said to be valid" if meant == NO_MAKE else ""
            raise NotApplicable(of_none or "the training graphs are of no one make")
        made = _arrays(*unpacked(evidence.samples, packing))
        wrong = make.wrong(*made, int(known[1].min()), int(known[1].max()))
        value = wrong.count("") / len(wrong)
        return Figure(value, n=len(wrong), parts={make.title: value})


def _arrays(adjacency: Tensor, size: Tensor) -> tuple[NDArray[Any], NDArray[Any]]:
    return adjacency.numpy(), size.numpy()


@metric(
    "different-graphs",
    title="Different graphs",
    summary="Fraction of generated graphs that are distinct up to isomorphism: 1 if no two are "
    "the same.",
    source=_SOURCE,
    kinds=("graphs",),
    better="higher",
)
class DifferentGraphs(SampleMetric[NoConfig]):
    """The share of graphs that are no copies of each other."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        made = unpacked(evidence.samples, packed(evidence))
        return Figure(uniqueness(*made), n=len(made[1]))


@metric(
    "new-graphs",
    title="New graphs",
    summary="Fraction of generated graphs that are not isomorphic to a training graph (of the "
    "first 2,000). A copy with one edge changed counts as new.",
    source=_SOURCE,
    kinds=("graphs",),
    better="higher",
)
class NewGraphs(SampleMetric[NoConfig]):
    """The share of graphs that are no copies of training graphs."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("the training graphs are not at hand")
        made = unpacked(evidence.samples, packed(evidence))
        known = unpacked(evidence.train.rows(slice(0, MOST_KNOWN)), packed(evidence))
        return Figure(novelty(made, known), n=len(made[1]))
