"""Anomaly score of samples by their distance from the training data in learned features."""

from collections.abc import Callable, Mapping
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, Pick, param
from pushforward.models.families.represent.representation import Representation
from pushforward.models.operators.base import (
    Operation,
    Outcome,
    Progress,
    SeedSetting,
    Slot,
    Work,
)
from pushforward.models.operators.editing import PIECE, ROWS
from pushforward.models.operators.otherset import other_rows
from pushforward.models.operators.outliers import auc
from pushforward.models.operators.probe_representation import random_encoder
from pushforward.models.registry import operator

__all__ = ["RepresentationAnomaly", "RepresentationAnomalyConfig"]

_MOST = 20_000  # training samples that are searched
_OTHER = 3631  # a stream of the seed

Represent = Callable[[Tensor], Tensor]


class RepresentationAnomalyConfig(Config, frozen=True):
    """Which neighbour is measured, and what the scores are compared with."""

    k: Annotated[
        int,
        param("Neighbour k", "The distance of the k-th nearest training sample is the score.",
              low=1, high=100),
    ] = 5  # fmt: skip
    other: Annotated[
        Pick,
        param(
            "Other data",
            "A data set of the same size that was not trained on: AUROC says how well its scores "
            "stand out.",
            of="dataset",
        ),
    ] = Pick()
    seed: SeedSetting = 0


@operator(
    "representation-anomaly",
    title="Find anomalies by features",
    summary="Scores samples by the distance of the k-th nearest training sample in the features of "
    "this run, next to raw values and a random encoder.",
    source="Sun et al. 2022, arXiv:2204.06507, section 3",
    needs=("represent",),
    counts="encoders",
    takes=(Slot(ROWS, "Samples", "The samples to score.", unless="test"),),
    reads_data=True,
    config=RepresentationAnomalyConfig,
)
class RepresentationAnomaly:
    """Features are normalised to length 1, as in the paper."""

    def __init__(self, config: RepresentationAnomalyConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Score; see `models.operators.base.Operator`.

        The arrays: "score" (n,), larger for less like the training data. With other data also
        "other" (m,), their scores, and "auc", "auc-raw" and "auc-random", (3,) each: the
        probability that one of them scores higher than one of the samples, with its 95 % interval,
        by these features, by raw values and by the same encoder before its training.

        Raises:
            ValueError: there are no training data, or the other data have another size.
        """
        model, config = operation.learner, self.config
        assert isinstance(model, Representation)
        if operation.data is None:
            raise ValueError("the training data are needed to compare with, and there are none")
        learned = operation.data().rows(slice(0, _MOST)).x
        sets = {"score": operation.handed[ROWS].x}
        if config.other.slug:
            n = len(sets["score"])
            sets["other"] = other_rows(operation, config.other, n, config.seed, _OTHER).x
        ways: Mapping[str, Represent] = {"": _features_of(model)}
        if config.other.slug:
            ways = {
                **ways,
                "-raw": lambda x: x.flatten(1),
                "-random": _features_of(random_encoder(model)),
            }
        arrays: dict[str, Tensor] = {}
        for done, (name, way) in enumerate(ways.items()):
            yield Progress(done, len(ways))
            known = functional.normalize(_in_pieces(way, learned), dim=1)
            scores = {each: _kth_distance(way, x, known, config.k) for each, x in sets.items()}
            if not name:
                arrays |= scores
            if "other" in scores:
                arrays[f"auc{name}"] = auc(scores["other"], scores["score"])
        return Outcome(arrays=arrays, note=_describe(arrays, config))


def _features_of(model: Representation) -> Represent:
    return lambda x: model.represent(model.spec.standardise(x).to(model.device)).cpu()


def _in_pieces(way: Represent, x: Tensor) -> Tensor:
    return torch.cat([way(piece) for piece in torch.split(x, PIECE)])


def _kth_distance(way: Represent, x: Tensor, known: Tensor, k: int) -> Tensor:
    """Return the distance of the k-th nearest of ``known`` rows, (n,)."""
    features = functional.normalize(_in_pieces(way, x), dim=1)
    k = min(k, len(known))
    parts = torch.split(features, PIECE)
    return torch.cat([torch.cdist(part, known).kthvalue(k, dim=1).values for part in parts])


def _describe(arrays: Mapping[str, Tensor], config: RepresentationAnomalyConfig) -> str:
    if "auc" not in arrays:
        median = float(arrays["score"].median())
        return f"{len(arrays['score']):,} samples; median distance {median:.3g}."
    area, low, high = arrays["auc"].tolist()
    raw, random = float(arrays["auc-raw"][0]), float(arrays["auc-random"][0])
    return (
        f"AUROC against {config.other.slug} {area:.3f} ({low:.3f} to {high:.3f}); raw values "
        f"{raw:.3f}, random encoder {random:.3f}."
    )
