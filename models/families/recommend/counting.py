"""What recommenders share that count in one pass over the histories and train no weights."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeVar, Unpack

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING
from pushforward.models.popularity import Counts

__all__ = ["LARGEST_SQUARE", "CountingRecommender", "check_square", "last_items"]

C = TypeVar("C", bound=Config)
LARGEST_SQUARE = 20_000
"""Items of a catalogue for which a model can have a number for each pair."""
_TIE = 1e-6
"""Weight of popularity where scores are equal, and for users without a history."""
_USERS = 512  # whose scores are computed at once


class CountingRecommender(Learner[C]):
    """Counts the items of each batch, and what a subclass adds."""

    UNSHARED = "It counts or solves in closed form: no gradient is shared."

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self.items = spec.symbols - 1
        self.popular = Counts(self.items, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"counts": self.popular}

    def walk(self, batch: Rows) -> Walk:
        """Count; the loss is that of popularity, of the items of this batch before they are
        counted.
        """
        rows = Batch.of(batch)
        loss = -self.popular.log_shares()[rows.x[rows.x != PADDING] - 1].mean()
        self.popular.add(rows.x)
        self.count(rows)
        yield "count", {"real": rows.x}
        return {"loss": loss}

    def count(self, rows: Batch) -> None:
        """Count what else of the histories matters."""

    def recommend(self, histories: Rows) -> Tensor:
        """Return the score of each item, item i at i - 1: (n, L) -> (n, V)."""
        parts = Batch.of(histories).to(self.device).split(_USERS)
        tie = _TIE * self.popular.log_shares().double().exp()
        return torch.cat([(self.scores(part.x) + tie).float() for part in parts])

    @abstractmethod
    def scores(self, x: Tensor) -> Tensor:
        """Return the scores of all items after histories (n, L): (n, V) float64."""


def check_square(items: int, name: str) -> None:
    """Make sure that a catalogue is small enough for a number for each pair of items.

    Raises:
        ConfigError: it is not.
    """
    if items > LARGEST_SQUARE:
        raise ConfigError(
            "",
            f"{name} needs a number for each pair of items, and {items:,} items are too many: at "
            f"most {LARGEST_SQUARE:,}. Use windowed transitions or a network.",
        )


def last_items(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return which places of histories (n, L) are among the last ``count`` items, and the age of
    each place, 0 for the last item: both (n, L).
    """
    age = (x != PADDING).sum(dim=1, keepdim=True) - 1 - torch.arange(x.shape[1], device=x.device)
    return (age >= 0) & (age < count), age
