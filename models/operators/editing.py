"""What operators share that start from rows and go up and down the noise with a diffusion."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from pushforward.models.config import Pick, param
from pushforward.models.contracts.abilities import Denoise, HasDenoiser
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.guidance.base import Guidance, Stacked, lead
from pushforward.models.operators.base import Operation, Progress, Slot
from pushforward.models.paths.clock import FlowClock
from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.samplers.heun import Heun
from pushforward.models.tensors import make_generator, noise_like

__all__ = [
    "KNOWN",
    "KNOWN_SLOT",
    "PIECE",
    "ROWS",
    "DrawsSetting",
    "Editing",
    "Effort",
    "Order",
    "SamplerSetting",
    "StepsSetting",
    "along",
    "known_places",
    "levels_between",
    "ready",
    "told_rows",
    "under",
]

PIECE = 2048
"""Number of rows that are moved at once."""
FIXED = 8
"""Fixed cost of a pass as a number of rows, for small networks."""
ROWS, KNOWN = "rows", "known"
_CONDITIONS, _NOISE = 3201, 3202  # streams of a seed (`models.tensors.make_generator`)

KNOWN_SLOT = Slot(
    KNOWN,
    "Known",
    "Mask of the known values: 1 for known, 0 for unknown; one row for all samples, or one row "
    "each. For points, [[1, 0]] keeps the first coordinate and samples the second.",
    example="[[1, 0]]",
)
"""Says which numbers of the rows that are completed are known; see `known_places`."""

Order = Literal["first", "second"]
"""Of an ODE solver: Euler's method, which is DDIM, or Heun's."""

SamplerSetting = Annotated[
    Pick,
    param(
        "Sampler",
        "Sampler from noise to data; by default the run's own.",
        of="sampler",
    ),
]
DrawsSetting = Annotated[int, param("Draws", "Samples per input.", low=1, high=1000, log=True)]
StepsSetting = Annotated[
    int, param("Steps", "Number of steps in each direction.", low=1, high=10_000, log=True)
]


@runtime_checkable
class _Diffusion(HasDenoiser, Protocol):
    """A denoiser that says between which noise levels it was trained."""

    spec: DataSpec
    device: torch.device

    @property
    def clock(self) -> FlowClock: ...


@dataclass(frozen=True)
class Editing:
    """A diffusion at work on rows.

    Attributes:
        model: what denoises.
        sampler: how it comes down from the noise.
        rows: standardised, on its device, with mask and conditions.
        noise: where fresh noise comes from.
    """

    model: _Diffusion
    sampler: Sampler
    rows: Batch
    noise: torch.Generator

    @property
    def clock(self) -> FlowClock:
        """Which noise levels there are."""
        return self.model.clock

    def noised(self, rows: Batch, s: float) -> Tensor:
        """Return x + s eps, (n, *shape), eps fresh."""
        return rows.x + s * rows.zeroed(noise_like(rows.x, self.noise))

    def down(
        self,
        rows: Batch,
        x: Tensor,
        s: float,
        now: Progress,
        guidance: Guidance | None = None,
        share: float = 1.0,
    ) -> Generator[Progress, None, Tensor]:
        """Sample from x (n, *shape) at the noise level s down to none; returns the samples. The
        sampler's own guidance leads first. After each step it yields how far it is: beyond what was
        done ``now``, the part of the n rows that the steps so far come to, of the ``share`` of
        them that it is.
        """
        both = _stacked(self.sampler.guidance, guidance)
        denoise = lead(both, self.model.denoiser, rows)
        low = min(self.clock.s_min, 0.5 * s)
        frames = self.sampler.frames(denoise, rows.holding(x / s), low, s, self.noise)
        steps, done, level = len(self.sampler.levels(low, s)), 0, math.inf
        while True:
            # Not around the yield: another job may run there, and it wants its gradients.
            with torch.no_grad():
                frame = next(frames, None)
            if frame is None:
                return x
            x, done, level = frame.x, done + (frame.s < level), frame.s  # a walk stays at one
            part = min(1.0, done / steps) if steps else 0.0
            yield Progress(now.done + int(share * part * len(x)), now.total)

    def restored(self, rows: Batch, x: Tensor) -> Batch:
        """Return rows of other values in the units of the data, on the CPU."""
        return self.model.spec.restored(rows.holding(x.detach()).to(torch.device("cpu")))


def _stacked(inner: Guidance | None, outer: Guidance | None) -> Guidance | None:
    if inner is None or outer is None:
        return inner or outer
    return Stacked(inner, outer)


def ready(operation: Operation, seed: int, which: Tensor | None = None) -> Editing:
    """Return a diffusion ready to work on what was handed as `ROWS`, or on those of it with the
    numbers ``which`` (m,), as `told_rows` has them.

    Raises:
        ValueError: the model is none that can, or conditions are not as many as rows.
    """
    model: Any = operation.learner
    if not isinstance(model, _Diffusion):
        raise ValueError("the model does not say between which noise levels it was trained")
    if model.spec.symbols is not None:
        raise ValueError("its data are symbols, and noise can only be put on numbers")
    rows = told_rows(operation, seed, which)
    sampler = operation.sampler if operation.sampler is not None else Heun()
    return Editing(model, sampler, rows.to(model.device), make_generator(seed, _NOISE))


def told_rows(operation: Operation, seed: int, which: Tensor | None = None) -> Batch:
    """Return the input `ROWS`, or its rows ``which`` (m,), standardised and with conditions: the
    chosen ones, otherwise those of the rows, otherwise sampled from the data.

    Raises:
        ValueError: conditions are not as many as rows.
    """
    spec, rows = operation.learner.spec, operation.handed[ROWS]
    which = torch.arange(len(rows)) if which is None else which
    batch = spec.standardised(rows.take(which))
    chosen = dict(batch.given)
    for name, value in spec.standard_given(operation.given).items():
        each = value.shape not in ((), spec.given[name].shape)
        if each and len(value) != len(rows):
            raise ValueError(f"{name} must be one value, or {len(rows):,}, one for each row")
        chosen[name] = value[which] if each else value
    mask, given = spec.conditions(len(batch), make_generator(seed, _CONDITIONS), chosen)
    return Batch(batch.x, batch.mask if batch.mask is not None else mask, given)


def known_places(operation: Operation) -> Tensor:
    """Return which numbers of what was handed as `ROWS` are known by what was handed as `KNOWN`,
    (n, *shape) bool.

    Raises:
        ValueError: it says something else than that, or not of all rows.
    """
    rows, told = operation.handed[ROWS], operation.handed[KNOWN].x
    known = told == 1
    if not bool((known | (told == 0)).all()):
        raise ValueError("a mask has 1 for known and 0 for unknown values, such as [[1, 0]]")
    if len(known) not in (1, len(rows)):
        raise ValueError(
            f"the mask must have one row for all samples, or {len(rows):,}, as many as "
            f"there are rows; got {len(known):,}"
        )
    return known.expand(rows.x.shape)


def levels_between(low: float, high: float, steps: int) -> list[float]:
    """Return noise levels from low up to high, steps + 1 of them, spaced as EDM's."""
    grid = make_grid(GridConfig(), steps + 1, low, high)
    return [float(s) for s in reversed(grid[:-1])]


