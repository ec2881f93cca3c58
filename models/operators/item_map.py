"""Items as a map: vectors of a recommender in two dimensions, with a user's path over it.

Of a model without item vectors, the vector of an item is how the model responds to it: the scores
of all items after a history of it alone, in random projections (Johnson and Lindenstrauss 1984).
"""

from collections.abc import Generator
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasHistoryStates, HasItemVectors, Recommends
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import SIZE
from pushforward.models.layouts.histories import PADDING, sizes, within
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.recommender_scores import usable_scores
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["ItemMap", "ItemMapConfig"]

_HISTORY = "histories"
_RESPONSES = 64  # dimensions of projected scores
_MOST_RESPONSES = 12_000  # items whose scores are computed to place them
_PIECE = 512
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
    needs=("recommend",),
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
        assert isinstance(learner, Recommends)
        with_vectors = isinstance(learner, HasItemVectors)
        if isinstance(learner, HasItemVectors):
            vectors = learner.item_vectors().detach().float().cpu()
        else:
            vectors = yield from self._responses(learner)
        unit = torch.nn.functional.normalize(vectors, dim=1)
        mean = unit.mean(dim=0)
        axes = _components(unit - mean, self.config.seed)
        arrays = {"place": (unit - mean) @ axes}
        yield Progress(1, 2)
        states = _States(learner, self.config.seed, with_vectors=with_vectors)
        arrays |= self._path(operation, states, mean, axes)
        if 0 < self.config.item <= len(unit):
            near = unit @ unit[self.config.item - 1]
            near[self.config.item - 1] = -torch.inf
            best = near.topk(min(self.config.neighbours, len(near) - 1))
            arrays |= {"neighbour": best.indices + 1, "similarity": best.values}
        if self.config.vectors:
            arrays["vectors"] = vectors
        yield Progress(2, 2)
        return Outcome(arrays=arrays)

    def _responses(self, learner: Recommends) -> Generator[Progress, None, Tensor]:
        """Return vectors (V, 64) of the scores after each item alone.

        Raises:
            ValueError: there are too many items for this.
        """
        assert isinstance(learner, Learner)
        assert learner.spec.symbols is not None
        items = learner.spec.symbols - 1
        if items > _MOST_RESPONSES:
            raise ValueError(
                f"this model has no vectors of its {items:,} items; without them at most "
                f"{_MOST_RESPONSES:,} items can be placed."
            )
        found = []
        for start in range(1, items + 1, _PIECE):
            x = torch.zeros(
                min(_PIECE, items + 1 - start), learner.spec.shape[0], dtype=torch.int64
            )
            x[:, 0] = torch.arange(start, start + len(x))
            found.append(_projected(usable_scores(learner, _batch(x)), self.config.seed))
            yield Progress(start, 2 * items)
        return torch.cat(found)

    def _path(
        self, operation: Operation, states: "_States", mean: Tensor, axes: Tensor
    ) -> dict[str, Tensor]:
        places = operation.learner.spec.shape[0]
        history = within(operation.handed[_HISTORY].x[:1], places)
        length = int(sizes(history))
        if not length:
            return {}
        x = history.expand(length, -1).clone()
        x[torch.arange(places) > torch.arange(length)[:, None]] = PADDING
        found = states.after(_batch(x))
        if found is None or found.shape[1] != len(mean):
            return {}
        arrays = {"path": (torch.nn.functional.normalize(found, dim=1) - mean) @ axes}
        if (
            self.config.draws
            and (cloud := states.draws(_batch(history), self.config.draws)) is not None
        ):
            arrays["cloud"] = (torch.nn.functional.normalize(cloud, dim=1) - mean) @ axes
        return arrays


class _States:
    """Vectors of histories in the space of the item vectors."""

    def __init__(self, learner: Any, seed: int, *, with_vectors: bool) -> None:
        self._learner, self._seed, self._with_vectors = learner, seed, with_vectors

    def after(self, histories: Batch) -> Tensor | None:
        """Return the states (n, k); None if the model represents no histories."""
        if not self._with_vectors:
            return _projected(usable_scores(self._learner, histories), self._seed)
        if not isinstance(self._learner, HasHistoryStates):
            return None
        return self._learner.history_states(histories).detach().float().cpu()

    def draws(self, history: Batch, count: int) -> Tensor | None:
        """Return states (count, k) of one history with other noise; None without noise."""
        if not (self._with_vectors and isinstance(self._learner, HasHistoryStates)):
            return None
        cloud = self._learner.history_states(history, count, make_generator(self._seed))[0]
        return None if bool((cloud == cloud[:1]).all()) else cloud.detach().float().cpu()


def _projected(scores: Tensor, seed: int) -> Tensor:
    """Return centred scores (n, V) as random projections (n, 64), which keep their angles."""
    scores = scores.detach().float().cpu()
    centred = scores - scores.mean(dim=1, keepdim=True)
    return centred @ torch.randn(scores.shape[1], _RESPONSES, generator=make_generator(seed)) / 8


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
