"""What a sampler of symbols is; the loop over times, once.

It turns symbols from the end of a path into samples with p(x_0 | x_t). A subclass gives one step;
it holds no state, so one object may serve many runs at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, TypeAlias

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.paths.discrete import DiscretePath
from pushforward.models.samplers.base import SampleStep
from pushforward.models.samplers.discrete.noise import Uniforms

__all__ = ["Clean", "DiscreteSampler", "DiscreteSamplerConfig", "SymbolStep"]

Clean: TypeAlias = Callable[[Tensor, int], Tensor]
"""p(x_0 | x_t) from x (n, *shape) and the time t, from 1 on: (n, *shape, K)."""


class DiscreteSamplerConfig(Config, frozen=True):
    """What all samplers of symbols share."""

    steps: Annotated[
        int,
        param(
            "Steps",
            "Number of steps from noise to data; at most T.",
            low=1,
            high=10_000,
            log=True,
        ),
    ] = 64


@dataclass(frozen=True, slots=True)
class SymbolStep:
    """What a step of a sampler of symbols starts from.

    Attributes:
        x: symbols at the time t, (n, *shape) int64.
        t: the time now, from T to 1.
        s: the time to reach, below t; 0 on the last step.
        clean: p(x_0 | x_t), which counts its evaluations.
        path: along which the data were corrupted.
        uniforms: where uniform random numbers come from.
    """

    x: Tensor
    t: int
    s: int
    clean: Clean
    path: DiscretePath
    uniforms: Uniforms


class DiscreteSampler(ABC):
    """A sampler of symbols, registered with ``@sampler(slug, ..., needs=("posterior",))``."""

    def __init__(self, config: DiscreteSamplerConfig) -> None:
        self.settings = config

    @abstractmethod
    def step(self, at: SymbolStep) -> Tensor:
        """Return symbols at s < t, (n, *shape); at s = 0 they are symbols of the data."""

    def nfe(self, steps: int | None = None) -> int:
        """Return the number of network evaluations per sample, along a path with that number of
        steps; None if it is free.
        """
        return self.settings.steps if steps is None else min(self.settings.steps, steps)

    def times(self, steps: int) -> list[int]:
        """Return the falling times that are visited, from T = ``steps`` to 0, evenly."""
        n = min(self.settings.steps, steps)
        return [(steps * (n - i)) // n for i in range(n + 1)]

    def frames(
        self,
        clean: Clean,
        path: DiscretePath,
        latents: Rows,
        generator: torch.Generator | None = None,
    ) -> Iterator[SampleStep]:
        """Yield the symbols at each time, the first being the latents, the last the samples;
        ``s`` of a frame is t / T.

        Args:
            clean: p(x_0 | x_t).
            path: along which the data were corrupted.
            latents: from its end, x (n, *shape) int64.
            generator: where chance comes from (`models.samplers.discrete.noise`).

        Raises:
            ValueError: the sampler does not fit the path; one sentence for a person.
        """
        self.check(path)
        x, spent = Batch.of(latents).x.clone(), 0
        uniforms = Uniforms(generator, x.device)

        def counted(at: Tensor, t: int) -> Tensor:
            nonlocal spent
            spent += 1
            return clean(at, t)

        yield SampleStep(1.0, x, 0)
        for t, s in pairwise(self.times(path.steps)):
            x = self.step(SymbolStep(x, t, s, counted, path, uniforms))
            yield SampleStep(s / path.steps, x, spent)

    def sample(
        self,
        clean: Clean,
        path: DiscretePath,
        latents: Rows,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return only the samples, (n, *shape). Arguments as in `frames`."""
        x = Batch.of(latents).x
        for frame in self.frames(clean, path, latents, generator):
            x = frame.x
        return x

    def check(self, path: DiscretePath) -> None:  # noqa: B027 (most can go back along all paths)
        """Refuse a path that the sampler cannot go back along.

        Raises:
            ValueError: it is one; one sentence for a person.
        """
