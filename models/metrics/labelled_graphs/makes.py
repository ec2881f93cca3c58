"""Whether generated graphs with labels have the structure of real graphs, as a metric."""

import numpy as np
from numpy.typing import NDArray

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
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
from pushforward.observables.graphs.labelled_makes import labelled_make_meant

__all__ = ["ValidLabels"]

Numbers = NDArray[np.int64]

_LOOKED_AT = 200
"""Number of real graphs from which the structure is determined."""


@metric(
    "valid-labels",
    title="Valid labels",
    summary="Fraction of generated graphs whose labels satisfy the rule of the real graphs: "
    "organisations, sentence trees, otherwise only trees or connected.",
    source="by definition",
    kinds=("labelled-graphs", "sentences"),
    better="higher",
)
class ValidLabels(SampleMetric[NoConfig]):
    """The share of graphs whose labels are where they can be."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        packing = packed(evidence)
        meant = getattr(evidence.train, "make", "")
        real = _graphs(evidence.reference.take(slice(0, _LOOKED_AT)), packing)
        make = labelled_make_meant(meant, *real)
        if make is None:
            of_none = "any graph is said to be valid" if meant else ""
            raise NotApplicable(of_none or "the real graphs have nothing in common")
        wrong = make.wrong(*_graphs(evidence.samples, packing))
        value = wrong.count("") / len(wrong)
        return Figure(value, n=len(wrong), parts={make.title: value})


def _graphs(rows: Batch, packing: Packing) -> tuple[Numbers, Numbers, Numbers]:
    """Return types (n, N), edges (n, N, N) and sizes (n,)."""
    check_finite(rows.x, "labelled graphs")
    types, edges = unpack_types(rows.x, packing.as_long(rows.x.shape[1]))
    size = rows.given[SIZE]
    return types.cpu().numpy(), edges.cpu().numpy(), size.cpu().numpy()
