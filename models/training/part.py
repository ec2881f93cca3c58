"""A part of a learner that is one network in training, and packs as that network does."""

from typing import Generic, TypeVar

from torch import nn

from pushforward.models.contracts.state import State
from pushforward.models.training.trained import Trained

__all__ = ["TrainedPart"]

M = TypeVar("M", bound=nn.Module)


class TrainedPart(Generic[M]):
    """What a field or a carrier with a network of its own is made of; a `Packed`.

    Attributes:
        trained: the network, with its optimiser and averages.
    """

    trained: Trained[M]

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        self.trained.pack(state, part)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self.trained.unpack(state, part)

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        return self.trained.parameter_count()
