"""Starting points of a truncated diffusion: a noise level at which samples can still be
distinguished. Noise of that level is added to approximate samples: from one Gaussian fitted to the
data, or from another model (Zheng et al. 2022, arXiv:2202.09671, section 3; Lyu et al. 2022,
arXiv:2205.12524, algorithm 1).
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from pushforward.models.carriers.pairs import Pairs
from pushforward.models.carriers.particles import Particles
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.condition_matching import match_conditions
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.samplers.heun import Heun

__all__ = ["FittedGaussian", "TruncatedParticles"]

_WHOLE = 1024  # of so many numbers at most a covariance is kept, of more the variances


class FittedGaussian:
    """Mean and covariance of what it has seen; a `models.contracts.state.Packed`.

    Args:
        size: how many numbers a datum has.
        device: where they are.
    """

    def __init__(self, size: int, device: torch.device) -> None:
        self.whole = size <= _WHOLE
        self.count = 0
        self.mean = torch.zeros(size, device=device)
        self.second = torch.zeros((size, size) if self.whole else (size,), device=device)

    def see(self, x: Tensor) -> None:
        """Take more data into account, x (n, *shape)."""
        flat = x.flatten(1)
        self.count += len(flat)
        share = len(flat) / self.count
        now = flat.T @ flat / len(flat) if self.whole else flat.square().mean(dim=0)
        self.mean = torch.lerp(self.mean, flat.mean(dim=0), share)
        self.second = torch.lerp(self.second, now, share)

    def draw(self, z: Tensor, noise: float) -> Tensor:
        """Return draws (n, size) of N(mean, covariance + noise^2), from unit Gaussian z."""
        mean, second = self.mean.to(z), self.second.to(z)
        if not self.whole:
            return mean + (second - mean.square() + noise**2).clamp_min(noise**2).sqrt() * z
        spread = second - torch.outer(mean, mean)
        wide = spread + noise**2 * torch.eye(len(mean), dtype=z.dtype, device=z.device)
        root: Tensor = torch.linalg.cholesky(wide)
        return mean + z @ root.T

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        state.keep(f"{part}/mean", self.mean)
        state.keep(f"{part}/second", self.second)
        state.values[f"{part}/count"] = self.count

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self.mean = state.tensor(f"{part}/mean", self.mean.shape).to(self.mean)
        self.second = state.tensor(f"{part}/second", self.second.shape).to(self.second)
        self.count = int(state.value(f"{part}/count"))

    def parameter_count(self) -> int:
        """Return 0: moments are not trained."""
        return 0


class TruncatedParticles(Particles):
    """Free particles that start at a noise level; their latents are over that level, which a
    sampler multiplies them with.

    Args:
        spec: of the data.
        device: where they live.
        level: the noise level.
        gaussian: what is drawn from where there are no samples.
        samples: those of another model, the ends of pairs; it may be empty.
    """

    def __init__(
        self,
        spec: DataSpec,
        device: torch.device,
        level: float,
        gaussian: FittedGaussian,
        samples: Pairs,
    ) -> None:
        super().__init__(spec, device, Heun())
        self.level = level
        self.gaussian = gaussian
        self.samples = samples

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        mask, known = self.spec.conditions(n, generator, given)
        z = torch.randn((n, *self.spec.shape), generator=generator)
        if len(self.samples):
            rows = self._sampled(given or {}, n, generator)
            rows = rows.holding(rows.x + self.level * z)
        else:
            x = self.gaussian.draw(z.flatten(1), self.level)
            rows = Batch(x.reshape(z.shape), mask, known)
        return rows.holding(rows.zeroed(rows.x) / self.level).to(self.device)

    def _sampled(self, given: Mapping[str, Tensor], n: int, generator: torch.Generator) -> Batch:
        """Return samples of the other model that go with chosen conditions, on the CPU."""
        rows = self.samples.ends().to(torch.device("cpu"))
        classes = {name: each.classes for name, each in self.spec.given.items()}
        # A name that nobody chooses: with all chosen any row would do.
        law = {**rows.given, "": torch.zeros(len(rows))}
        return rows.take(match_conditions(law, classes, given, n, generator))
