"""A path whose log-SNR is learned: how fast it falls is a monotone network of noise time.

gamma(u) = 2 ln s(u) rises from gamma_0 to gamma_1 as

    gamma(u) = gamma_0 + (gamma_1 - gamma_0) (g(u) - g(0)) / (g(1) - g(0)),
    g(u) = |w| u + mean_k |b_k| sigmoid(|a_k| (u - c_k)),

so that alpha^2 = sigmoid(-gamma), sigma^2 = sigmoid(gamma). It begins as good as linear.

Source: Kingma et al. 2021, arXiv:2107.00630, appendix H: weights that are not negative make g
monotone; the two ends are numbers of their own.
"""

import math

import torch
from torch import Tensor, nn

from pushforward.models.paths.gaussian import GaussianPath

__all__ = ["LearnedPath"]

_UNITS = 32
_TABLE = 256  # where Newton's method for u(s) begins
_NEWTON = 3


class LearnedPath(nn.Module, GaussianPath):
    """Variance preserving, with s(0) = s_min and s(1) = s_max.

    Functions of u also work in float64, and carry gradients to the weights and to u, none to the
    ends: what these are good for is another question (`models.fields.schedule`).

    Args:
        s_min, s_max: the ends.
        free: whether the ends are learned too.

    Attributes:
        ends: ln s at both, (2,).
    """

    ends: Tensor

    def __init__(self, s_min: float, s_max: float, *, free: bool = False) -> None:
        super().__init__()
        ends = torch.tensor([math.log(s_min), math.log(s_max)])
        if free:
            self.ends = nn.Parameter(ends)
        else:
            self.register_buffer("ends", ends, persistent=False)
        self.slope = nn.Parameter(torch.ones(()))
        self.rise = nn.Parameter(torch.full((_UNITS,), 0.1))
        self.pace = nn.Parameter(torch.full((_UNITS,), 0.5 * _UNITS))
        self.centre = nn.Parameter((torch.arange(_UNITS) + 0.5) / _UNITS)

    @property
    def free(self) -> bool:
        """Whether the ends are learned."""
        return isinstance(self.ends, nn.Parameter)

    def log_s(self, u: Tensor) -> Tensor:
        """Return ln s."""
        low, _ = self._edges(u)
        return self.ends[0].detach().to(u) + self._scale(u) * (self._g(u) - low)

    def s(self, u: Tensor) -> Tensor:
        return self.log_s(u).exp()

    def d_log_s(self, u: Tensor) -> Tensor:
        gate = self._gates(u)
        each = self.rise.abs() * self.pace.abs()
        steep = self.slope.abs().to(u) + (gate * (1 - gate)) @ each.to(u) / _UNITS
        return self._scale(u) * steep

    def d2_log_s(self, u: Tensor) -> Tensor:
        """Return d^2 ln s / du^2."""
        gate = self._gates(u)
        bend = gate * (1 - gate) * (1 - 2 * gate)
        each = self.rise.abs() * self.pace.square()
        return self._scale(u) * (bend @ each.to(u)) / _UNITS

    def alpha(self, u: Tensor) -> Tensor:
        return torch.sigmoid(-2 * self.log_s(u)).sqrt()

    def sigma(self, u: Tensor) -> Tensor:
        return torch.sigmoid(2 * self.log_s(u)).sqrt()

    def d_alpha(self, u: Tensor) -> Tensor:
        return -self.alpha(u) * self.sigma(u).square() * self.d_log_s(u)

    def d_sigma(self, u: Tensor) -> Tensor:
        return self.sigma(u) * self.alpha(u).square() * self.d_log_s(u)

    @torch.no_grad()
    def time(self, s: Tensor) -> Tensor:
        """Return u(s), without a gradient: by Newton's method from the nearest time of a table."""
        goal = s.log()
        grid = torch.linspace(0, 1, _TABLE + 1, dtype=s.dtype, device=s.device)
        table = self.log_s(grid)
        at = torch.searchsorted(table, goal.contiguous()).clamp(1, _TABLE)
        below, above = table[at - 1], table[at]
        u = (at - 1 + (goal - below) / (above - below)) / _TABLE
        u = u.clamp(0, 1)
        for _ in range(_NEWTON):
            u = (u + (goal - self.log_s(u)) / self.d_log_s(u)).clamp(0, 1)
        return u

    def _gates(self, u: Tensor) -> Tensor:
        return torch.sigmoid(self.pace.abs().to(u) * (u[..., None] - self.centre.to(u)))

    def _g(self, u: Tensor) -> Tensor:
        return self.slope.abs().to(u) * u + self._gates(u) @ self.rise.abs().to(u) / _UNITS

    def _scale(self, u: Tensor) -> Tensor:
        """Return (ln s_max - ln s_min) / (g(1) - g(0)), 0-d."""
        low, high = self._edges(u)
        bottom, top = self.ends.detach().to(u).unbind()
        return (top - bottom) / (high - low)

    def _edges(self, u: Tensor) -> tuple[Tensor, Tensor]:
        low, high = self._g(u.new_tensor([0.0, 1.0])).unbind()
        return low, high
