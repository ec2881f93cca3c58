"""`Batch`: rows with their padding mask and their conditions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.models.tensors import in_parts, upload

__all__ = ["Batch", "Rows", "by_parts"]


@dataclass(frozen=True)
class Batch:
    """Rows, one per sample; also latents and frames.

    Attributes:
        x: (n, *shape) float32, or int64 if the spec has ``symbols``.
        mask: (n, shape[0]) bool, False where a place is padded, and x there is 0; None where every
            place of every row is real.
        given: the conditions of each row by name, each (n, ...).
    """

    x: Tensor
    mask: Tensor | None = None
    given: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: "Rows") -> "Batch":
        """Return rows as a batch: a tensor becomes one without padding and conditions."""
        return rows if isinstance(rows, Batch) else cls(rows)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.x.device

    def take(self, rows: Tensor | slice) -> "Batch":
        """Return some rows, by their numbers or as a range."""
        return self.each(lambda values: values[rows])

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device, without making the host wait."""
        return self.each(lambda values: upload(values, device))

    def each(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """Return what a function makes of each tensor: of x, of the mask and of what is given."""
        mask = None if self.mask is None else function(self.mask)
        given = {name: function(values) for name, values in self.given.items()}
        return Batch(function(self.x), mask, given)

    def holding(self, x: Tensor) -> "Batch":
        """Return other values (n, *) of the same rows; see `zeroed` for padded places."""
        return replace(self, x=x)

    def zeroed(self, x: Tensor) -> Tensor:
        """Return x (n, shape[0], ...) with its padded places set to 0; x itself without a mask."""
        if self.mask is None:
            return x
        return x.masked_fill(~self.mask.reshape(self.mask.shape + (1,) * (x.ndim - 2)), 0)

    def places(self) -> Tensor | None:
        """Return how many real places a row has on average, 0-d; None without a mask."""
        return None if self.mask is None else self.mask.sum() / len(self.mask)

    def split(self, size: int) -> Iterator["Batch"]:
        """Yield the rows in order, at most ``size`` at a time."""
        # A graph for export has a batch of any size, which no split may fix.
        if torch.compiler.is_compiling():
            yield self
            return
        for start in range(0, len(self.x), size):
            yield self.take(slice(start, start + size))

    @staticmethod
    def cat(batches: Sequence["Batch"]) -> "Batch":
        """Join batches that have the same names given, all with a mask or none."""
        first = batches[0]
        if len(batches) == 1:
            return first
        masks = [b.mask for b in batches if b.mask is not None]
        return Batch(
            torch.cat([b.x for b in batches]),
            torch.cat(masks) if masks else None,
            {name: torch.cat([b.given[name] for b in batches]) for name in first.given},
        )


Rows: TypeAlias = Batch | Tensor
"""The type of rows: a batch, or a tensor (n, *shape) without padding and conditions."""


def by_parts(function: Callable[..., Tensor], batch: Batch, *more: Tensor) -> Tensor:
    """Return function(batch, *more), evaluated in parts whose size suits the device; see
    `models.tensors.in_parts`. ``more`` have as many rows.
    """
    names = sorted(batch.given)
    beside = [batch.given[name] for name in names]
    if batch.mask is not None:
        beside.append(batch.mask)

    def part(x: Tensor, *rest: Tensor) -> Tensor:
        extra, told = rest[: len(more)], rest[len(more) :]
        mask = None if batch.mask is None else told[-1]
        return function(Batch(x, mask, dict(zip(names, told, strict=False))), *extra)

    return in_parts(part, batch.x, *more, *beside)
