"""Records: where a run's fixed particles are, along the flow, and the layers of its field.

Row i is the same particle in every record of a run: its latent is drawn from the run's seed.
Nothing here touches the random numbers of the training.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.abilities import Writes
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.presentation import Layer
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.kinds.base import Arrays, kind_of
from pushforward.studio.engine.run.randomness import FLOW, LATENTS
from pushforward.studio.engine.watch.extras import Frames, applicable, pieces
from pushforward.studio.engine.watch.prediction_log import PredictionLog
from pushforward.studio.engine.watch.projection import Projection
from pushforward.studio.protocol.extras import PROJECTION, PROJECTION_TARGET, TOLD
from pushforward.studio.protocol.records import EXTRA, GIVEN, LAYER, FlowRecord

__all__ = [
    "RecordProgress",
    "Recorder",
    "evaluate_layer",
    "evaluate_points",
    "grid",
    "kept_layers",
    "plane_bounds",
    "recorded",
]

Floats = NDArray[np.float32]
MOST_BOUNDED = 1_000_000  # rows of data on the disk that bounds are measured of
FEW = 16  # particles of a light record at least
FEWER = 8  # times; of 4,096 these are 512


@dataclass
class RecordProgress:
    """How far a record is. Each record has its own: one may be made while another waits.

    Attributes:
        part: the share of its network evaluations that is done, in [0, 1]; 0 if unknown.
        evaluations: how many are done, per particle.
        seconds: what it has taken so far.
    """

    part: float = 0.0
    evaluations: int = 0
    seconds: float = 0.0

    @property
    def total_seconds(self) -> float | None:
        """Return the estimated seconds of the whole record, None if unknown."""
        return self.seconds / self.part if self.part else None


class Recorder:
    """Creates the records of one run.

    ``particles`` is the number of followed particles: the requested one, or all if they are the
    state of the family (`models.carriers.population`). ``projection`` places data in a plane.
    """

    def __init__(
        self,
        family: Family[Any],
        *,
        seed: int,
        particles: int,
        frames: int,
        sampler: Any = None,
        projection: Projection | None = None,
    ) -> None:
        self.family = family
        self._seed = seed
        self._frames = frames
        self._sampler = sampler
        self._projection = projection
        self._evaluations = family.evaluations(family.config, sampler)
        self._latents = family.prior(particles, make_generator(seed, LATENTS))
        self.particles = len(self._latents)

    @property
    def few(self) -> int:
        """How many particles a light record has, enough to see where they go."""
        return min(self.particles, max(FEW, self.particles // FEWER))

    @property
    def extras(self) -> list[str]:
        """The names of all extras there are, which kept records hold too."""
        told = list(TOLD) if isinstance(self.family, Writes) else []
        return applicable(self.family) + told + ([PROJECTION] if self._projection else [])

    def record(
        self,
        step: int,
        *,
        particles: int | None = None,
        layers: Sequence[str] = (),
        resolution: int = 32,
        bounds: Sequence[float] = (),
        extras: Sequence[str] = (),
        sampler: Any = None,
        progress: RecordProgress | None = None,
    ) -> Generator[bool, None, FlowRecord]:
        """Make a record of the first ``particles``, by another ``sampler`` than the run's it is a
        preview; yields False between network passes, and notes in ``progress`` how far it is.

        Layers need points of the plane and ``bounds``; names of layers and extras that the family
        lacks are left out.
        """
        if self._projection is not None and PROJECTION in extras:
            # Once for a data set, and no cost of this record.
            yield from self._projection.prepare()
        progress = progress or RecordProgress()
        making = self._record(particles, layers, resolution, bounds, extras, sampler, progress)
        arrays, seconds = yield from _timed(making, progress)
        preview = progress.evaluations if sampler is not None else 0
        return FlowRecord(step, arrays, tuple(bounds), seconds, preview)

    def with_layers(
        self, record: FlowRecord, layers: Sequence[str], resolution: int, bounds: Sequence[float]
    ) -> Generator[bool, None, FlowRecord]:
        """Return a record of the present model with these layers added; yields False between
        network passes. ``seconds`` of the result are those of the layers alone.
        """
        making = self._layers(record.t, layers, resolution, bounds)
        found, seconds = yield from _timed(making)
        return FlowRecord(record.step, {**record.arrays, **found}, tuple(bounds), seconds)

    def _layers(
        self, t: NDArray[Any], layers: Sequence[str], resolution: int, bounds: Sequence[float]
    ) -> Generator[None, None, Arrays]:
        """Return the layers on their grid at flow times ``t``, by the names of records."""
        found: Arrays = {}
        for layer in self._wanted(layers, bounds):
            times = [float(v) for v in t] if layer.timed else [1.0]
            slices = []
            for time_ in times:
                slices.append(evaluate_layer(self.family, layer, bounds, resolution, time_))
                yield
            found[f"{LAYER}{layer.name}"] = np.stack(slices)
        return found

    def _record(
        self,
        particles: int | None,
        layers: Sequence[str],
        resolution: int,
        bounds: Sequence[float],
        extras: Sequence[str],
        sampler: Any,
        progress: RecordProgress,
    ) -> Generator[None, None, Arrays]:
        latents = self._latents.take(slice(0, particles or self.particles))
        noise = make_generator(self._seed, FLOW)
        telling = PredictionLog(self.family.spec) if any(name in extras for name in TOLD) else None
        frames = self._flow(latents, noise, telling, sampler or self._sampler)
        whole = self._evaluations
        if sampler is not None:
            whole = self.family.evaluations(self.family.config, sampler)
        thin = _Thinning(self._frames, telling.keep if telling is not None else None)
        while True:
            with torch.no_grad():
                frame = next(frames, None)
                if frame is not None:
                    thin.take(frame.t, frame.x)
                    progress.part = min(1.0, frame.nfe / (whole or math.inf))
                    progress.evaluations = frame.nfe
            if frame is None:
                break
            yield
        thin.finish()
        arrays = recorded(self.family.spec, latents, thin.frames)
        arrays |= yield from self._layers(arrays["t"], layers, resolution, bounds)
        more = yield from self._extras(extras, thin.frames, latents, telling)
        return arrays | {f"{EXTRA}{name}": values for name, values in more.items()}

    def _flow(
        self, latents: Batch, noise: torch.Generator, telling: PredictionLog | None, sampler: Any
    ) -> Iterator[Frame]:
        """Yield the frames of the flow, and let ``telling`` know what each was drawn by."""
        family = self.family
        if telling is None or not isinstance(family, Writes):
            yield from family.flow(latents, sampler=sampler, generator=noise)
            return
        for frame, law in family.writing(latents, sampler=sampler, generator=noise):
            telling.take(law)
            yield frame

    def _extras(
        self, names: Sequence[str], frames: Frames, latents: Batch, telling: PredictionLog | None
    ) -> Generator[None, None, Arrays]:
        found: dict[str, NDArray[Any]] = {}
        for name in [name for name in self.extras if name in names]:
            parts: list[NDArray[Any]] = []
            for part in self._pieces(name, frames, latents, telling):
                parts.append(part)
                yield
            found[name] = np.ascontiguousarray(np.concatenate(parts))
        if self._projection is not None and PROJECTION in found:
            found[PROJECTION_TARGET] = self._projection.target
        return found

    def _pieces(
        self, name: str, frames: Frames, latents: Batch, telling: PredictionLog | None
    ) -> Iterator[NDArray[Any]]:
        if telling is not None and name in TOLD:
            return telling.pieces(TOLD.index(name))
        if self._projection is not None and name == PROJECTION:
            return self._projection.pieces(frames, latents, self.family.spec)
        return pieces(self.family, name, frames, latents)

    def _wanted(self, names: Sequence[str], bounds: Sequence[float]) -> list[Layer]:
        if self.family.spec.shape != (2,) or len(bounds) != 4:
            return []
        return [layer for layer in self.family.layers if layer.name in names]


class _Stopwatch:
    """Adds up the time inside its blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *exception: object) -> None:
        self.seconds += time.perf_counter() - self._since


