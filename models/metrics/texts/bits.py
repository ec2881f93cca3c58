"""Bits per character: how briefly a model could write unseen texts down."""

import math
from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasBound
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds.texts import TextSet
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.likelihood import mean_of
from pushforward.models.registry import metric

__all__ = ["BitsPerCharacter", "BitsPerCharacterConfig"]

_PIECE = 64  # rows that are looked at between two pauses
_ONCE = 0.5  # how often what was never seen counts as seen


class BitsPerCharacterConfig(Config, frozen=True):
    """How many texts are looked at."""

    rows: Annotated[
        int,
        param(
            "Texts",
            "Number of unseen texts. The interval shrinks with their square root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 128


@metric(
    "bits-per-character",
    title="Bits per character",
    summary="Bits per character to encode unseen texts with the model; for a diffusion an "
    "unbiased estimate of a bound.",
    source="Cover and Thomas 2006, theorem 5.4.3; bound: Austin et al. 2021, arXiv:2107.03006, "
    "eq. 1; bar: Shannon 1951, doi:10.1002/j.1538-7305.1951.tb01366.x",
    config=BitsPerCharacterConfig,
    kinds=("texts",),
    needs=("bound",),
    unit="bits",
    bar_is=(
        "the distribution of the text where it is known, else character bigrams of the "
        "training texts"
    ),
)
class BitsPerCharacter(Metric[BitsPerCharacterConfig]):
    """-E log2 p(x) / L over unseen x (n, L), or a bound of it from above."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model, rows = evidence.model, self._rows(evidence)
        assert model is not None
        assert isinstance(model, HasBound)
        found = []
        for piece in rows.split(_PIECE):
            # Of a model that knows log p(x) itself the bound is just that.
            at = model.spec.standardised(piece).to(model.device)
            found.append(model.log_prob_bound(at).cpu().double())
            yield
        return _mean_bits(torch.cat(found), rows.x)

    def bar(self, evidence: Evidence) -> Figure:
        """With the exact distribution; the parts "single characters" and "pairs" are unigram and
        bigram models of the training texts.
        """
        rows, real, train = self._rows(evidence), evidence.real, evidence.train
        assert isinstance(real, TextSet)
        x, parts = real.spec().standardise(rows.x), {}
        if isinstance(train, TextSet):
            k, learned = len(train.alphabet), train.places
            counts = (_singles(learned, k, x), _pairs(learned, k, x))
            for name, log_prob in zip(("single characters", "pairs"), counts, strict=True):
                parts[name] = _mean_bits(log_prob, x).value
        if real.law is not None:
            found = _mean_bits(real.law.log_prob(x), x)
        elif isinstance(train, TextSet):
            found = _mean_bits(counts[1], x)
        else:
            raise NotApplicable("pairs are counted in the texts that were learned from")
        return Figure(found.value, found.low, found.high, found.n, parts)

    def _rows(self, evidence: Evidence) -> Batch:
        if not isinstance(evidence.real, TextSet):
            raise NotApplicable("it reads characters")
        rows = evidence.reference
        if len(rows) > self.config.rows:
            chosen = torch.randperm(len(rows), generator=evidence.rng)[: self.config.rows]
            rows = rows.take(chosen)
        return rows


def _mean_bits(log_prob: Tensor, x: Tensor) -> Figure:
    return mean_of(-log_prob.double() / (x.shape[1] * math.log(2.0)))


def _singles(train: Tensor, k: int, x: Tensor) -> Tensor:
    counts = torch.bincount(train.flatten(), minlength=k).double() + _ONCE
    return (counts / counts.sum()).log()[x].sum(dim=1)


def _pairs(train: Tensor, k: int, x: Tensor) -> Tensor:
    """Return log p (n,) of a chain with the pairs of the training texts (m, L)."""
    counts = torch.bincount((k * train[:, :-1] + train[:, 1:]).flatten(), minlength=k * k)
    onward = counts.double().reshape(k, k) + _ONCE
    onward = (onward / onward.sum(dim=1, keepdim=True)).log()
    return _singles(train, k, x[:, :1]) + onward[x[:, :-1], x[:, 1:]].sum(dim=1)
