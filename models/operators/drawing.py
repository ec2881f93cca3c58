"""Samples from a family, in data units, in pieces small enough that others can work meanwhile."""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import HasPopulation
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.operators.base import Progress
from pushforward.models.tensors import make_generator

__all__ = ["SAMPLES", "draw", "draw_samples", "most", "repeats"]

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

    They are drawn and moved `CHUNK` at a time, so that the device holds no more of them. The same
    n, seed and stream give the same samples, and so do the first chunks of another n that has them
    whole. ``told`` is called with the number of network evaluations a sample took, ``drawn`` with
    the number of samples so far. ``given`` are chosen conditions, standardised; all others are
    sampled from the data.

    If particles are the state of the family, the seed chooses among them, and more samples than
    particles repeat some (see `repeats`).
    """
    generator = make_generator(seed, stream)
    noise = make_generator(seed, stream + _NOISE)
    if isinstance(family, HasPopulation):
        total = family.population
        chosen = _rows(total, n, generator)
        # Particles are known by their row: they go all together.
        latents = family.prior(total, generator, given)
        return (yield from _push(family, latents, sampler, noise, told)).take(chosen)
    made: Batch | None = None
    for start in range(0, n, CHUNK):
        rows = slice(start, min(n, start + CHUNK))
        latents = family.prior(
            rows.stop - start, generator, _slice_conditions(family, given or {}, rows, n)
        )
        part = yield from _push(family, latents, sampler, noise, told)
        made = _room(part, n) if made is None else made
        _put(made, rows, part)
        if drawn is not None:
            drawn(rows.stop)
    assert made is not None
    return made


def draw_samples(
    family: Family[Any],
    n: int,
    seed: int,
    *,
    sampler: Any = None,
    stream: int = SAMPLES,
    given: Mapping[str, Tensor] | None = None,
) -> Generator[Progress, None, Batch]:
    """As `draw`; yields how many of the samples there are."""
    done = [0]
    drawing = draw(family, n, seed, sampler=sampler, stream=stream, drawn=done.append, given=given)
    while True:
        try:
            next(drawing)
        except StopIteration as end:
            made: Batch = end.value
            return made
        yield Progress(done[-1], n)


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


def _slice_conditions(
    family: Family[Any], given: Mapping[str, Tensor], rows: slice, n: int
) -> dict[str, Tensor]:
    """Return what is chosen for some of n rows; names that the data do not have are for `prior` to
    refuse.
    """
    law = family.spec.law
    return {
        name: value.expand((n, *law[name].shape[1:]))[rows] if name in law else value
        for name, value in given.items()
    }


def _room(like: Batch, n: int) -> Batch:
    """Return a batch of n rows like these in which nothing stands yet."""
    return like.each(lambda values: values.new_empty((n, *values.shape[1:])))


def _put(made: Batch, rows: slice, part: Batch) -> None:
    """Write a part into its rows of a batch."""
    made.x[rows] = part.x
    if made.mask is not None and part.mask is not None:
        made.mask[rows] = part.mask
    for name, value in part.given.items():
        made.given[name][rows] = value


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
