"""The variance of the reverse steps in training: by the variational bound.

The hybrid loss L_simple + lambda L_vlb lets L_vlb reach the variance only, by a stopped gradient on
the mean (Nichol & Dhariwal 2021, arXiv:2102.09672, section 3.1). With a network for each the two
parts have no weight in common, and lambda is but a learning rate, to which Adam pays no attention.
"""

import torch
from torch import Tensor

from pushforward.models.bound import reverse_kl
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.denoisers.reverse_variance import ReverseVariance
from pushforward.models.paths.gaussian import GaussianPath
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["DIVERGENCE", "LAMBDA", "LearnedVariance", "one_step_down"]

DIVERGENCE = "reverse-divergence"
"""The name of L_vlb without its weight, how far a reverse step is from that of the path, in nats a
number.
"""
LAMBDA = 0.001
"""The weight of L_vlb (Nichol & Dhariwal 2021, section 3.1)."""


def one_step_down(path: GaussianPath, level: Tensor, steps: int, s_min: float) -> Tensor:
    """Return the level after a step of 1/steps in the noise time of a path, (n,); near s_min, where
    no such step is left, after half of what is.
    """
    lowest = torch.full_like(level, s_min)
    u, end = path.time(level), path.time(lowest)
    below = path.s(torch.maximum(u - 1 / steps, 0.5 * (u + end)))
    # Rounding must not lead upwards, where there is no such step.
    return torch.minimum(below, level * (1 - 1e-4))


class LearnedVariance(TrainedPart[ReverseVariance]):
    """The network with its optimiser and averages.

    Args:
        trained: the network.
        path: whose noise time is divided.
        steps: into how many steps.
        s_min: the smallest level.
    """

    def __init__(
        self, trained: Trained[ReverseVariance], path: GaussianPath, steps: int, s_min: float
    ) -> None:
        self.trained = trained
        self._path = path
        self._steps = steps
        self._s_min = s_min

    def fit(self, real: Batch, noised: Batch, level: Tensor, denoise: Denoise) -> dict[str, Tensor]:
        """Do one step down the bound, with D held; return its mean term, in nats a number.

        noised[i] = real[i] + level[i] * noise, level (n,).
        """
        below = one_step_down(self._path, level, self._steps, self._s_min)
        with torch.no_grad():
            denoised = denoise(noised.x, level)

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            part, s, s_next = noised.take(rows), level[rows], below[rows]
            variance = self.trained.net(part, s, s_next)
            kl = reverse_kl(part.x, denoised[rows], real.x[rows], s, s_next, variance)
            mean = part.zeroed(kl).mean()
            return LAMBDA * mean, {DIVERGENCE: mean.detach()}

        return {DIVERGENCE: self.trained.descend(loss, len(real))[DIVERGENCE]}

    def variance(self, x: Tensor, s: Tensor, s_next: Tensor, like: Batch | None = None) -> Tensor:
        """Return the variance of a reverse step by the averaged weights, (n, *shape); s and s_next
        (n,) or 0-d, for rows with the mask and the conditions of these.
        """
        rows = Batch(x) if like is None else like.holding(x)
        with torch.no_grad():
            found: Tensor = self.trained.averaged(rows, s, s_next)
        return found
