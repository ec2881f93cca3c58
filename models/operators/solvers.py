"""Solver lab: samplers of a trained diffusion against each other, at equal numbers of calls.

Nothing is trained. Every sampler starts from the same latents and is held against two things: the
end of the probability-flow ODE from there, by a fine reference (Karras et al. 2022,
arXiv:2206.00364, figure 2), and the law of the data, with what real data come to among themselves
beside it.
"""

import time
from bisect import bisect_left
from collections.abc import Generator
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from models.config import Config, describe, param
from models.contracts.abilities import ABILITIES, WORDS
from models.contracts.batch import Batch
from models.contracts.family import Family
from models.entries import SamplerEntry
from models.metrics.samples.sliced import sliced_wasserstein
from models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from models.registry import operator, registry
from models.samplers.grids import GRIDS, GridConfig, GridName
from models.samplers.heun import Heun, HeunConfig
from models.tensors import make_generator

__all__ = ["SolverLab", "SolverLabConfig"]

_LATENTS, _NOISE, _SPLIT = 3021, 3022, 3023  # streams of the seed
_FINE = 400  # steps of the reference
_WAYS = 12  # particles whose ways are kept
_FRAMES = 65  # places of a way that are kept
_SEEN = 1000  # real data that are kept beside the ways
_COUNTS = ("steps", "walk")  # settings of a sampler that calls are spent by


class SolverLabConfig(Config, frozen=True):
    """Which samplers are compared, with how many calls, on how many samples."""

    samplers: Annotated[
        tuple[str, ...],
        param("Samplers", "Their names, as 'pushforward list samplers' has them.", fewest=1),
    ] = ("dpmpp-2m", "unipc", "deis", "heun", "ddim", "ancestral")
    calls: Annotated[
        tuple[int, ...],
        param(
            "Calls",
            "How often each may evaluate the network for a sample.",
            fewest=1,
            low=1,
            high=2000,
        ),
    ] = (4, 6, 8, 12, 16, 24, 35, 64, 100)
    grid: Annotated[
        Literal["own", GridName],
        param(
            "Grid",
            "How the noise levels of all of them are spaced; as each has it where nobody chooses.",
            choices={"own": "Each its own", **GRIDS},
        ),
    ] = "own"
    n: Annotated[
        int,
        param("Samples", "How many each sampler draws, from the same noise.", low=64, high=20_000,
              log=True),
    ] = 2000  # fmt: skip
    repeats: Annotated[
        int, param("Repeats", "From other noise, against other real data.", low=1, high=20)
    ] = 3
    seed: SeedSetting = 0


