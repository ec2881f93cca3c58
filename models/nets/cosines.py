"""The noise level as cosines, for networks conditioned on a clock c = ln(s)/4.

| name | cosines | of |
|---|---|---|
| cosine | cos(s e^k pi / 80), k = 0, ..., 15 | the level itself, up to 80 |
| log-cosine | cos(k pi u), k = 1, ..., 16 | u, the place of ln s between 1e-5 and 100 |

Source: Leigh et al. 2023, arXiv:2307.06836 (PC-Droid), whose code has both kinds of frequencies,
the exponential ones by default. These tell levels apart down to 1e-5, and hardly two near 80 whose
ratio is 1.1; the even ones in ln s tell ratios apart, everywhere as well.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["CosineName", "Cosines"]

CosineName = Literal["cosine", "log-cosine"]

_COUNT = 16
_LARGEST = 80.0
_LOW, _HIGH = math.log(1e-5), math.log(100.0)


class Cosines(nn.Module):
    """c (B,) = ln(s)/4 -> (B, 16), by a row of the table."""

    frequencies: Tensor

    def __init__(self, name: CosineName) -> None:
        super().__init__()
        self.name = name
        steps = torch.arange(_COUNT, dtype=torch.float64)
        turns = (steps + 1) if name == "log-cosine" else steps.exp() / _LARGEST
        self.register_buffer("frequencies", (math.pi * turns).float(), persistent=False)
        self.dim_out = _COUNT

    def forward(self, c: Tensor) -> Tensor:
        log_s = 4 * c
        place = (log_s - _LOW) / (_HIGH - _LOW) if self.name == "log-cosine" else log_s.exp()
        return torch.cos(place[:, None] * self.frequencies)
