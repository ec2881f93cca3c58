"""Bits per graph: how briefly a model could write unseen graphs down."""

import math
from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from models.config import Config, param
from models.contracts.abilities import HasBound
from models.contracts.batch import Batch
from models.contracts.learner import finish
from models.layouts.graphs import Packing
from models.metrics.base import Evidence, Figure, Metric, NotApplicable
from models.metrics.graphs.sides import packed, unpacked
from models.metrics.likelihood import mean_of
from models.registry import metric

__all__ = ["BitsPerGraph", "BitsPerGraphConfig"]

_PIECE = 64  # rows that are looked at between two pauses
_MOST = 4096  # training graphs in which edges are counted
_ONCE = 0.5  # how often an edge, and none, count as seen beforehand


class BitsPerGraphConfig(Config, frozen=True):
    """How many graphs are looked at."""

    rows: Annotated[
        int,
        param(
            "Graphs",
            "Unseen graphs that are written down. The interval narrows with their root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 256


@metric(
    "bits-per-graph",
    title="Bits per graph",
    summary="Bits for an unseen graph of known size, its nodes numbered at random, if it were "
    "written down with the model as the code: at most, since orders of the nodes are drawn and not "
    "summed over.",
    source="Cover and Thomas 2006, theorem 5.4.3; bound: Chen et al. 2021, arXiv:2106.06189, "
    "section 3; bar: Erdos and Renyi 1959",
    config=BitsPerGraphConfig,
    kinds=("graphs",),
    needs=("bound",),
    unit="bits",
    bar_is="edges drawn each for itself, all with the share that they have in the training graphs",
)
class BitsPerGraph(Metric[BitsPerGraphConfig]):
    """-E log2 p(x | size) over unseen graphs x (n, L), or a bound of it from above."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model, rows = evidence.model, self._rows(evidence)
        assert model is not None
        assert isinstance(model, HasBound)
        found = []
        for piece in rows.split(_PIECE):
            at = model.spec.standardised(piece).to(model.device)
            found.append(model.log_prob_bound(at).double().cpu())
            yield
        return _told(torch.cat(found))

    def bar(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("edges are counted in the graphs that were learned from")
        joined, apart = _counts(evidence.train.rows(slice(0, _MOST)), packed(evidence))
        share = float((joined.sum() + _ONCE) / (joined.sum() + apart.sum() + 2.0 * _ONCE))
        joined, apart = _counts(self._rows(evidence), packed(evidence))
        return _told(joined * math.log(share) + apart * math.log1p(-share))

    def _rows(self, evidence: Evidence) -> Batch:
        rows = evidence.reference
        if packed(evidence).featured:
            raise NotApplicable("nodes have numbers, which no code writes down exactly")
        if len(rows) > self.config.rows:
            chosen = torch.randperm(len(rows), generator=evidence.rng)[: self.config.rows]
            rows = rows.take(chosen)
        return rows


def _counts(rows: Batch, packing: Packing) -> tuple[Tensor, Tensor]:
    """Return how many pairs of nodes are joined in each graph, and how many are not, (n,)."""
    adjacency, size = unpacked(rows, packing)
    joined = adjacency.sum(dim=(1, 2)).double() / 2.0
    return joined, size * (size - 1) / 2.0 - joined


def _told(log_prob: Tensor) -> Figure:
    return mean_of(-log_prob.double() / math.log(2.0))
