"""Samples from a family, in data units, in pieces small enough that others can work meanwhile."""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import torch
from torch import Tensor

from models.contracts.abilities import HasPopulation
from models.contracts.batch import Batch
from models.contracts.family import Family
from models.contracts.learner import Learner
from models.tensors import make_generator

__all__ = ["SAMPLES", "draw", "most", "repeats"]

CHUNK = 2048
SAMPLES = 3004
"""The stream of a seed that samples are drawn from (`models.tensors.make_generator`)."""
_NOISE = 3001  # what a sampler adds comes from so many streams later
Told = Callable[[int], None]


def draw(
    family: Family[Any],
    n: int,
    seed: int,
    *,
    sampler: Any = None,
    stream: int = SAMPLES,
    told: Told | None = None,
    drawn: Told | None = None,
    given: Mapping[str, Tensor] | None = None,
) -> Generator[bool, None, Batch]:
    """Draw n samples in data units, on the CPU; yields False between network passes.

    The same seed and stream give the same samples, and the first ones of a larger n are not
    those of a smaller n only where the sampler adds noise. ``told`` hears how many network
    evaluations a sample took, ``drawn`` how many samples there are so far. ``given`` are chosen
    conditions, standardised; all others come from the law of the data.

    Particles that are the family's state are all the samples there are: the seed chooses among
    them, and beyond their number they come more than once (see `repeats`).
    """
    generator = make_generator(seed, stream)
    noise = make_generator(seed, stream + _NOISE)
    if isinstance(family, HasPopulation):
        total = family.population
        rows = _rows(total, n, generator)
        # Particles are known by their row: they go all together.
        latents = family.prior(total, generator, given)
        return (yield from _push(family, latents, sampler, noise, told)).take(rows)
    latents = family.prior(n, generator, given)
    parts: list[Batch] = []
    for chunk in latents.split(CHUNK):
        parts.append((yield from _push(family, chunk, sampler, noise, told)))
        if drawn is not None:
            drawn(sum(map(len, parts)))
    return Batch.cat(parts)


def most(family: Learner[Any], n: int) -> int:
    """Return how many of n samples can be different ones."""
    return min(n, family.population) if isinstance(family, HasPopulation) else n


def repeats(family: Family[Any], n: int) -> str:
    """Say in a sentence if n samples must repeat some, "" if not."""
    if most(family, n) == n:
        return ""
    return (
        f"The model is {most(family, n):,} particles: {n:,} samples were drawn from them with "
        "replacement."
    )


def _rows(total: int, n: int, generator: torch.Generator) -> Tensor:
    if n <= total:
        return torch.randperm(total, generator=generator)[:n]
    return torch.randint(total, (n,), generator=generator)


def _push(
    family: Family[Any], latents: Batch, sampler: Any, noise: torch.Generator, told: Told | None
) -> Generator[bool, None, Batch]:
    frames = family.flow(latents, sampler=sampler, generator=noise)
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
    if told is not None:
        told(spent)
    return family.spec.restored(latents.holding(x.detach()).to(torch.device("cpu")))
