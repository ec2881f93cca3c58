"""Samples from a family, in data units, in pieces small enough that the engine stays responsive."""

from collections.abc import Callable, Generator
from typing import Any

import torch
from torch import Tensor

from models.base import Family
from models.tensors import make_generator
from studio.engine.randomness import FLOW, SAMPLES

__all__ = ["draw"]

CHUNK = 2048


def draw(
    family: Family,
    n: int,
    seed: int,
    *,
    sampler: Any = None,
    stream: int = SAMPLES,
    told: Callable[[int], None] | None = None,
) -> Generator[bool, None, Tensor]:
    """Draw n samples (n, *shape) in data units, on the CPU; yields False between network passes.

    The same seed and stream give the same samples, and the first ones of a larger n are not
    those of a smaller n only where the sampler adds noise. ``told`` hears how many network
    evaluations a sample took.
    """
    latents = family.prior(n, make_generator(seed, stream))
    noise = make_generator(seed, stream + FLOW)
    parts: list[Tensor] = []
    for chunk in torch.split(latents, CHUNK):
        frames = family.flow(chunk, sampler=sampler, generator=noise)
        x: Tensor | None = None
        spent = 0
        while True:
            # Not around the yield: another job may run there, and it wants its gradients.
            with torch.no_grad():
                frame = next(frames, None)
            if frame is None:
                break
            x, spent = frame.x, frame.nfe
            yield False
        if x is None:
            raise RuntimeError(f"{type(family).__name__}.flow yielded no frame")
        parts.append(family.spec.restore(x.detach().cpu()))
        if told is not None:
            told(spent)
    return torch.cat(parts)