def _timed(
    making: Generator[None, None, Arrays], progress: RecordProgress | None = None
) -> Generator[bool, None, tuple[Arrays, float]]:
    """Run a generator; yield False wherever it yields, return its result and its seconds."""
    progress = progress or RecordProgress()
    spent = _Stopwatch()
    while True:
        with spent:
            try:
                next(making)
            except StopIteration as end:
                arrays: Arrays = end.value
                break
        progress.seconds = spent.seconds
        yield False
    return arrays, spent.seconds


class _Thinning:
    """Keeps at most ``limit`` frames, evenly spaced in t, including the first and the last, one per
    time. ``frames`` are those kept, standardised, on the CPU; ``kept`` is called with each.
    """

    def __init__(self, limit: int, kept: Callable[[Tensor], None] | None = None) -> None:
        self.frames: list[tuple[float, Tensor]] = []
        self._limit = limit
        self._kept = kept
        self._last: tuple[float, Tensor] | None = None
        self._time = -1.0

    def take(self, t: float, x: Tensor) -> None:
        """Look at the next frame; x is copied only if it is kept."""
        stays, self._time = t == self._time, t
        self._last = (t, x)
        # The last place is for the last frame.
        count = len(self.frames)
        target = count / (self._limit - 1) if self._limit > 1 else 1.0
        if target - 1e-6 <= t < 1.0 and count < self._limit - 1 and not stays:
            self._keep()

    def finish(self) -> None:
        """Keep the last frame too; there is no other after it."""
        if self._last is not None:
            self._keep()
        if not self.frames:
            raise RuntimeError("the flow returned no frame")

    def _keep(self) -> None:
        assert self._last is not None
        t, x = self._last
        # A copy: the family may move its particles between two frames.
        self.frames.append((t, x.detach().to("cpu", copy=True)))
        if self._kept is not None:
            self._kept(self.frames[-1][1])
        self._last = None


