"""Predictions of a model for the symbols it generates: probabilities and alternatives."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.spec import DataSpec

__all__ = ["MOST", "PredictionLog", "likeliest"]

MOST = 5  # symbols that are kept of a law
CHANCE = np.float16  # a share that is shown by a bar and two digits
Told = tuple[NDArray[np.float32], NDArray[np.unsignedinteger], NDArray[np.float16]]


def likeliest(law: Tensor, spec: DataSpec) -> tuple[NDArray[np.unsignedinteger], NDArray[CHANCE]]:
    """Return the likeliest symbols of laws (..., symbols), likeliest first, in the units of the
    data and the fewest bytes that hold these, and their probabilities; both (..., k), k at most
    ``MOST``.
    """
    chances, symbols = law.detach().float().topk(min(MOST, law.shape[-1]), dim=-1)
    numbers = spec.restore(symbols).numpy()
    highest = int(spec.restore(torch.arange(law.shape[-1])).max())
    return numbers.astype(np.min_scalar_type(highest)), chances.numpy().astype(CHANCE)


@dataclass
class PredictionLog:
    """Logs the predictive distribution of each symbol along a flow.

    A prediction holds until its place is predicted again.

    Attributes:
        spec: of the data.
        kept: per kept frame (n, *shape, 2), (n, *shape, k) and (n, *shape, k): probability of each
            symbol (0 for none yet) and whether it was written since the last kept frame; the most
            likely symbols; and their probabilities, 0 before any prediction.
    """

    spec: DataSpec
    kept: list[Told] = field(default_factory=list)
    _law: Tensor | None = None
    _before: Tensor | None = None

    def take(self, law: Tensor | None) -> None:
        """Go on to the next frame, which was drawn by ``law`` (`models.contracts.abilities.Writes`)
        where that is not 0.
        """
        if law is None:
            return
        if self._law is None:
            self._law = law
        else:
            asked = law.amax(dim=-1, keepdim=True) > 0.0
            self._law = torch.where(asked, law, self._law)

    def keep(self, x: Tensor) -> None:
        """Store the predictions for the symbols (n, *shape) of this frame, on the CPU."""
        symbols = self.spec.symbols
        assert symbols is not None
        law = torch.zeros((*x.shape, symbols)) if self._law is None else self._law.float().cpu()
        real = x < symbols
        chance = law.gather(-1, x.clamp(max=symbols - 1)[..., None]).squeeze(-1) * real
        first = self._before is None
        new = torch.zeros_like(real) if first else (x != self._before) & real
        written = torch.stack([chance, new.float()], dim=-1).numpy()
        self.kept.append((written, *likeliest(law, self.spec)))
        self._before = x

    def pieces(self, which: int) -> Iterator[NDArray[np.generic]]:
        """Yield one of the three arrays that are kept, (1, n, *shape, ...) for each frame."""
        for told in self.kept:
            yield told[which][np.newaxis]
