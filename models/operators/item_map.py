"""Items as a map: vectors of a recommender in two dimensions, with a user's path over it."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasHistoryStates, HasItemVectors
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.layouts.histories import PADDING, sizes, within
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["ItemMap", "ItemMapConfig"]

_HISTORY = "histories"
_WIDE = 1024  # dimensions from which components are approximate


class ItemMapConfig(Config, frozen=True):
    """What is placed on the map."""

    item: Annotated[
        int, param("Neighbours of item", "Number of an item; 0 for none.", low=0, high=10**9)
    ] = 0
    neighbours: Annotated[int, param("Neighbours", "Number of nearest items.", low=1, high=100)] = (
        10
    )
    draws: Annotated[
        int,
        param("Latent draws", "Samples of the latent noise of the last state.", low=0, high=500),
    ] = 0
    vectors: Annotated[
        bool, param("Keep vectors", "Also returns the item vectors, for export.")
    ] = False
    seed: SeedSetting = 0


@operator(
    "item-map",
    title="Map of items",
    summary="Projects item vectors and the states of a history onto their two principal "
    "components.",
    source="principal components of vectors of unit length (Pearson 1901)",
    kinds=("interactions",),
    needs=("recommend", "item-vectors"),
    takes=(
        Slot(
            _HISTORY,
            "History",
            "Items of one user, the newest last. Its state after each item becomes a path.",
        ),
    ),
    config=ItemMapConfig,
)
class ItemMap:
    """Principal components of the directions of item vectors."""

    def __init__(self, config: ItemMapConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Place items and states. The outcome is "place" (V, 2) and, if the model represents
        histories in the same space, "path" (L, 2), the state after each of the items that it reads,
        and "cloud" (draws, 2); for an item its "neighbour" (k,) and "similarity" (k,), cosines.
        """
        learner = operation.learner
        assert isinstance(learner, HasItemVectors)
        vectors = learner.item_vectors().detach().float().cpu()
        unit = torch.nn.functional.normalize(vectors, dim=1)
        mean = unit.mean(dim=0)
        axes = _components(unit - mean, self.config.seed)
        arrays = {"place": (unit - mean) @ axes}
        yield Progress(1, 2)
        if isinstance(learner, HasHistoryStates):
            arrays |= self._path(operation, learner, mean, axes)
        if 0 < self.config.item <= len(unit):
            near = unit @ unit[self.config.item - 1]
            near[self.config.item - 1] = -torch.inf
            best = near.topk(min(self.config.neighbours, len(near) - 1))
            arrays |= {"neighbour": best.indices + 1, "similarity": best.values}
        if self.config.vectors:
            arrays["vectors"] = vectors
        yield Progress(2, 2)
        return Outcome(arrays=arrays)

    def _path(
        self, operation: Operation, learner: HasHistoryStates, mean: Tensor, axes: Tensor
    ) -> dict[str, Tensor]:
        places = operation.learner.spec.shape[0]
        history = within(operation.handed[_HISTORY].x[:1], places)
        length = int(sizes(history))
        if not length:
            return {}
        x = history.expand(length, -1).clone()
        x[torch.arange(places) > torch.arange(length)[:, None]] = PADDING
        states = learner.history_states(_batch(x)).detach().float().cpu()
        if states.shape[1] != len(mean):
            return {}
        found = {"path": (torch.nn.functional.normalize(states, dim=1) - mean) @ axes}
        if self.config.draws:
            generator = make_generator(self.config.seed)
            cloud = learner.history_states(_batch(history), self.config.draws, generator)[0]
            unit = torch.nn.functional.normalize(cloud.detach().float().cpu(), dim=1)
            found["cloud"] = (unit - mean) @ axes
        return found


def _batch(x: Tensor) -> Batch:
    return Batch(x, x != PADDING, {SIZE: sizes(x)})


def _components(x: Tensor, seed: int) -> Tensor:
    """Return the two principal axes of centred rows (n, d): (d, 2). Signs are such that the largest
    entry of each is positive.
    """
    if x.shape[1] <= _WIDE:
        axes = torch.linalg.eigh(x.T @ x).eigenvectors[:, [-1, -2]]
    else:
        start = torch.randn(x.shape[1], 6, generator=make_generator(seed))
        for _ in range(8):  # subspace iteration: the spectrum of counts falls fast
            start = torch.linalg.qr(x.T @ (x @ start)).Q
        axes = start @ torch.linalg.eigh(start.T @ (x.T @ (x @ start))).eigenvectors[:, [-1, -2]]
    largest = axes.abs().argmax(dim=0)
    signed: Tensor = axes * axes[largest, torch.arange(2)].sign()
    return signed
