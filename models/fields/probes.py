"""Noise at which two scores are compared, the same for all particles."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from pushforward.models.contracts.state import State
from pushforward.models.denoisers.densities import RhoUniform, draw_levels
from pushforward.models.tensors import make_generator

__all__ = ["Probes"]

# Looking is the same for every run and every resumed one: no seed of a run's goes into it.
_LOOKING = 7919


@dataclass
class Probes:
    """Noise that is the same for all particles, so that a mean over it is a function of the place.

    Attributes:
        level: noise levels (m,).
        noise: unit Gaussian (m, *shape).
    """

    level: Tensor
    noise: Tensor

    @classmethod
    def draw(
        cls, law: RhoUniform, pairs: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> "Probes":
        """Draw pairs of opposite noise, one per quantile interval of the noise levels."""
        level = draw_levels(law, pairs, generator)
        noise = torch.randn((pairs, *shape), generator=generator, device=generator.device)
        return cls(level.repeat(2), torch.cat([noise, -noise]))

    @classmethod
    def fixed(cls, law: RhoUniform, shape: tuple[int, ...], device: torch.device) -> "Probes":
        """Return the same 64 always, for looking at a field.

        Levels and noise are the quantiles of one Sobol sequence: on the ring of five, arrows then
        have a cosine above .99 with the mean of many draws, which 64 random ones do not reach. Such
        sequences end at 21,201 dimensions; for larger data they are 32 random pairs, as `draw` has
        them.
        """
        dim = 1 + math.prod(shape)
        if dim > SobolEngine.MAXDIM:
            drawn = cls.draw(law, 32, shape, make_generator(_LOOKING))
            return cls(drawn.level.to(device), drawn.noise.to(device))
        sobol = SobolEngine(dim, scramble=True, seed=_LOOKING)  # type: ignore[no-untyped-call]
        u = sobol.draw(64).clamp(1e-4, 1 - 1e-4)
        noise = math.sqrt(2) * torch.erfinv(2 * u[:, 1:] - 1)
        level = law.quantile(u[:, 0])
        return cls(level.to(device), noise.reshape(-1, *shape).to(device))

    def pack(self, state: State, part: str) -> None:
        """Add the levels and the noise."""
        for name, value in (("level", self.level), ("noise", self.noise)):
            state.keep(f"{part}/{name}", value)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added, on the device of the present ones.

        Raises:
            ValueError: it does not fit.
        """
        for name, mine in (("level", self.level), ("noise", self.noise)):
            setattr(self, name, state.tensor(f"{part}/{name}", mine.shape).to(mine))

    def parameter_count(self) -> int:
        """Return 0: nothing is trained."""
        return 0
