"""A trained generator as a source of views: latents, and the sample that each of them becomes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import (
    HasAutoencoder,
    HasConsistency,
    HasDenoiser,
    HasLatent,
    HasTransport,
)
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.samplers.consistency import Multistep, MultistepConfig
from pushforward.models.samplers.flow_ode import FlowOde, FlowOdeConfig
from pushforward.models.samplers.heun import Heun, HeunConfig

__all__ = ["ViewSource"]


class ViewSource:
    """A model that maps each latent to one sample: x = G(z), without gradient.

    Args:
        family: the trained model; its averaged weights are used.
        steps: solver steps of a diffusion or a flow from its noise; one pass is enough for others.
    """

    def __init__(self, family: Family[Any], steps: int) -> None:
        self.family = family
        self._sampler = _solver(family, steps)

    @property
    def solved(self) -> bool:
        """Whether a sample takes several solver steps."""
        return not isinstance(self.family, HasLatent)

    def draw(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents of the prior with their conditions, on the CPU."""
        return self.family.prior(n, generator, given).to(torch.device("cpu"))

    @torch.no_grad()
    def push(self, latents: Batch) -> Tensor:
        """Return the samples of latents, (n, *shape), standardised, on the device of the model."""
        rows = latents.to(self.family.device)
        if isinstance(self.family, HasLatent):
            return self.family.push(rows)
        generator = torch.Generator().manual_seed(0)  # deterministic solvers draw nothing
        *_, last = self.family.flow(rows, sampler=self._sampler, generator=generator)
        return last.x

    def numbers(self, latents: Batch) -> Tensor:
        """Return the latents as rows (n, d) of the numbers that the sample depends on most: of an
        autoencoder those of its code, without the noise that is added to the data.
        """
        flat = latents.x.flatten(1)
        if isinstance(self.family, HasAutoencoder):
            return flat[:, : int(getattr(self.family.autoencoder, "latent", flat.shape[1]))]
        return flat

    def holding(self, latents: Batch, numbers: Tensor) -> Batch:
        """Return latents with other `numbers` (n, d)."""
        flat = latents.x.flatten(1)
        whole = torch.cat([numbers, flat[:, numbers.shape[1] :]], dim=1)
        return latents.holding(latents.zeroed(whole.reshape(latents.x.shape)))


def _solver(family: Family[Any], steps: int) -> Any:
    """Return a deterministic sampler, None where a family has its own."""
    if isinstance(family, HasTransport):
        return FlowOde(FlowOdeConfig(steps=steps, method="midpoint"))
    if isinstance(family, HasConsistency):
        return Multistep(MultistepConfig(steps=1))
    return Heun(HeunConfig(steps=steps)) if isinstance(family, HasDenoiser) else None
