"""Null models of series that learn nothing: they look up training series. Registers nothing."""

import torch
from torch import Tensor

__all__ = ["look_up_series"]

_ROWS = 64


def look_up_series(x: Tensor, hidden: Tensor, train: Tensor, draws: int) -> Tensor:
    """Return completions of series from the training series that are nearest where both are seen.

    Args:
        x: (n, L, C); what is hidden of it is not read.
        hidden: (n, L, C) bool.
        train: (m, L, C).
        draws: how many training series fill in each.

    Returns:
        (draws, n, L, C), as observed where not hidden.
    """
    filled = []
    flat = train.flatten(1)
    parts, masks = (torch.split(each.flatten(1), _ROWS) for each in (x, hidden))
    for part, lost in zip(parts, masks, strict=True):
        seen = (~lost).to(x)
        # |a - b|^2 over the places that are seen, by products of matrices.
        distance = -2.0 * (part * seen) @ flat.T + seen @ flat.square().T
        nearest = distance.topk(draws, dim=1, largest=False).indices  # (rows, draws)
        filled.append(flat[nearest].movedim(1, 0))
    found = torch.cat(filled, dim=1).reshape(draws, *x.shape)
    return torch.where(hidden, found, x)
