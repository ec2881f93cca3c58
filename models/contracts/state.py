"""What exact resume needs, and who has it."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

__all__ = ["Packed", "State"]


@dataclass
class State:
    """Everything that exact resume needs: tensors (networks, optimisers, EMA, generators) by
    flat name, and plain JSON values. Ready for safetensors: no pickle.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any] = field(default_factory=dict)


class Packed(Protocol):
    """A part of a learner that has a state of its own."""

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state, under names that begin with the part's."""
        ...

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        ...

    def parameter_count(self) -> int:
        """Return how many numbers of it are trained."""
        ...
