"""Solver lab: samplers of a trained model against each other, at equal numbers of calls.

Nothing is trained. Every sampler starts from the same latents and is compared with the data by a
metric, with its noise floor; and, where that is affordable, against the end of the probability-flow
ODE from there, by a fine reference (Karras et al. 2022, arXiv:2206.00364, figure 2). How long each
took is measured on the machine that it runs on: after a warm-up, until the device is done, with all
samples as one batch.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, Pick, describe, encode, param
from pushforward.models.contracts.abilities import ABILITIES, WORDS, HasConsistency, HasDenoiser
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.entries import SamplerEntry
from pushforward.models.metrics.base import Evidence
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.real_comparison import (
    DISTANCE,
    distance_of,
    half_width,
    halves,
    judge_for,
    source_of,
)
from pushforward.models.registry import operator, registry
from pushforward.models.samplers.grids import GRIDS, GridConfig, GridName
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator

__all__ = ["SolverLab", "SolverLabConfig"]

_LATENTS, _NOISE, _FIGURE = 3021, 3022, 3024  # streams of the seed
_FINE = 400  # steps of the reference
_FOLLOWED = 200  # particles that it follows: errors vary less between them than samplers do
_WAYS = 12  # particles whose ways are kept
_FRAMES = 65  # places of a way that are kept
_SEEN = 1000  # real data that are kept beside the ways
_COUNTS = ("steps", "walk")  # settings of a sampler that calls are spent by
_USUAL = ("dpmpp-2m", "unipc", "deis", "heun", "ddim", "ancestral")
_CONSISTENT = ("consistency",)
_CALLS = (4, 6, 8, 12, 16, 24, 35, 64, 100)
_FEW_CALLS = (5, 10, 20, 50)
_FEW_USUAL = ("dpmpp-2m", "heun", "ddim", "ancestral")
_CONSISTENT_CALLS = (1, 2, 3, 5, 8)
_N, _REPEATS, _FEW_REPEATS = 2000, 3, 2
_LEAST = 250  # samples of each, however long they take: of a hundred jets a floor is all noise
_NARROW = 0.5  # of the floor: half an interval that can tell samplers apart there
_PROBE = 64  # rows that a call is timed with


class SolverLabConfig(Config, frozen=True):
    """Which samplers are compared, with how many calls, on how many samples."""

    samplers: Annotated[
        tuple[str, ...],
        param(
            "Samplers",
            "Samplers to compare, by name, separated by commas ('pushforward list samplers'); "
            "empty for those that suit the model.",
            meant="those that suit the model",
            of="sampler",
        ),
    ] = ()
    calls: Annotated[
        tuple[int, ...],
        param(
            "Network evaluations",
            "Network evaluations per sample, separated by commas; empty for what the time allows.",
            meant="what there is time for; or such as: 8, 16, 32",
            low=1,
            high=2000,
        ),
    ] = ()
    grid: Annotated[
        Literal["own", GridName],
        param(
            "Grid",
            "Spacing of the noise levels for all samplers; by default that of each.",
            choices={"own": "Each its own", **GRIDS},
        ),
    ] = "own"
    figure: Annotated[
        Pick,
        param(
            "Metric",
            "Metric between samples and data; by default the first distance of the data type.",
            of="metric",
            role=DISTANCE,
        ),
    ] = Pick()
    n: Annotated[
        int,
        param(
            "Samples",
            "Samples per sampler, from the same noise in one batch; at most half of the real "
            "data, so that the noise floor has as many.",
            low=0,
            high=20_000,
            zero="what there is time for",
        ),
    ] = 0
    repeats: Annotated[
        int,
        param(
            "Repeats",
            "Repetitions with new noise and other real data.",
            low=0,
            high=20,
            zero="what there is time for",
        ),
    ] = 0
    seconds: Annotated[
        float,
        param(
            "Time limit",
            "Approximate time, if the settings above leave it open.",
            low=1.0,
            high=86_400.0,
            unit="s",
        ),
    ] = 120.0
    seed: SeedSetting = 0

    def __post_init__(self) -> None:
        known = [entry.slug for entry in registry.all("sampler")]
        for slug in self.samplers:
            if slug not in known:
                raise ConfigError(
                    "samplers", f"there is no sampler {slug!r}; there are {', '.join(known)}"
                )


@dataclass(frozen=True)
class _Plan:
    """What is measured: the settings with nothing left open, and the steps of the reference, 0 for
    no reference, which follows the first ``followed`` particles.
    """

    samplers: tuple[SamplerEntry, ...]
    calls: tuple[int, ...]
    n: int
    repeats: int
    fine: int

    @property
    def followed(self) -> int:
        return min(self.n, _FOLLOWED)


@operator(
    "solver-lab",
    title="Solver lab",
    summary="Compares samplers at few to many network evaluations: distance to the data and to "
    "the exact ODE solution, and time. No training.",
    source="Karras et al. 2022, arXiv:2206.00364, figure 2; Lu et al. 2022, arXiv:2206.00927, "
    "figure 2",
    reads_data=True,
    config=SolverLabConfig,
    needs=("samples", "stepped"),
    asks=None,
    counts="evaluations",
)
class SolverLab:
    """Measures sampler by sampler; arrays are by sampler and calls, in the order of the settings.

    The outcome:

    - "nfe" (k, c): the number of calls, at most those requested; 0 if the sampler needs more, and
    then all values are NaN; - "distance" (k, c, repeats): the metric of samples against unseen real
    data (all data if there are none); "floor" (repeats,): the same between real and real; - "error"
    (k, c, repeats): root mean square distance of the first 200 particles to the ends of the
    reference over the numbers that are there, NaN for a sampler that adds noise, and where there is
    no reference; - "seconds" (k, c, repeats): that the n samples took, as one batch, warm, until
    the device was done; - "shared" (k, c, repeats): whether something else trained while that was
    measured; - "ways" (k, c, frames, m, 2), "reference" (frames, m, 2) of data on a plane: some
    trajectories, in display coordinates, the end repeated where one is shorter; "real" (r, 2) some
    of the data; - "calls" (c,).

    What the settings left open is told as it was chosen: samplers, calls, figure, n and repeats.
    """

    def __init__(self, config: SolverLabConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`.

        Raises:
            ValueError: a sampler or the figure is unknown or not for this model, conditions are
                chosen, or there are too few data.
        """
        config, family = self.config, operation.learner
        assert isinstance(family, Family)
        if operation.given:
            raise ValueError("samples are compared with all real data: no condition can be chosen.")
        figure, picked = distance_of(config.figure, family)
        source, plan = source_of(operation), _planned(config, family)
        plan = replace(plan, n=min(plan.n, len(source) // 2))
        shape = (len(plan.samplers), len(plan.calls))
        nfe = torch.zeros(shape, dtype=torch.int64)
        seconds = torch.full((*shape, plan.repeats), torch.nan)
        distance, error = seconds.clone(), seconds.clone()
        shared = torch.zeros(seconds.shape, dtype=torch.bool)
        floor = torch.zeros(plan.repeats)
        seen = torch.empty(0, 2)
        ways, reference = torch.full((*shape, _FRAMES, 0, 2), torch.nan), torch.empty(_FRAMES, 0, 2)
        # What takes the time are calls, of all samples; the reference follows a few of them.
        fine_calls = round(2 * plan.fine * plan.followed / plan.n)
        total = plan.repeats * (fine_calls + len(plan.samplers) * sum(plan.calls))
        at = Progress(0, total)
        judge = yield from judge_for(operation, figure, at)
        for repeat in range(plan.repeats):
            seed = config.seed + repeat
            real, other = halves(source, plan.n, seed)
            bar = Evidence(real, make_generator(seed, _FIGURE), other=other, judge=judge)
            floor[repeat] = figure.bar(bar).value
            latents = family.prior(plan.n, make_generator(seed, _LATENTS))
            fine: _Samples | None = None
            if plan.fine:
                heun = Heun(HeunConfig(steps=plan.fine))
                few = latents.take(slice(0, plan.followed))
                share = plan.followed / plan.n
                fine = yield from _draw_samples(family, few, heun, at, share=share)
                at = Progress(at.done + fine_calls, total)
            if repeat == 0 and fine is not None and fine.ways.shape[1]:
                reference = fine.ways
                seen = real.rows(slice(0, _SEEN)).x.flatten(1).float()
                ways = torch.full((*shape, *reference.shape), torch.nan)
            for k, c in product(range(shape[0]), range(shape[1])):
                entry = plan.samplers[k]
                sampler = _with_calls(entry, plan.calls[c], config.grid)
                if sampler is not None:
                    noise = make_generator(seed, _NOISE)
                    made = yield from _draw_samples(
                        family, latents, sampler, at, noise, shared=operation.shared
                    )
                    rng = make_generator(seed, _FIGURE)
                    evidence = Evidence(real, rng, made=made.rows, judge=judge)
                    distance[k, c, repeat] = figure.measure(evidence).value
                    seconds[k, c, repeat], shared[k, c, repeat] = made.seconds, made.shared
                    if fine is not None and entry.order is not None and entry.orders:
                        ends = made.rows.take(slice(0, plan.followed))
                        error[k, c, repeat] = _rms_distance(ends, fine.rows)
                    if repeat == 0:
                        nfe[k, c] = made.nfe
                        if reference.shape[1]:
                            ways[k, c] = made.ways
                at = Progress(at.done + plan.calls[c], total)
                yield at
        arrays = {
            "calls": torch.tensor(plan.calls), "nfe": nfe, "seconds": seconds, "shared": shared,
            "distance": distance, "error": error, "floor": floor,
        }  # fmt: skip
        if reference.shape[1]:
            arrays |= {"ways": ways, "reference": reference, "real": seen}
        settled = {
            "samplers": [entry.slug for entry in plan.samplers],
            "calls": list(plan.calls),
            "figure": {"slug": picked.slug, "config": dict(encode(figure.config))},
            "n": plan.n,
            "repeats": plan.repeats,
        }
        many = f"{plan.n:,} {registry.get('kind', family.spec.kind).many}"
        note = _enough(plan.samplers, nfe, distance, floor, many)
        if not plan.fine and isinstance(family, HasDenoiser):
            note += (
                " There was no time for a reference: allow more seconds for the error of the ODE."
            )
        return Outcome(arrays=arrays, note=note, settled=settled)


@dataclass(frozen=True)
class _Samples:
    """Samples in the units of the data, the calls and the time that they took, the ways of some
    (frames, m, 2), m = 0 where they are not on a plane, and whether something else trained
    meanwhile.
    """

    rows: Batch
    nfe: int
    seconds: float
    ways: Tensor
    shared: bool = False


def _draw_samples(
    family: Family[Any],
    latents: Batch,
    sampler: Any,
    at: Progress,
    noise: torch.Generator | None = None,
    share: float = 1.0,
    shared: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, _Samples]:
    """Follow a sampler to its end; the clock stands still while others work. A call counts as a
    ``share`` of one of all samples.
    """
    spec, frames = family.spec, family.flow(latents, sampler=sampler, generator=noise)
    shown = _WAYS if spec.shape == (2,) else 0
    ways: list[Tensor] = []
    seconds, nfe, x, trained = 0.0, 0, latents.x, False
    while True:
        began = _now(family.device)
        with torch.no_grad():
            frame = next(frames, None)
        seconds += _now(family.device) - began
        trained = trained or shared()
        if frame is None:
            break
        x, nfe = frame.x, frame.nfe
        ways.append(spec.restore(x[:shown].detach().cpu().flatten(1)[:, :2]) if shown else x[:0])
        yield Progress(at.done + int(share * nfe), at.total)
    rows = spec.restored(latents.holding(x).to(torch.device("cpu")))
    kept = _thinned(ways) if shown else torch.empty(_FRAMES, 0, 2)
    return _Samples(rows, nfe, seconds, kept, trained)


def _now(device: torch.device | str) -> float:
    """Return the time when all that was asked of a device is done."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


def _thinned(ways: list[Tensor]) -> Tensor:
    """Return as many places of a way as are kept, the last one again where there are fewer."""
    if len(ways) > _FRAMES:
        places = torch.linspace(0, len(ways) - 1, _FRAMES).round().long().tolist()
        ways = [ways[place] for place in places]
    return torch.stack(ways + [ways[-1]] * (_FRAMES - len(ways)))


def _rms_distance(made: Batch, fine: Batch) -> float:
    """Return the root mean square distance of rows from the ends of the same latents, padded places
    left out: they are equal.
    """
    return float((made.x - fine.x).float().flatten(1).square().sum(1).mean().sqrt())


# What is measured


def _planned(config: SolverLabConfig, family: Family[Any]) -> _Plan:
    """Return settings with nothing left open: as much as there is time for.

    A distance falls with the number of samples. So that the curve of a consistency model can be
    laid on those of its teacher it draws as many as a diffusion has time for, though its own few
    calls would be done sooner.
    """
    consistent = not isinstance(family, HasDenoiser)

    def plan(names: tuple[str, ...], calls: tuple[int, ...], n: int, repeats: int, fine: int,
             ) -> _Plan:  # fmt: skip
        if consistent:
            names, calls, fine = _CONSISTENT, _CONSISTENT_CALLS, 0
        samplers = tuple(_entry(slug, family) for slug in config.samplers or names)
        n, repeats = config.n or n, config.repeats or repeats
        return _Plan(samplers, config.calls or calls, n, repeats, fine)

    whole = plan(_USUAL, _CALLS, _N, _REPEATS, _FINE)
    if all((config.samplers, config.calls, config.n, config.repeats)):
        return whole
    call = _seconds_of_a_call(family)

    def took(names: tuple[str, ...], calls: tuple[int, ...], repeats: int, fine: int) -> float:
        """Return the seconds for as many samples as are taken at most, of a diffusion."""
        n = config.n or _N
        drawn = len(config.samplers or names) * sum(config.calls or calls) * n
        return call * (config.repeats or repeats) * (drawn + 2 * fine * min(n, _FOLLOWED))

    if took(_USUAL, _CALLS, _REPEATS, _FINE) <= config.seconds:
        return whole
    drawing = took(_FEW_USUAL, _FEW_CALLS, _FEW_REPEATS, 0)
    # Of the time that the reference leaves; where it would take the half of it, there is none.
    left = config.seconds - (took(_FEW_USUAL, _FEW_CALLS, _FEW_REPEATS, _FINE) - drawing)
    fine = _FINE if left >= config.seconds / 2 else 0
    fits = int(_N * (left if fine else config.seconds) / max(drawing, 1e-9))
    return plan(_FEW_USUAL, _FEW_CALLS, min(_N, max(_LEAST, fits)), _FEW_REPEATS, fine)


def _seconds_of_a_call(family: Family[Any]) -> float:
    """Return how long the network takes for a row, warm."""
    latents = family.prior(_PROBE, make_generator(0, _LATENTS))
    model: Any = family
    if isinstance(family, HasDenoiser):
        call = model.denoiser(latents)
    elif isinstance(family, HasConsistency):
        call = model.consistency(latents)
    else:
        raise ValueError(f"it needs a model that {WORDS['stepped']}.")
    level = torch.ones((), dtype=latents.x.dtype, device=latents.x.device)
    took = []
    with torch.no_grad():
        for _ in range(3):
            began = _now(family.device)
            call(latents.x, level)
            took.append(_now(family.device) - began)
    return min(took) / _PROBE


def _entry(slug: str, family: Family[Any]) -> SamplerEntry:
    entry = registry.get("sampler", slug)
    for need in entry.needs:
        if not isinstance(family, ABILITIES[need]):
            raise ValueError(f"{entry.title} needs a model that {WORDS[need]}.")
    return entry


def _with_calls(entry: SamplerEntry, calls: int, grid: Literal["own", GridName] = "own") -> Any:
    """Return a sampler that makes as many calls as it can, at most a number; None where it needs
    more, or the number is not known beforehand. One without a grid of its own takes no other.
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


def _enough(
    samplers: tuple[SamplerEntry, ...], nfe: Tensor, distance: Tensor, floor: Tensor, many: str
) -> str:
    """Say which sampler comes to the floor with the fewest calls, where the repeats can tell: its
    interval is narrow against the floor, and ends below those of all others with as many calls.
    ``many`` are the samples of each, in words.
    """
    mean, half = distance.mean(dim=2), half_width(distance)
    near = (mean <= floor.mean() + 2 * (floor.std() if len(floor) > 1 else 0.0)) & (nfe > 0)
    if not near.any() and distance.shape[2] > 1:
        return (
            "None comes to what real data are from each other, with as many evaluations as were "
            "tried."
        )
    calls = torch.where(near, nfe, nfe.max() + 1)
    # Of several with as few calls, the nearest.
    k, c = divmod(int(torch.where(calls == calls.min(), mean, torch.inf).argmin()), calls.shape[1])
    others = [j for j in range(len(samplers)) if j != k and mean[j, c].isfinite()]
    narrow = bool(half[k, c] < _NARROW * floor.mean())
    apart = all(mean[k, c] + half[k, c] < mean[j, c] - half[j, c] for j in others)
    if not narrow or not apart:
        few = f"{many} are too few" if distance.shape[2] > 1 else "One repeat is too little"
        alone = "say how many evaluations it needs"
        told = "compare the solvers" if len(samplers) > 1 else alone
        return f"{few} to {told}: take more."
    return (
        f"{samplers[k].title} needs the fewest evaluations, {int(calls[k, c])}, to be as near to "
        "the data as real data are."
    )
