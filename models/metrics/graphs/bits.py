"""Bits per graph: how briefly a model could write unseen graphs down."""

import math
from collections.abc import Generator
from dataclasses import replace
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.bound import continuous_bound
from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasBound, HasDenoiser
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import Learner, finish
from pushforward.models.denoisers.densities import LogUniform
from pushforward.models.layouts.graphs import Packing
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.graphs.sides import packed, unpacked
from pushforward.models.metrics.likelihood import mean_of
from pushforward.models.registry import metric
from pushforward.models.tensors import make_generator

__all__ = ["BitsPerGraph", "BitsPerGraphConfig"]

_PIECE = 64  # rows that are looked at between two pauses
_MOST = 4096  # training graphs in which edges are counted
_ONCE = 0.5  # how often an edge, and none, count as seen beforehand
_LEVELS = 8  # of noise at which a diffusion looks at each graph
_NOISE = 3204  # a stream of a seed


class BitsPerGraphConfig(Config, frozen=True):
    """How many graphs are looked at."""

    rows: Annotated[
        int,
        param(
            "Graphs",
            "Number of unseen graphs. The interval shrinks with their square root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 256


@metric(
    "bits-per-graph",
    title="Bits per graph",
    summary="Bits to encode an unseen graph of known size with random node order: an upper "
    "bound. The same for training graphs is shown next to it; far fewer bits there mean "
    "memorisation.",
    source="Cover and Thomas 2006, theorem 5.4.3; bounds: Chen et al. 2021, arXiv:2106.06189, "
    "section 3, and Kingma et al. 2021, arXiv:2107.00630, eqs. 11-18; bar: Erdos and Renyi 1959",
    config=BitsPerGraphConfig,
    kinds=("graphs",),
    needs=("bound",),
    unit="bits",
    bar_is="independent edges with the density of the training graphs",
)
class BitsPerGraph(Metric[BitsPerGraphConfig]):
    """-E log2 p(x | size) over unseen graphs x (n, L), or a bound of it from above."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model = evidence.model
        assert model is not None
        unseen = yield from _written(model, self._rows(evidence, evidence.real))
        figure = replace(_mean_bits(unseen), note=_estimate_note(model, unseen))
        if evidence.train is None:
            return figure
        seen = yield from _written(model, self._rows(evidence, evidence.train))
        return replace(figure, parts={"training graphs": _mean_bits(seen).value})

    def bar(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("edges are counted in the graphs that were learned from")
        joined, apart = _counts(evidence.train.rows(slice(0, _MOST)), packed(evidence))
        share = float((joined.sum() + _ONCE) / (joined.sum() + apart.sum() + 2.0 * _ONCE))
        joined, apart = _counts(self._rows(evidence, evidence.real), packed(evidence))
        return _mean_bits(joined * math.log(share) + apart * math.log1p(-share))

    def _rows(self, evidence: Evidence, source: RowSource) -> Batch:
        if packed(evidence).featured:
            raise NotApplicable("nodes have numbers, which no code writes down exactly")
        n, chosen = len(source), torch.arange(len(source))
        if n > self.config.rows:
            chosen = torch.randperm(n, generator=evidence.rng)[: self.config.rows]
        return source.rows(chosen)


def _estimate_note(model: Learner[Any], log_prob: Tensor) -> str:
    """Return the number of draws and the standard error of a bound that is estimated, else ""."""
    times = _LEVELS if isinstance(model, HasDenoiser) else getattr(model, "bound_times", 0)
    if not times or len(log_prob) < 2:
        return ""
    bits = log_prob.double() / math.log(2.0)
    error, one = float(bits.std()) / math.sqrt(len(bits)), float(bits.std())
    return (
        f"the bound of each graph is one random draw at {times} times; graphs "
        f"scatter by {one:.2g} bits, the mean of {len(bits):,} has a standard error of {error:.2g}"
    )


def _written(model: Learner[Any], rows: Batch) -> Generator[None, None, Tensor]:
    """Return log p of graphs, (n,) in nats, or what it is at least."""
    found, noise = [], make_generator(0, _NOISE)
    for piece in rows.split(_PIECE):
        at = model.spec.standardised(piece).to(model.device)
        found.append(_log_prob(model, at, noise).cpu().double())
        yield
    return torch.cat(found)


@torch.no_grad()
def _log_prob(model: Learner[Any], at: Batch, noise: torch.Generator) -> Tensor:
    if not isinstance(model, HasDenoiser):
        assert isinstance(model, HasBound)
        return model.log_prob_bound(at)
    # What a diffusion of numbers bounds is a density: here each number is one of two values.
    length = at.x.shape[1]
    values = model.spec.standardise(torch.tensor([[-1.0], [1.0]]).expand(-1, length))
    law = LogUniform(*model.noise_range)
    bound = continuous_bound(model.denoiser(at), at, law, _LEVELS, noise, values=values)
    return -bound.total


def _counts(rows: Batch, packing: Packing) -> tuple[Tensor, Tensor]:
    """Return how many pairs of nodes are joined in each graph, and how many are not, (n,)."""
    adjacency, size = unpacked(rows, packing)
    joined = adjacency.sum(dim=(1, 2)).double() / 2.0
    return joined, size * (size - 1) / 2.0 - joined


def _mean_bits(log_prob: Tensor) -> Figure:
    return mean_of(-log_prob.double() / math.log(2.0))
