"""What a metric of graphs is given, as adjacency matrices; types of edges are no matter."""

from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.layouts.graphs import Packing
from pushforward.models.metrics.base import Evidence, check_finite

__all__ = ["packed", "sides", "unpacked"]


def packed(evidence: Evidence) -> Packing:
    """Return how the graphs of some evidence lie in rows."""
    return Packing.of(evidence.real.spec().parts)


def unpacked(rows: Batch, packing: Packing) -> tuple[Tensor, Tensor]:
    """Return rows in data units as graphs: adjacency (n, N, N) bool and sizes (n,). They may have
    places for more nodes or fewer than the packing.

    Raises:
        ArithmeticError: a number is not finite.
    """
    check_finite(rows.x, "graphs")
    return packing.as_long(rows.x.shape[1]).layers(rows.x > 0).any(dim=1), rows.given[SIZE]


def sides(evidence: Evidence) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return generated and real graphs; see `unpacked`."""
    packing = packed(evidence)
    return unpacked(evidence.samples, packing), unpacked(evidence.reference, packing)
