"""A field says where particles go: one half of every generative model here.

A field is fitted on real data and on the particles of a carrier (`models.carriers.base`), and then
gives a velocity anywhere. A score gives diffusion, a critic gives a GAN, and neither knows what is
moved: free particles, or a network that pushes noise forward.
"""

from typing import Protocol, runtime_checkable

from torch import Tensor

from pushforward.models.contracts.batch import Rows

__all__ = ["Field"]


@runtime_checkable
class Field(Protocol):
    """Where particles go. It owns its network and its optimiser."""

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Do one optimisation step; return detached scalars, "loss" among them.

        Args:
            real: data, x (B, *shape), standardised.
            particles: where the carrier has them, x (B, *shape). A score expects particle i to be
                datum i with noise; a critic only compares the two laws.
            level: (B,), how far along its way each particle is, in the field's own measure: the
                noise level s for a score, flow time for a critic with a clock. None where the
                field has no clock.
        """
        ...

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt at x (n, *shape) and flow time t in [0, 1] (0 = prior, 1 = data).

        A field without a clock ignores t.
        """
        ...
