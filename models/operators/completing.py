"""What operators and metrics share that fill in what was not observed of rows."""

from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Completes
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.operators.base import Progress
from pushforward.models.tensors import make_generator

__all__ = ["completions"]

_LATENTS, _NOISE = 3301, 3302  # streams of a seed (`models.tensors.make_generator`)
_PIECE = 1024  # rows that go through a model at once


def completions(
    model: Learner[Any],
    rows: Batch,
    observed: Tensor,
    draws: int,
    seed: int,
    sampler: Any = None,
) -> Generator[Progress, None, Tensor]:
    """Draw what is not observed of rows, given what is; yields between passes of the network.

    Args:
        model: what fills in.
        rows: x (n, *shape) in the units of the data, on the CPU; what stands where nothing is
            observed is not read.
        observed: (n, *shape) bool.
        draws: how many of each row.
        seed: the same one gives the same draws.
        sampler: how a diffusion goes from noise to data; None for the family's own.

    Returns:
        (draws, n, *shape) in the units of the data, to the last bit what is observed.

    Raises:
        ValueError: the model does not go on from such an observation.
    """
    assert isinstance(model, Family)
    assert isinstance(model, Completes)
    spec = model.spec
    generator, noise = make_generator(seed, _LATENTS), make_generator(seed, _NOISE)
    which = torch.arange(len(rows)).repeat(draws)
    standard, made = spec.standardised(rows), []
    for start in range(0, len(which), _PIECE):
        some = which[start : start + _PIECE]
        given = {name: value[some] for name, value in standard.given.items()}
        latents = model.prior(len(some), generator, given)
        told = model.completing(latents, standard.x[some], observed[some])
        frames = model.flow(told, sampler=sampler, generator=noise)
        x = told.x
        while True:
            # Not around the yield: another job may run there, and it wants its gradients.
            with torch.no_grad():
                frame = next(frames, None)
            if frame is None:
                break
            x = frame.x
            yield Progress(start, len(which))
        made.append(spec.restore(x.detach().cpu()))
    found = torch.cat(made).reshape(draws, *rows.x.shape)
    return torch.where(observed, rows.x, found)
