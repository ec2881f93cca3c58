"""What exact resume needs, and who has it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

__all__ = ["Packed", "State"]


@dataclass
class State:
    """Everything that exact resume needs: tensors (networks, optimisers, EMA, generators) by
    flat name, and plain JSON values. Ready for safetensors: no pickle.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any] = field(default_factory=dict)

    def keep(self, name: str, tensor: Tensor) -> None:
        """Add a detached contiguous copy of a tensor, on the CPU."""
        self.tensors[name] = tensor.detach().to("cpu", copy=True).contiguous()

    def tensor(self, name: str, shape: Sequence[int] | None = None) -> Tensor:
        """Return a tensor, which must be of a shape where there is one; -1 stands for any number.

        Raises:
            ValueError: there is none of this name, or it has another shape.
        """
        if name not in self.tensors:
            raise ValueError(f"the saved state has no tensor {name!r}: it does not fit")
        found = self.tensors[name]
        if shape is not None and not _fits(found.shape, shape):
            here = ", ".join("any" if n == -1 else str(n) for n in shape)
            raise ValueError(
                f"{name} has shape {tuple(found.shape)} in the saved state and ({here}) in this "
                "config"
            )
        return found

    def value(self, name: str) -> Any:
        """Return a plain value.

        Raises:
            ValueError: there is none of this name.
        """
        if name not in self.values:
            raise ValueError(f"the saved state has no value {name!r}: it does not fit")
        return self.values[name]


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(
        want in (-1, n) for n, want in zip(shape, wanted, strict=True)
    )


@runtime_checkable
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
