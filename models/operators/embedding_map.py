"""Real and generated samples in one plane: the first components of their features, or t-SNE."""

from collections.abc import Generator
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Labelled, RowSource
from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.represent.representation import Representation
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.representation_views import _judge
from pushforward.models.registry import operator
from pushforward.models.representation.tsne import embed
from pushforward.models.tensors import make_generator

__all__ = ["EmbeddingMap", "EmbeddingMapConfig"]

_ROWS, _LATENTS = 3611, 3612  # streams of the seed
_STEPS, _CHUNK = 400, 1000


class EmbeddingMapConfig(Config, frozen=True):
    """How many samples are placed, and how."""

    method: Annotated[
        Literal["pca", "tsne"],
        param(
            "Method",
            "Principal components keep distances; t-SNE keeps neighbours and takes seconds.",
            choices={"pca": "PCA", "tsne": "t-SNE"},
        ),
    ] = "pca"
    n: Annotated[
        int,
        param(
            "Samples",
            "Maximum number of real samples, and of generated ones. t-SNE uses at most 1,000.",
            low=8,
            high=5000,
            log=True,
        ),
    ] = 800
    seed: SeedSetting = 0


@operator(
    "embedding-map",
    title="Embedding map",
    summary="Places real and generated samples by their features in one plane.",
    source="van der Maaten and Hinton 2008, JMLR 9, 2579-2605",
    needs=("represent",),
    reads_data=True,
    config=EmbeddingMapConfig,
)
class EmbeddingMap:
    """Takes the same samples at each step of a training, so that they can be followed."""

    def __init__(self, config: EmbeddingMapConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Place them; see `models.operators.base.Operator`. The arrays are "place" (m, 2) in units
        of its spread, "generated" (m,) bool, "x" (m, *shape) in the units of the data, "class"
        (m,), -1 where it is unknown, and "nearest" (m,), the distance to the nearest real sample in
        units of the mean distance between real neighbours.
        """
        model = operation.learner
        assert isinstance(model, Representation)
        n = min(self.config.n, 1000) if self.config.method == "tsne" else self.config.n
        real, classes = _real(operation, n, self.config.seed)
        x, generated = real, torch.zeros(len(real), dtype=torch.bool)
        if model.anchors is not None:
            _, made = model.anchors.new(n, make_generator(self.config.seed, _LATENTS))
            made = model.spec.restore(made).cpu()
            judge = yield from _judge(operation)
            told = torch.full((n,), -1) if judge is None else judge.logits(made).argmax(dim=1)
            x, classes = torch.cat([real, made]), torch.cat([classes, told])
            generated = torch.cat([generated, torch.ones(n, dtype=torch.bool)])
        yield Progress(0, _STEPS)
        features = model.represent(model.spec.standardise(x).to(model.device)).cpu()
        place, held = _components(features, x)
        axes = f"Axes: principal components, {held[0]:.0f} % and {held[1]:.0f} % of the variance."
        if self.config.method == "tsne":
            place = yield from _counted(embed(features, place, steps=_STEPS))
            axes = "t-SNE keeps neighbours; its axes and distances have no unit."
        spread = place.std(dim=0).mean().clamp_min(1e-12)
        arrays = {
            "place": (place - place.mean(dim=0)) / spread,
            "generated": generated,
            "x": x,
            "class": classes,
            "nearest": _nearest(features, generated),
        }
        return Outcome(arrays=arrays, note=f"{_describe(features, generated)} {axes}")


def _counted(work: Generator[int, None, Tensor]) -> Generator[Progress, None, Tensor]:
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            place: Tensor = end.value
            return place
        yield Progress(step + 1, _STEPS)


def _real(operation: Operation, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return unseen real samples, in the units of the data, and their classes, -1 for unknown."""
    source: RowSource | None = operation.some(n, seed) if operation.some is not None else None
    if source is None and operation.data is not None:
        source = operation.data()
    if source is None:
        raise ValueError("the data of the run are needed, and there are none")
    if LABEL not in source.spec().given and isinstance(source, Labelled):
        source = source.labelled() or source
    order = torch.randperm(len(source), generator=make_generator(seed, _ROWS))[:n]
    rows = source.rows(order)
    return rows.x, rows.given.get(LABEL, torch.full((len(rows),), -1)).long()


def _components(features: Tensor, x: Tensor) -> tuple[Tensor, list[float]]:
    """Return the first two principal components (n, 2), and the share of the variance of each, in
    %. Their signs follow the mean value of the samples, so that they do not flip from step to step.
    """
    centred = features - features.mean(dim=0)
    _, sizes, axes = torch.linalg.svd(centred, full_matrices=False)
    place: Tensor = centred @ axes[:2].T
    like = x.flatten(1).mean(dim=1)
    sign = torch.where((like - like.mean()) @ place < 0, -1.0, 1.0)
    shares = 100 * sizes.square() / sizes.square().sum().clamp_min(1e-30)
    return place * sign, shares[:2].tolist()


def _nearest(features: Tensor, generated: Tensor) -> Tensor:
    """Return the distance of each to the nearest other real sample, relative to the mean of that
    between real samples.
    """
    real = features[~generated]
    own = torch.where(generated, -1, (~generated).long().cumsum(dim=0) - 1)  # itself among real
    found = []
    for first in range(0, len(features), _CHUNK):
        rows = slice(first, first + _CHUNK)
        away = torch.cdist(features[rows], real)
        itself = own[rows][:, None] == torch.arange(len(real))
        found.append(away.masked_fill(itself, torch.inf).min(dim=1).values)
    nearest = torch.cat(found)
    return nearest / nearest[~generated].mean().clamp_min(1e-12)


def _describe(features: Tensor, generated: Tensor) -> str:
    if not bool(generated.any()):
        return f"{len(features):,} real samples; this run has no source."
    spread = [features[rows].var(dim=0).sum() for rows in (generated, ~generated)]
    share = 100 * float(spread[0] / spread[1].clamp_min(1e-12))
    return f"Generated samples have {share:.0f} % of the variance of real samples, in the features."
