"""A noise schedule in training: it makes the estimate of the variational bound vary less.

The diffusion term of the bound is E_u L(u) with L = (d ln s/du) |D - x0|^2/s^2, for any schedule
between its ends (Kingma et al. 2021, arXiv:2107.00630, eqs. 17 and 18), so its interior can be
chosen to minimise the variance of L, or E L^2, which differs by a constant (appendix I.2).

Seen at fixed levels, E L^2 = int (d ln s/du) m(s) d ln s with m the second moment of
|D - x0|^2/s^2: only the slope depends on the schedule. Its gradient at a fixed level is that of
d ln s/du less (d^2 ln s/du^2)/(d ln s/du) times that of ln s at a fixed time, so that nothing goes
back through the network, and the mean is the same as if it did.

Free ends follow the bound itself, whose diffusion term depends on nothing else: its slope is
m(s_max) at the upper end and -m(s_min) at the lower one, m(s) = E|D - x0|^2/s^2, beside the terms
of prior and reconstruction (`models.bound`).
"""

import torch
from torch import Tensor

from pushforward.models.bound import prior_term
from pushforward.models.paths.learned import LearnedPath
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["LearnedSchedule"]

_OPTIMIZER = OptimizerConfig(lr=0.01)
_LOWER, _UPPER = (1e-5, 0.5), (1.0, 1000.0)
"""Between which levels the ends stay: those of `models.denoisers.level_settings`."""


class LearnedSchedule(TrainedPart[LearnedPath]):
    """The path that a diffusion learns, with its optimiser.

    Args:
        path: already on its device.
        horizon: planned number of steps.
    """

    def __init__(self, path: LearnedPath, horizon: int) -> None:
        self.trained = Trained(path, _OPTIMIZER, horizon, name="path")

    @property
    def path(self) -> LearnedPath:
        """The current path."""
        return self.trained.net

    def range(self) -> tuple[float, float]:
        """Return the levels of its ends, s_min and s_max."""
        low, high = self.path.ends.detach().double().exp().tolist()
        return low, high

    def adapt(
        self,
        level: Tensor,
        error: Tensor,
        odds: Tensor | None = None,
        ends: tuple[Tensor, Tensor, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Do one step; return the variance of L over its squared mean, which it makes smaller.

        Args:
            level: levels drawn evenly in time, (n,).
            error: |D - x0|^2 at them, (n,).
            odds: what undoes it where they were not drawn evenly, (n,).
            ends: data (n, *shape), and m at the lower and at the upper end; None leaves the ends.
        """
        path = self.path
        u, rate = path.time(level), error / level.square()
        share = torch.ones_like(rate) if odds is None else odds
        with torch.no_grad():
            slope = path.d_log_s(u)
            drag = path.d2_log_s(u) / slope
            mean = (share * slope * rate).mean()
            # Over (E L)^2, a number of order 1 whatever the data.
            heavy = share * slope * rate.square() / mean.square()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            found = (heavy * (path.d_log_s(u) - drag * path.log_s(u))).mean()
            return found if ends is None else found + _bound(path.ends, *ends), {}

        self.trained.descend(loss, len(u))
        if ends is not None:
            self._keep_in_bounds()
        return {"relative-bound-variance": (heavy * slope).mean() - 1.0}

    @torch.no_grad()
    def _keep_in_bounds(self) -> None:
        for end, (low, high) in zip(self.path.ends, (_LOWER, _UPPER), strict=True):
            bounds = torch.tensor([low, high]).log()
            end.clamp_(float(bounds[0]), float(bounds[1]))


def _bound(ends: Tensor, real: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
    """Return what of the bound depends on the ends, in nats a number."""
    d = real[0].numel()
    at_noise = prior_term(real, ends[1].exp()).mean() / d + upper / d * ends[1]
    return at_noise + (1 - lower / d) * ends[0]