@dataclass
class Effort:
    """How far steps along the ODE are of all there are, by the time that they take: that of their
    rows, and of `FIXED` more that any pass through a network takes. Where one row goes up and nine
    come down, the way up is neither a tenth nor a half of it.
    """

    total: int
    all: float
    done: float = 0.0

    @classmethod
    def of(cls, steps: int, *rows: int) -> "Effort":
        """Return the effort of some legs of ``steps`` steps, with the number of rows in each."""
        each = (n + FIXED * math.ceil(n / PIECE) for n in rows)
        return cls(steps * len(rows), float(steps * sum(each)))

    def step(self, *rows: int) -> Progress:
        """Return the progress after one more step, with ``rows`` rows in each pass of it."""
        self.done += sum(n + FIXED for n in rows)
        return Progress(min(self.total, int(self.total * self.done / self.all)), self.total)


def along(
    denoise: Denoise,
    x: Tensor,
    levels: Sequence[float],
    order: Order,
    now: Callable[[int], Progress],
) -> Generator[Progress, None, Tensor]:
    """Follow the probability-flow ODE dx/ds = (x - D)/s from level to level, up or down; yield
    ``now`` after each step, return x (n, *shape) at the last level. Of first order this is DDIM,
    and upwards DDIM inversion (Song, Meng and Ermon 2021, arXiv:2010.02502, section 4.3); a last
    step to level 0 is D.
    """
    for s, s_next in pairwise(levels):
        with torch.no_grad():
            slope = (x - denoise(x, _level(s, x))) / s
            arrived = x + (s_next - s) * slope
            if order == "second" and s_next > 0.0:
                again = (arrived - denoise(arrived, _level(s_next, x))) / s_next
                arrived = x + (s_next - s) * 0.5 * (slope + again)
        x = arrived
        yield now(len(x))
    return x


def _level(s: float, x: Tensor) -> Tensor:
    return torch.tensor(s, dtype=x.dtype, device=x.device)


def under(rows: Batch, given: Mapping[str, Tensor]) -> Batch:
    """Return rows with other conditions, (n, ...) or a single value for all."""
    found = dict(rows.given)
    for name, value in given.items():
        found[name] = value.to(found[name]).expand(found[name].shape)
    return Batch(rows.x, rows.mask, found)
