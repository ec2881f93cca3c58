"""What a sampler is; the loop over noise levels, once.

A sampler turns unit Gaussian latents into samples with a denoiser D(x, s), in the coordinates
xbar = x0 + s eps of `models.paths.gaussian`, where every Gaussian diffusion is the same. It holds
no state, so one object may serve many runs at once. Of those that visit the levels of a grid a
subclass gives one step.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from models.config import Config, param
from models.contracts.abilities import Denoise
from models.contracts.batch import Batch, Rows
from models.samplers.grids import GridConfig, make_grid
from models.tensors import noise_like

__all__ = [
    "Counter",
    "Evaluation",
    "GridSampler",
    "Noise",
    "SampleStep",
    "Sampler",
    "SamplerConfig",
]

Noise = Callable[[Tensor], Tensor]
"""Unit Gaussian noise in the shape, type and place of x (n, *shape); 0 where a place is padded."""


class SamplerConfig(Config, frozen=True):
    """What all samplers on a grid share."""

    steps: Annotated[
        int,
        param("Steps", "How many steps from noise to data.", low=1, high=10_000, log=True),
    ] = 18
    grid: GridConfig = GridConfig()


@dataclass(frozen=True)
class SampleStep:
    """A frame of sampling.

    Attributes:
        s: the noise level reached; 0 for the samples.
        x: all points there, (n, *shape), in xbar coordinates.
        nfe: network evaluations so far, per point.
    """

    s: float
    x: Tensor
    nfe: int


class Evaluation(NamedTuple):
    """A denoiser's answer at the start of an earlier step."""

    s: float
    x: Tensor
    denoised: Tensor


class Counter:
    """A denoiser that takes s as a float and counts its evaluations."""

    def __init__(self, denoise: Denoise) -> None:
        self._denoise = denoise
        self.count = 0

    def __call__(self, x: Tensor, s: float) -> Tensor:
        self.count += 1
        return self._denoise(x, torch.tensor(s, dtype=x.dtype, device=x.device))


class Sampler(ABC):
    """A sampler of Gaussian diffusions, registered with ``@sampler(slug, ...)``.

    The registration tells two more things: ``order``, how fast the error falls with the number of
    steps (None for a walk that follows no ODE), and ``evaluations``, of the network in each step at
    the default settings. Both are measured by tests, and so is ``orders``: the order by grid, from
    100 to 400 steps, of samplers without noise.
    """

    @abstractmethod
    def nfe(self) -> int | None:
        """Return the exact number of network evaluations per sample; None where the sampler decides
        that as it goes.
        """

    @abstractmethod
    def frames(
        self,
        denoise: Denoise,
        latents: Rows,
        s_min: float,
        s_max: float,
        generator: torch.Generator | None = None,
    ) -> Iterator[SampleStep]:
        """Yield the points at each level, the first being pure noise, the last the samples; padded
        places are 0 in all of them.

        Args:
            denoise: D(x, s) with x (n, *shape) and s 0-d.
            latents: unit Gaussian noise, x (n, *shape).
            s_min: the smallest level above 0.
            s_max: where sampling starts.
            generator: for samplers that add noise; on the CPU or on the latents' device.

        Raises:
            ValueError: the sampler adds noise and there is no generator.
        """

    def levels(self, s_min: float, s_max: float) -> list[float]:
        """Return the decreasing noise levels that it stops at, from s_max to 0; none where it finds
        them as it goes.
        """
        return []

    def sample(
        self,
        denoise: Denoise,
        latents: Rows,
        s_min: float,
        s_max: float,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return only the samples, (n, *shape). Arguments as in `frames`."""
        x = Batch.of(latents).x
        for frame in self.frames(denoise, latents, s_min, s_max, generator):
            x = frame.x
        return x


class GridSampler(Sampler):
    """A sampler that takes one step between each two levels of a grid.

    Attributes:
        memory: how many evaluations of earlier steps `step` wants to see.
    """

    memory: int = 0

    def __init__(self, config: SamplerConfig) -> None:
        self.settings = config

    @abstractmethod
    def step(
        self,
        denoise: Callable[[Tensor, float], Tensor],
        x: Tensor,
        s: float,
        s_next: float,
        past: Sequence[Evaluation],
        noise: Noise,
    ) -> tuple[Tensor, Tensor]:
        """Go from level s to s_next < s; s_next = 0 on the last step.

        Args:
            denoise: D(x, s).
            x: points at s, (n, *shape).
            s: the level now.
            s_next: the level to reach.
            past: evaluations at the start of earlier steps, oldest first, at most ``memory``.
            noise: where noise comes from.

        Returns:
            The points at s_next, and D at the start of this step.
        """

    @abstractmethod
    def nfe(self) -> int:
        """Return the exact number of network evaluations per sample."""

    def levels(self, s_min: float, s_max: float) -> list[float]:
        """Return the decreasing noise levels, from s_max to 0."""
        return [float(s) for s in make_grid(self.settings.grid, self.settings.steps, s_min, s_max)]

    def frames(
        self,
        denoise: Denoise,
        latents: Rows,
        s_min: float,
        s_max: float,
        generator: torch.Generator | None = None,
    ) -> Iterator[SampleStep]:
        levels, rows = self.levels(s_min, s_max), Batch.of(latents)
        counted = Counter(denoise)
        past: deque[Evaluation] = deque(maxlen=self.memory)

        def noise(x: Tensor) -> Tensor:
            return rows.zeroed(noise_like(x, generator))

        x = rows.zeroed(rows.x) * levels[0]
        yield SampleStep(levels[0], x, 0)
        for s, s_next in pairwise(levels):
            arrived, denoised = self.step(counted, x, s, s_next, past, noise)
            past.append(Evaluation(s, x, denoised))
            x = arrived
            yield SampleStep(s_next, x, counted.count)
