"""What a network is that says after each place of a history what may come next."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

__all__ = ["Recommender"]


class Recommender(nn.Module, ABC):
    """States of a history, and scores of all items after a state.

    The two are apart because states of all places are cheap and scores are not: for the next item
    only the last place is scored. A state knows its own place and those before it, and nothing of
    later ones.
    """

    @abstractmethod
    def states(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the state after each place: x (B, L) int64 -> (B, L, k)."""

    @abstractmethod
    def scores(self, states: Tensor) -> Tensor:
        """Return a logit of each item, item i at i - 1: states (..., k) -> (..., V)."""

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Return the logits after each place: x (B, L) int64 -> (B, L, V)."""
        return self.scores(self.states(x, mask))