@operator(
    "solver-lab",
    title="Solver lab",
    summary="Draws samples by several samplers with few to many calls of the network, and measures "
    "how far each is from the end of the ODE and from the data. Nothing is trained.",
    source="Karras et al. 2022, arXiv:2206.00364, figure 2; Lu et al. 2022, arXiv:2206.00927, "
    "figure 2",
    config=SolverLabConfig,
    needs=("samples", "denoiser"),
)
class SolverLab:
    """Measures sampler by sampler; arrays are by sampler and calls, in the order of the settings.

    The outcome:

    - "nfe" (k, c): the calls that were made, at most those asked for; 0 where the sampler can't do
      with so few, and then all figures are NaN;
    - "distance" (k, c, repeats): sliced W2 between samples and real data that were not learned
      from (all where none are set apart); "floor" (repeats,): the same between real and real;
    - "error" (k, c, repeats): root mean square distance to the ends of the reference, NaN for a
      sampler that adds noise;
    - "seconds" (k, c): that the first n samples took;
    - "ways" (k, c, frames, m, 2), "reference" (frames, m, 2) of data on a plane: some particles on
      their way, in display coordinates, the end repeated where a way is shorter; "real" (r, 2)
      some of the data;
    - "calls" (c,).
    """

    def __init__(self, config: SolverLabConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`.

        Raises:
            ValueError: a sampler is unknown or not for this model, or there are too few data.
        """
        config, family = self.config, operation.learner
        assert isinstance(family, Family)
        samplers = [_entry(slug, family) for slug in config.samplers]
        shape = (len(samplers), len(config.calls))
        nfe = torch.zeros(shape, dtype=torch.int64)
        seconds = torch.full(shape, torch.nan)
        distance = torch.full((*shape, config.repeats), torch.nan)
        error, floor = distance.clone(), torch.zeros(config.repeats)
        seen = torch.empty(0, 2)
        ways, reference = torch.full((*shape, _FRAMES, 0, 2), torch.nan), torch.empty(_FRAMES, 0, 2)
        total = config.repeats * (1 + len(samplers) * len(config.calls))
        at = Progress(0, total)
        for repeat in range(config.repeats):
            real, other = _real(operation, config.n, config.seed + repeat)
            floor[repeat] = sliced_wasserstein(real, other, 2)
            latents = family.prior(config.n, make_generator(config.seed + repeat, _LATENTS))
            fine = yield from _drawn(family, latents, Heun(HeunConfig(steps=_FINE)), at)
            at = Progress(at.done + 1, total)
            if repeat == 0:
                reference, seen = fine.ways, real[:_SEEN]
                ways = torch.full((*shape, *reference.shape), torch.nan)
            for k, c in product(range(shape[0]), range(shape[1])):
                sampler = _with_calls(samplers[k], config.calls[c], config.grid)
                if sampler is not None:
                    noise = make_generator(config.seed + repeat, _NOISE)
                    made = yield from _drawn(family, latents, sampler, at, noise)
                    distance[k, c, repeat] = sliced_wasserstein(made.ends, real, 2)
                    if samplers[k].order is not None and samplers[k].orders:
                        error[k, c, repeat] = (made.ends - fine.ends).square().sum(1).mean().sqrt()
                    if repeat == 0:
                        nfe[k, c], seconds[k, c], ways[k, c] = made.nfe, made.seconds, made.ways
                at = Progress(at.done + 1, total)
                yield at
        arrays = {
            "calls": torch.tensor(config.calls), "nfe": nfe, "seconds": seconds,
            "distance": distance, "error": error, "floor": floor,
        }  # fmt: skip
        if reference.shape[1]:
            arrays |= {"ways": ways, "reference": reference, "real": seen}
        return Outcome(arrays=arrays, note=_enough(samplers, nfe, distance, floor))


@dataclass(frozen=True)
class _Drawn:
    """Samples (n, d) in the units of the data, the calls and the time that they took, and the ways
    of some (frames, m, 2), m = 0 where they are not on a plane.
    """

    ends: Tensor
    nfe: int
    seconds: float
    ways: Tensor


def _drawn(
    family: Family[Any],
    latents: Batch,
    sampler: Any,
    at: Progress,
    noise: torch.Generator | None = None,
) -> Generator[Progress, None, _Drawn]:
    """Follow a sampler to its end; the clock stands still while others work."""
    spec, frames = family.spec, family.flow(latents, sampler=sampler, generator=noise)
    shown = _WAYS if spec.shape == (2,) else 0
    ways: list[Tensor] = []
    seconds, nfe, x = 0.0, 0, latents.x
    while True:
        began = time.perf_counter()
        with torch.no_grad():
            frame = next(frames, None)
        seconds += time.perf_counter() - began
        if frame is None:
            break
        x, nfe = frame.x, frame.nfe
        ways.append(spec.restore(x[:shown].detach().cpu().flatten(1)[:, :2]) if shown else x[:0])
        yield at
    ends = spec.restored(latents.holding(x).to(torch.device("cpu"))).x.flatten(1)
    return _Drawn(ends, nfe, seconds, _thinned(ways) if shown else torch.empty(_FRAMES, 0, 2))


def _thinned(ways: list[Tensor]) -> Tensor:
    """Return as many places of a way as are kept, the last one again where there are fewer."""
    if len(ways) > _FRAMES:
        places = torch.linspace(0, len(ways) - 1, _FRAMES).round().long().tolist()
        ways = [ways[place] for place in places]
    return torch.stack(ways + [ways[-1]] * (_FRAMES - len(ways)))


def _entry(slug: str, family: Family[Any]) -> SamplerEntry:
    known = {entry.slug: entry for entry in registry.all("sampler")}
    if slug not in known:
        raise ValueError(f"there is no sampler {slug!r}; there are {', '.join(known)}.")
    for need in known[slug].needs:
        if not isinstance(family, ABILITIES[need]):
            raise ValueError(f"{known[slug].title} needs a model that {WORDS[need]}.")
    return known[slug]


def _with_calls(entry: SamplerEntry, calls: int, grid: Literal["own", GridName] = "own") -> Any:
    """Return a sampler that makes as many calls as it can, at most so many; None where it cannot
    do with so few, or does not say beforehand. One without a grid of its own takes no other.
    """
    known = {row["path"] for row in describe(entry.config)}
    spent = next((name for name in _COUNTS if name in known), None)
    other = {"grid": GridConfig(kind=grid)} if grid != "own" and "grid.kind" in known else {}

    def made(count: int) -> Any:
        return entry.make(entry.config(**({spent: count} if spent else {}), **other))

    def fits(count: int) -> bool:
        nfe = made(count).nfe()
        return nfe is not None and nfe <= calls

    counts = range(1, calls + 1 if spent else 2)
    most = bisect_left(counts, True, key=lambda count: not fits(count))
    return made(counts[most - 1]) if most else None


def _real(operation: Operation, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return two sets of real data (m, d), m at most n, with no row in common: of those that were
    not learned from, where some are set apart.
    """
    held = operation.held() if operation.held is not None else None
    source = held if held is not None else operation.data() if operation.data is not None else None
    if source is None or len(source) < 2:
        raise ValueError("a comparison needs the data of the run, and there are none.")
    rows = torch.randperm(len(source), generator=make_generator(seed, _SPLIT))
    half = min(n, len(rows) // 2)
    return (
        source.rows(rows[:half]).x.flatten(1).float(),
        source.rows(rows[half : 2 * half]).x.flatten(1).float(),
    )


def _enough(samplers: list[SamplerEntry], nfe: Tensor, distance: Tensor, floor: Tensor) -> str:
    """Say which sampler comes to the floor with the fewest calls."""
    bar = floor.mean() + 2 * (floor.std() if len(floor) > 1 else 0.0)
    near = (distance.mean(dim=2) <= bar) & (nfe > 0)
    if not near.any():
        return "None comes to what real data are from each other, with as many calls as were tried."
    calls = torch.where(near, nfe, nfe.max() + 1)
    k = int(calls.min(dim=1).values.argmin())
    return (
        f"{samplers[k].title} needs the fewest calls, {int(calls[k].min())}, to be as near to the "
        "data as real data are."
    )
