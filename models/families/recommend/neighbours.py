"""Recommenders with a number for each pair of items: item-kNN and EASE.

Both are fitted to the Gram matrix G = Xᵀ X of users and items, which batches add up.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeVar, Unpack

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.families.recommend.counting import (
    CountingRecommender,
    check_square,
    last_items,
)
from pushforward.models.registry import family
from pushforward.models.settings.neighbours import (
    EaseConfig,
    ItemKnnConfig,
    LastItemsConfig,
)

__all__ = ["Ease", "EaseConfig", "ItemKnn", "ItemKnnConfig"]


C = TypeVar("C", bound=LastItemsConfig)


class _Gram:
    """G[i, j], the number of users who took both items: a `Packed`."""

    def __init__(self, items: int, device: torch.device) -> None:
        self.matrix = torch.zeros(items, items, device=device)

    def add(self, x: Tensor) -> None:
        """Add histories (n, L)."""
        taken = torch.zeros(len(x), len(self.matrix) + 1, device=x.device)
        taken.scatter_(1, x, 1.0)
        self.matrix.addmm_(taken[:, 1:].T, taken[:, 1:])

    def pack(self, state: State, part: str) -> None:
        """Add the counts."""
        state.keep(f"{part}/gram", self.matrix)

    def unpack(self, state: State, part: str) -> None:
        """Restore them.

        Raises:
            ValueError: they are of other items.
        """
        self.matrix.copy_(state.tensor(f"{part}/gram", self.matrix.shape))

    def parameter_count(self) -> int:
        """Return 0: nothing is trained by a gradient."""
        return 0


class _Linear(CountingRecommender[C]):
    """score(j) = sum of B[i, j] over the last items i of the history."""

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        assert spec.symbols is not None
        check_square(spec.symbols - 1, type(self).__name__)
        super().__init__(config, spec, **training)
        self.gram = _Gram(self.items, self.device)
        self._weights: Tensor | None = None

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "gram": self.gram}

    def count(self, rows: Batch) -> None:
        self.gram.add(rows.x)
        self._weights = None

    def load_state(self, state: State) -> None:
        """See `Learner.load_state`."""
        super().load_state(state)
        self._weights = None

    @abstractmethod
    def solve(self, gram: Tensor) -> Tensor:
        """Return B (V, V) of a Gram matrix (V, V) float64."""

    @property
    def weights_between(self) -> Tensor:
        """B, (V, V) float64, computed once for the present counts."""
        if self._weights is None:
            self._weights = self.solve(self.gram.matrix.double())
        return self._weights

    def item_vectors(self) -> Tensor:
        """Return the rows of B: what each item adds to the scores, (V, V)."""
        return self.weights_between.float()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`: the scores themselves."""
        x = Batch.of(histories).to(self.device).x
        states = self.scores(x).float()
        return states if not draws else states[:, None].expand(-1, draws, -1)

    def scores(self, x: Tensor) -> Tensor:
        kept, _ = last_items(x, self.config.last)
        taken = torch.zeros(len(x), self.items + 1, dtype=torch.float64, device=x.device)
        taken.scatter_(1, torch.where(kept, x, 0), 1.0)
        return taken[:, 1:] @ self.weights_between

    def score_shares(self, histories: Rows, items: Tensor) -> Tensor:
        """See `models.contracts.abilities.ExplainsScores`."""
        x = Batch.of(histories).to(self.device).x
        kept, _ = last_items(x, self.config.last)
        columns = self.weights_between[:, items.to(self.device) - 1]
        shares = columns[(x - 1).clamp_min(0)] * _first_among(x, kept)[..., None]
        return shares.float()


def _first_among(x: Tensor, kept: Tensor) -> Tensor:
    """Return which of the kept places hold an item that no earlier kept place holds: an item that
    was taken twice counts once.
    """
    same = (x[:, :, None] == x[:, None, :]) & kept[:, None, :]
    return kept & ~same.tril(-1).any(dim=2)


@family(
    "item-knn",
    config=ItemKnnConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states", "score-shares"),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class ItemKnn(_Linear[ItemKnnConfig]):
    """B[i, j] = G[i, j] / (sqrt(G[i, i] G[j, j]) + shrink) for the nearest items i of each j."""

    def solve(self, gram: Tensor) -> Tensor:
        norm = gram.diagonal().sqrt()
        similar = gram / (norm[:, None] * norm + self.config.shrink).clamp_min(1e-12)
        similar.fill_diagonal_(0.0)
        k = min(self.config.neighbours, len(gram))
        nearest = similar.topk(k, dim=0)
        return torch.zeros_like(similar).scatter_(0, nearest.indices, nearest.values)


@family(
    "ease",
    config=EaseConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states", "score-shares"),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class Ease(_Linear[EaseConfig]):
    """B = I - P diag(1 / P_jj) with P = (G + lambda I)^-1: least squares with a zero diagonal."""

    def solve(self, gram: Tensor) -> Tensor:
        size = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram + self.config.penalty * size))
        weights = -inverse / inverse.diagonal()
        return weights.fill_diagonal_(0.0)