def recorded(spec: DataSpec, latents: Batch, frames: Frames) -> Arrays:
    """Return the arrays of particles in a record, named as in `studio.protocol.records`: their
    trajectories in data units, the mask and the conditions.
    """
    told = latents.to(torch.device("cpu"))
    x = torch.stack([told.zeroed(spec.restore(x)) for _, x in frames])
    found = kind_of(spec.kind).arrays(Batch(x[-1], told.mask, spec.restored_given(told.given)))
    t = np.asarray([t for t, _ in frames], dtype=np.float32)
    once = {
        name if name == "mask" else f"{GIVEN}{name}": values
        for name, values in found.items()
        if name != "x"
    }
    return {"t": t, "x": np.ascontiguousarray(x.numpy()), **once}


def evaluate_layer(
    family: Learner[Any], layer: Layer, bounds: Sequence[float], resolution: int, t: float
) -> Floats:
    """Evaluate a layer on a grid over ``bounds`` (data units), row 0 at the lowest y.

    Returns (r, r), or (r, r, 2) in data units for a vector layer.
    """
    values = evaluate_points(family, layer, grid(bounds, resolution), t)
    return values.reshape(resolution, resolution, *values.shape[1:])


def grid(bounds: Sequence[float], resolution: int) -> Tensor:
    """Return the points of a grid over [x0, x1, y0, y1], (r * r, 2), row by row from y0."""
    x0, x1, y0, y1 = bounds
    axis_x = torch.linspace(x0, x1, resolution)
    axis_y = torch.linspace(y0, y1, resolution)
    grid_y, grid_x = torch.meshgrid(axis_y, axis_x, indexing="ij")
    return torch.stack([grid_x, grid_y], dim=-1).reshape(-1, 2)


def evaluate_points(family: Learner[Any], layer: Layer, points: Tensor, t: float) -> Floats:
    """Evaluate a layer at points (m, 2) in data units: (m,), or (m, 2) in data units."""
    spec = family.spec
    with torch.no_grad():
        values = family.layer(layer.name, spec.standardise(points).to(family.device), t)
    values = values.detach().float().cpu()
    if layer.kind == "vector":
        # A displacement scales with the unit of length, and has no origin.
        values = values * spec.std
    elif layer.density:
        values = values - spec.log_scale(points).float()
    result: Floats = values.numpy()
    return result


def kept_layers(family: Learner[Any]) -> list[str]:
    """Return the layers that kept records hold."""
    return [layer.name for layer in family.layers if layer.kept]


def plane_bounds(data: RowSource) -> list[float]:
    """Return [x0, x1, y0, y1] around data (n, 2) and the prior; [] for other shapes.

    Three standard deviations hold the prior, which has the data's own scale.
    """
    if data.spec().shape != (2,):
        return []
    few = data.few(MOST_BOUNDED) if isinstance(data, StoredRows) else data
    points = few.rows(slice(None)).x
    mean, std = points.mean(dim=0), points.std(dim=0)
    low = torch.minimum(points.min(dim=0).values, mean - 3 * std)
    high = torch.maximum(points.max(dim=0).values, mean + 3 * std)
    margin = 0.05 * (high - low).clamp_min(1e-6)
    low, high = low - margin, high + margin
    return [float(low[0]), float(high[0]), float(low[1]), float(high[1])]
