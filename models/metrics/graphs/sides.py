"""What a metric of graphs is given, as adjacency matrices."""

from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.spec import SIZE
from models.layouts.graphs import Packing, unpack
from models.metrics.base import Evidence, check_finite

__all__ = ["sides", "unpacked"]


def unpacked(rows: Batch) -> tuple[Tensor, Tensor]:
    """Return rows in data units as graphs: adjacency (n, N, N) bool and sizes (n,).

    Raises:
        ArithmeticError: a number is not finite.
    """
    check_finite(rows.x, "graphs")
    return unpack(rows.x, Packing.like(rows)), rows.given[SIZE]


def sides(evidence: Evidence) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return generated and real graphs; see `unpacked`."""
    return unpacked(evidence.samples), unpacked(evidence.reference)
