"""What a sampler is; the loop over noise levels, once.

A sampler turns unit Gaussian latents into samples with a denoiser D(x, s), in the coordinates
xbar = x0 + s eps of `models.paths.gaussian`, where every Gaussian diffusion is the same. It holds
no state, so one object may serve many runs at once. Of those that visit the levels of a grid a
subclass gives one step.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Self

import msgspec
import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.abilities import Denoise, HasReverseVariance
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.guidance.base import Guidance, Guided
from pushforward.models.guidance.pick import build
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.tensors import make_generator, noise_like

__all__ = [
    "Counter",
    "Evaluation",
    "GridSampler",
    "GridSettings",
    "Noise",
    "SampleStep",
    "Sampler",
    "SamplerConfig",
    "StepInput",
]


class GridSettings(Config, frozen=True):
    """How many steps, and between which levels."""

    steps: Annotated[
        int,
        param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True),
    ] = 18
    grid: GridConfig = GridConfig()


class SamplerConfig(GridSettings, frozen=True):
    """What all samplers on a grid share that go along a denoiser."""

    guidance: GuidanceSetting = Pick()


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


@dataclass(frozen=True)
class Evaluation:
    """A denoiser's answer at the start of a step."""

    s: float
    x: Tensor
    denoised: Tensor

    @cached_property
    def gap(self) -> Tensor:
        """What was to be taken away, x - D: s times the predicted noise, (n, *shape)."""
        return self.x - self.denoised


@dataclass(frozen=True)
class Noise:
    """Where the noise of some rows comes from.

    Attributes:
        rows: with the mask of what is padded.
        generator: None where no noise is to be drawn.
    """

    rows: Batch
    generator: torch.Generator | None

    def __call__(self, x: Tensor) -> Tensor:
        """Return unit Gaussian noise in the shape, type and place of x (n, *shape); 0 where a place
        is padded.
        """
        return self.rows.zeroed(noise_like(x, self.generator))

    @cached_property
    def numbers(self) -> int:
        """How many numbers of the rows are not padded."""
        x, mask = self.rows.x, self.rows.mask
        return x.numel() if mask is None else int(mask.sum()) * x[0, 0].numel()


class Counter:
    """A denoiser that takes s as a float and counts its evaluations.

    Args:
        denoise: D(x, s).
        x: points as they will be asked about, (n, *shape).
        levels: those that are known beforehand. They go to the device of the points at once.
    """

    def __init__(self, denoise: Denoise, x: Tensor, levels: Sequence[float] = ()) -> None:
        self._denoise = denoise
        self._levels = dict(zip(levels, x.new_tensor(levels).unbind(), strict=True))
        self._guidance = denoise.guidance if isinstance(denoise, Guided) else None
        self.count = 0

    def reverse_variance(self, x: Tensor, s: float, s_next: float) -> Tensor | None:
        """Return the variance that the model has learned for a step from s to s_next > 0, of each
        number of x (n, *shape); None where it has learned none.
        """
        if not isinstance(self._denoise, HasReverseVariance):
            return None
        levels = torch.tensor([s, s_next], dtype=x.dtype, device=x.device)
        return self._denoise.reverse_variance(x, levels[0], levels[1])

    def repeats(self, s: float) -> int:
        """Return how often the step from a level is taken (`models.guidance.base`)."""
        return 1 if self._guidance is None else self._guidance.repeats(s)

    def __call__(self, x: Tensor, s: float) -> Tensor:
        self.count += 1 if self._guidance is None else self._guidance.evaluations(s)
        level = self._levels.get(s)
        return self._denoise(x, x.new_full((), s) if level is None else level)


class Sampler(ABC):
    """A sampler of Gaussian diffusions, registered with ``@sampler(slug, ...)``.

    The registration tells two more things: ``order``, how fast the error falls with the number of
    steps (None for a walk that follows no ODE), and ``evaluations``, of the network in each step at
    the default settings. Both are measured by tests, and so is ``orders``: the order by grid, from
    100 to 400 steps, of samplers without noise.
    """

    _guidance: Guidance | None = None

    @property
    def guidance(self) -> Guidance | None:
        """What leads the denoiser: what was put there, or what the settings say, None for nothing.

        Raises:
            ConfigError: the settings of it are wrong.
        """
        if self._guidance is None:
            pick = getattr(getattr(self, "config", None), "guidance", Pick())
            self._guidance = build(pick, "condition")
        return self._guidance

    def guided_by(self, guidance: Guidance) -> Self:
        """Return the same sampler with another guidance."""
        other = copy(self)
        other._guidance = guidance
        return other

    def unguided(self) -> Self:
        """Return the same sampler without guidance."""
        other = copy(self)
        other._guidance = None
        if hasattr(other, "config"):
            other.config = msgspec.structs.replace(other.config, guidance=Pick())
        return other

    @abstractmethod
    def nfe(self) -> int | None:
        """Return the exact number of calls of the denoiser per sample; None where the sampler
        decides that as it goes. Without guidance each is one evaluation of a network.
        """

    def evaluations(self, s_min: float, s_max: float) -> int | None:
        """Return the exact number of network evaluations per sample, guidance included; None where
        the sampler decides that as it goes.
        """
        if self.guidance is None or self.nfe() is None:
            return self.nfe()
        # Counted by sampling a single number by a denoiser that costs nothing.
        free = Guided(lambda x, s: 0.5 * x, self.guidance)
        *_, last = self.frames(free, torch.ones(1, 1), s_min, s_max, make_generator(0))
        return last.nfe

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
        places are 0 in all of them. A sampler with several steps at one level yields each of them,
        so that the caller may stop; levels never rise.

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


@dataclass(frozen=True, slots=True)
class StepInput:
    """What a step of a sampler starts from.

    Attributes:
        x: points at s, (n, *shape).
        s: the noise level now, σ/α.
        s_next: the level to reach, at most s; 0 on the last step.
        denoise: D(x, s), which counts its evaluations.
        history: evaluations at the start of earlier steps, oldest first, at most ``memory``.
        noise: where noise comes from.
    """

    x: Tensor
    s: float
    s_next: float
    denoise: Callable[[Tensor, float], Tensor]
    history: Sequence[Evaluation]
    noise: Noise


class GridSampler(Sampler):
    """A sampler that takes one step between each two levels of a grid.

    Attributes:
        memory: number of evaluations of earlier steps that `step` reads.
        walk: how many steps it takes from a level, all but the last of which stay at it.
    """

    memory: int = 0
    walk: int = 1

    def __init__(self, config: GridSettings) -> None:
        self.settings = config

    @abstractmethod
    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        """Go from level s to s_next < s, or stay at it in a walk.

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
        counted = Counter(denoise, rows.x, levels)
        past: deque[Evaluation] = deque(maxlen=self.memory)
        noise = Noise(rows, generator)
        x = rows.zeroed(rows.x) * levels[0]
        yield SampleStep(levels[0], x, 0)
        for s, s_next in pairwise(levels):
            for again in reversed(range(counted.repeats(s) if s_next > 0.0 else 1)):
                for left in reversed(range(self.walk)):
                    at = StepInput(x, s, s if left else s_next, counted, past, noise)
                    arrived, denoised = self.step(at)
                    past.append(Evaluation(s, x, denoised))
                    x = arrived
                    if left:
                        yield SampleStep(s, x, counted.count)
                if again:
                    # There and back again (Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1).
                    x = x + math.sqrt(s**2 - s_next**2) * noise(x)
                    past.clear()
            yield SampleStep(s_next, x, counted.count)
