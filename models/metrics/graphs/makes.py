"""Whether generated graphs have the structure of real graphs, as metrics: trees, lobsters, grids,
planar graphs, and graphs with a hub.
"""

from collections.abc import Callable

from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.layouts.graph_validity import grid, hub, lobster, planar, tree
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.graphs.sides import sides
from pushforward.models.registry import metric

__all__ = ["Grids", "Hubs", "Lobsters", "PlanarGraphs", "Trees", "share"]

_MOST = 0.5  # of the real graphs


def share(evidence: Evidence, holds: Callable[[Tensor, Tensor], Tensor], many: str) -> Figure:
    """Return the share of generated graphs of a make, ``holds(adjacency, size) -> (n,)``.

    Raises:
        NotApplicable: most of the real graphs are not of it.
    """
    made, real = sides(evidence)
    if holds(*real).double().mean() < _MOST:
        raise NotApplicable(f"most of the real graphs are no {many}")
    return Figure(float(holds(*made).double().mean()), n=len(made[1]))


@metric(
    "trees",
    title="Trees",
    summary="Fraction of generated graphs that are trees: connected, without a cycle.",
    source="by definition",
    kinds=("graphs",),
    better="higher",
)
class Trees(SampleMetric[NoConfig]):
    """The share of graphs that are trees."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        return share(evidence, tree, "trees")


@metric(
    "lobsters",
    title="Lobsters",
    summary="Fraction of generated graphs that are lobsters: trees that become a path when "
    "leaves are removed twice.",
    source="by definition",
    kinds=("graphs",),
    better="higher",
)
class Lobsters(SampleMetric[NoConfig]):
    """The share of graphs that are lobsters."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        return share(evidence, lobster, "lobsters")


@metric(
    "grids",
    title="Grids",
    summary="Fraction of generated graphs that are grids of at least two rows and columns, up "
    "to isomorphism.",
    source="VF2: Cordella et al. 2004, doi:10.1109/TPAMI.2004.75",
    kinds=("graphs",),
    better="higher",
)
class Grids(SampleMetric[NoConfig]):
    """The share of graphs that are grids."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        return share(evidence, grid, "grids")


@metric(
    "planar-graphs",
    title="Planar graphs",
    summary="Fraction of generated graphs that are connected and planar. Trees are planar, too: "
    "see also degrees.",
    source="left-right planarity test: Brandes 2009",
    kinds=("graphs",),
    better="higher",
)
class PlanarGraphs(SampleMetric[NoConfig]):
    """The share of graphs that are connected and planar."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        return share(evidence, planar, "planar graphs")


@metric(
    "hubs",
    title="Hub",
    summary="Fraction of generated graphs with a node joined to all others, as in ego graphs.",
    source="by definition",
    kinds=("graphs",),
    better="higher",
)
class Hubs(SampleMetric[NoConfig]):
    """The share of graphs with a node that is joined to all others."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        return share(evidence, hub, "graphs with a hub")
