"""The conditions of a row as numbers for a network, and their scale."""

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import param
from pushforward.models.contracts.spec import POSITION, SIZE, DataSpec

__all__ = ["Balanced", "GivenFeatures", "loudness"]

Balanced = Annotated[
    bool,
    param(
        "Balanced inputs",
        "Scales conditions, such as the class, to the weight of all other inputs together. "
        "Without it a network with 64 pixels ignores the class for thousands of steps.",
        advanced=True,
    ),
]


class GivenFeatures(nn.Module):
    """Conditions by name, (B, ...) -> features (B, dim), in the order of the names.

    Labels are one-hot, numbers flat, the size a fraction of the largest; the place is left out. The
    features of an unconditional label (`models.contracts.unconditional`) are 0.

    Args:
        spec: of the data.
        but: a condition that the network receives otherwise, "" for none.

    Attributes:
        dim: number of features, 0 without conditions.
        square: the sum of their squares, for labels and standardised numbers.
    """

    def __init__(self, spec: DataSpec, but: str = "") -> None:
        super().__init__()
        hidden = (but, POSITION)
        self._given = {name: spec.given[name] for name in sorted(spec.given) if name not in hidden}
        self._largest = 1 if spec.masks is None else max(1, len(spec.masks) - 1)
        self.dim = sum((g.classes or 1) * math.prod(g.shape) for g in self._given.values())
        self.square = sum(math.prod(g.shape) for g in self._given.values())

    def forward(self, given: Mapping[str, Tensor]) -> Tensor:
        parts = []
        for name, known in self._given.items():
            value = given[name]
            if known.classes:
                one_hot = functional.one_hot(value.long().clamp_min(0), known.classes)
                parts.append((one_hot.float() * (value >= 0)[..., None]).flatten(1))
            elif name == SIZE:
                parts.append(value.float()[:, None] / self._largest)
            else:
                parts.append(value.float().reshape(len(value), -1))
        return torch.cat(parts, dim=1)

    def of(self, given: Mapping[str, Tensor] | None, x: Tensor) -> Tensor:
        """Return the same for rows x (B, ...), which may be unconditional."""
        return x.new_zeros((len(x), self.dim)) if given is None else self(given)


def loudness(told: GivenFeatures | None, numbers: int) -> float:
    """Return the factor that scales conditions to the size of a given number of values of unit
    variance.
    """
    return 1.0 if told is None else math.sqrt(numbers / max(1, told.square))
