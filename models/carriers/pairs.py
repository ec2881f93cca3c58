"""Pairs of noise and data: where the ODE of a trained model takes each noise.

A deterministic flow joins every latent with one datum. What learns from such pairs needs neither
data nor the model any more (Luhman and Luhman 2021, arXiv:2101.02388, section 3; Liu et al. 2022,
arXiv:2209.03003, section 2.2).
"""

from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import HasDenoiser, HasTransport
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.randomness import pack_generator, unpack_generator
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.samplers.flow_ode import FlowOde, FlowOdeConfig
from pushforward.models.samplers.heun import Heun, HeunConfig

__all__ = ["Pairs"]


class Pairs:
    """Pairs that are drawn for a while and then learned from; a `models.contracts.state.Packed`.

    Args:
        spec: of the data.
        count: how many are drawn in all.
        steps: in how many draws.
        solver: how many steps of second order each takes along the ODE.
        generator: of the CPU, for the noise.
        device: where they are.
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        count: int,
        steps: int,
        solver: int,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.spec = spec
        self.count = count
        self.solver = solver
        self.device = device
        self._each = -(-count // steps)
        self._generator = generator
        self._noise: Batch | None = None
        self._ends: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self._ends is None else len(self._ends)

    @torch.no_grad()
    def draw(self, source: Family[Any], batch: int | None = None) -> tuple[Batch, Tensor]:
        """Draw the next pairs, at most those that are still missing, and return them: noise, x (m,
        *shape), and where it ends (m, *shape).

        Args:
            source: whose ODE is followed.
            batch: the batch size; at most four times as many pairs are drawn at once, so that a
                step on a few rows is fast.
        """
        n = min(self._each, self.count - len(self))
        n = n if batch is None else min(n, 4 * batch)
        latents = source.prior(n, self._generator).to(self.device)
        *_, last = source.flow(latents, sampler=self._solver(source), generator=self._generator)
        self._add(latents, last.x)
        return latents, last.x

    def _solver(self, source: Family[Any]) -> Any:
        if isinstance(source, HasTransport):
            return FlowOde(FlowOdeConfig(steps=self.solver, method="midpoint"))
        return Heun(HeunConfig(steps=self.solver)) if isinstance(source, HasDenoiser) else None

    def _add(self, noise: Batch, ends: Tensor) -> None:
        if self._noise is None or self._ends is None:
            self._noise, self._ends = noise, ends
        else:
            self._noise = Batch.cat([self._noise, noise])
            self._ends = torch.cat([self._ends, ends])

    @property
    def complete(self) -> bool:
        """Whether all are drawn."""
        return len(self) >= self.count

    def take(self, n: int, generator: torch.Generator) -> tuple[Batch, Tensor]:
        """Return n pairs by chance: noise, x (n, *shape), and where each ends (n, *shape)."""
        assert self._noise is not None
        assert self._ends is not None
        rows = torch.randint(len(self), (n,), generator=generator, device=generator.device)
        rows = rows.to(self.device)
        return self._noise.take(rows), self._ends[rows]

    def ends(self) -> Batch:
        """Return where all that were drawn end, with their conditions."""
        assert self._noise is not None
        assert self._ends is not None
        return self._noise.holding(self._ends)

    def pack(self, state: State, part: str) -> None:
        """Add the pairs drawn so far, and where their noise comes from."""
        pack_generator(state, part, self._generator)
        state.values[f"{part}/count"] = len(self)
        if self._noise is None or self._ends is None:
            return
        state.keep(f"{part}/noise", self._noise.x)
        state.keep(f"{part}/ends", self._ends)
        if self._noise.mask is not None:
            state.keep(f"{part}/mask", self._noise.mask)
        for name, value in self._noise.given.items():
            state.keep(f"{part}/given/{name}", value)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_generator(state, part, self._generator)
        self._noise = self._ends = None
        if not (count := int(state.value(f"{part}/count"))):
            return
        noise = state.tensor(f"{part}/noise")
        ends = state.tensor(f"{part}/ends", (count, *self.spec.shape))
        given = {name: state.tensor(f"{part}/given/{name}") for name in self.spec.law}
        mask = None if self.spec.masks is None else state.tensor(f"{part}/mask")
        self._noise = Batch(noise, mask, given).to(self.device)
        self._ends = ends.to(self.device)

    def parameter_count(self) -> int:
        """Return 0: pairs are no weights."""
        return 0
