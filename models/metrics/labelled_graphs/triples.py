"""Which labels are joined by which edges, in generated and in real graphs, as a metric."""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.layouts.graphs import Packing, unpack_types
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
)
from pushforward.models.metrics.graphs.sides import packed
from pushforward.models.registry import metric

__all__ = ["LabelTriples", "triples"]


def triples(rows: Batch, packing: Packing) -> Tensor:
    """Return the share of each (label, edge, label) among the edges of all graphs, (k,) float64,
    sum 1; the labels of an edge in the order of their numbers.

    Raises:
        ArithmeticError: a number is not finite.
        NotApplicable: there is no edge.
    """
    check_finite(rows.x, "labelled graphs")
    types, edges = unpack_types(rows.x, packing.as_long(rows.x.shape[1]))
    graph, i, j = edges.triu(1).nonzero(as_tuple=True)
    if not len(graph):
        raise NotApplicable("no graph has an edge")
    ends = torch.stack([types[graph, i], types[graph, j]])
    low, high = ends.amin(dim=0), ends.amax(dim=0)
    place = (low * packing.node_types + high) * packing.edge_types + edges[graph, i, j] - 1
    counts = place.bincount(minlength=packing.node_types**2 * packing.edge_types).double()
    return counts / counts.sum()


@metric(
    "label-triples",
    title="Label triples",
    summary="Total variation distance between the edges of generated and unseen graphs, as "
    "triples of edge label and node labels.",
    source="total variation, by definition",
    kinds=("labelled-graphs", "sentences"),
)
class LabelTriples(SampleMetric[NoConfig]):
    """The total variation between the triples of two sets."""

    def measure(self, evidence: Evidence) -> Figure:
        packing = packed(evidence)
        made, real = (triples(each, packing) for each in (evidence.samples, evidence.reference))
        return Figure(float((made - real).abs().sum()) / 2.0, n=len(evidence.samples))
