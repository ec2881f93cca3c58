"""Optional arrays of a record: critic values at the particles, latents, layouts, denoised
estimates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.abilities import Foresees, HasCritic, HasLatent
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.protocol.extras import CRITIC, DENOISED, LATENTS, LEVELS, MANIFOLD, PLACES

__all__ = ["Frames", "applicable", "pieces"]

Floats = NDArray[np.float32]
Frames: TypeAlias = Sequence[tuple[float, Tensor]]
"""The kept frames of a record: flow time and positions (n, *shape), standardised, on the CPU."""

RESOLUTION = 32
QUANTILES = (0.02, 0.98)


@dataclass(frozen=True)
class _Extra:
    """Which families have it, and how it is computed, one network pass a piece."""

    applies: Callable[[Family[Any]], bool]
    pieces: Callable[[Family[Any], Frames, Batch], Iterator[Floats]]


def applicable(family: Family[Any]) -> list[str]:
    """Return the names of a family's extras. All are cheap compared with the record, so kept
    records include them.
    """
    return [name for name, extra in _EXTRAS.items() if extra.applies(family)]


def pieces(family: Family[Any], name: str, frames: Frames, latents: Batch) -> Iterator[Floats]:
    """Yield an extra in pieces, one network pass each, to be concatenated along the first axis.

    "critic" (T, n): d at the particles of each frame.

    "manifold" (r, r, 2): image of a grid of the first two latents over the quantiles 0.02 to 0.98
    of N(0, 1), the others 0, in data units; row i has the i-th value of the second latent, a single
    latent gives one row.

    "latents" (n, 2): the first two latents of each particle, scaled as the displayed prior (mean +
    std z).

    "places" (T, n, k, 2): layout of the k pieces of each sample, the same for all frames as in the
    last one.

    "denoised" (T, n, *shape): denoised estimates in data units.

    "levels" (T,): noise levels s of the frames.
    """
    return _EXTRAS[name].pieces(family, frames, latents)


def _critic(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    assert isinstance(family, HasCritic)
    for t, x in frames:
        with torch.no_grad():
            d = family.critic(latents.holding(x.to(family.device)), t).detach().float().cpu()
        yield d.unsqueeze(0).numpy()


def _manifold(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    assert isinstance(family, HasLatent)
    z = _latent_grid(latents.x[0].numel())
    with torch.no_grad():
        x = family.push(z.reshape(-1, *latents.x.shape[1:]).to(family.device))
    yield family.spec.restore(x.detach().float().cpu()).reshape(-1, RESOLUTION, 2).numpy()


def _latent_grid(size: int) -> Tensor:
    """Return the latents (r * r, size) of the manifold, or (r, 1), row by row."""
    low, high = QUANTILES
    axis: Tensor = torch.special.ndtri(torch.linspace(low, high, RESOLUTION)).float()
    if size == 1:
        return axis.unsqueeze(1)
    second, first = torch.meshgrid(axis, axis, indexing="ij")
    z = torch.zeros(RESOLUTION * RESOLUTION, size)
    z[:, 0], z[:, 1] = first.flatten(), second.flatten()
    return z


def _first_latents(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    z = torch.zeros(len(latents), 2)
    first = latents.x.detach().float().cpu().flatten(1)[:, :2]
    z[:, : first.shape[1]] = first
    yield family.spec.restore(z).numpy()


def _places(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    last = family.spec.restored(latents.to(torch.device("cpu")).holding(frames[-1][1]))
    places = kind_of(family.spec.kind).places(last)
    yield np.broadcast_to(places, (len(frames), *places.shape))


def _denoised(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    assert isinstance(family, Foresees)
    told = latents.to(torch.device("cpu"))
    for t, x in frames:
        expected = family.foreseen(latents.holding(x.to(family.device)), t).detach().float().cpu()
        yield told.zeroed(family.spec.restore(expected)).unsqueeze(0).numpy()


def _levels(family: Family[Any], frames: Frames, latents: Batch) -> Iterator[Floats]:
    assert isinstance(family, Foresees)
    yield np.asarray([family.level(t) for t, _ in frames], np.float32)


def _is_foreseen(family: Family[Any]) -> bool:
    return isinstance(family, Foresees) and kind_of(family.spec.kind).foreseen


def _is_laid_out(family: Family[Any]) -> bool:
    return kind_of(family.spec.kind).has_layout


def _pushes_to_the_plane(family: Family[Any]) -> bool:
    return isinstance(family, HasLatent) and family.spec.shape == (2,)


_EXTRAS = {
    CRITIC: _Extra(lambda family: isinstance(family, HasCritic), _critic),
    MANIFOLD: _Extra(_pushes_to_the_plane, _manifold),
    LATENTS: _Extra(_pushes_to_the_plane, _first_latents),
    PLACES: _Extra(_is_laid_out, _places),
    DENOISED: _Extra(_is_foreseen, _denoised),
    LEVELS: _Extra(_is_foreseen, _levels),
}
