"""Read what a run recorded as a panel of a page or a film."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.models.registry import registry
from pushforward.studio.counts import format_count
from pushforward.studio.engine.kinds.base import DataKind, kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.effective_settings import target_of
from pushforward.studio.formats.flow_page import Panel, PointPanel, TilePanel
from pushforward.studio.formats.qt_process import paint_tiles
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store.run import RunFolder

__all__ = ["Recorded", "flow_panel", "read_recorded"]

MOST_STEPS, MOST_TIMES = 24, 25
FEWEST_STEPS = 8
"""Of snapshots with all particles, before others with fewer are shown too."""
TILE_STEPS, TILE_TIMES = 10, 12
TILES = 16
REAL = 1500
"""Real data points behind the particles."""


@dataclass(frozen=True)
class Recorded:
    """The recorded steps and flow times of a run that are shown.

    Attributes:
        run: the run.
        steps: training steps, rising.
        times: flow times from 0 to 1, or the last one alone.
        n: particles; some snapshots of points may have fewer.
    """

    run: RunFolder
    steps: list[int]
    times: list[float]
    n: int


def read_recorded(run: RunFolder, particles: int, step: int | None = None) -> Recorded:
    """Return which snapshots of a run are shown: evenly chosen, up to a training step.

    Raises:
        Refused: it has none.
        StoreError: one cannot be read.
    """
    steps = [each for each in run.flow.steps() if step is None or each <= step]
    if not steps:
        entry = registry.get("family", run.record.spec.family.slug)
        raise Refused(
            f"{run.name} has no snapshot of particles to show.",
            f"{entry.title} records none, or the training has not reached the first one. "
            "'pushforward report' works for every run.",
            path="runs",
        )
    plane = kind_of(picked_kind(run.record.spec.dataset)).plane
    most_steps, most_times = (MOST_STEPS, MOST_TIMES) if plane else (TILE_STEPS, TILE_TIMES)
    last = run.flow.load(steps[-1])
    # Two flow times are a start and an end: a generator goes from one to the other at once.
    times = last.t[_spread(len(last.t), most_times)] if len(last.t) > 2 else last.t[-1:]
    wanted = particles if plane else min(particles, TILES)
    counts = {each: run.flow.load(each).x.shape[1] for each in steps}
    # Snapshots between the first and the last may have fewer particles.
    whole = [each for each in steps if counts[each] >= min(wanted, counts[steps[-1]])]
    known = whole if len(whole) >= min(FEWEST_STEPS, len(steps)) else steps
    chosen = [known[place] for place in _spread(len(known), most_steps)]
    most = max if plane else min
    n = min(wanted, most(counts[each] for each in chosen))
    return Recorded(run, chosen, [float(each) for each in times], n)


def _spread(count: int, most: int) -> NDArray[np.intp]:
    """Return at most so many of ``count`` places, evenly, the first and the last included."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def flow_panel(recorded: Recorded, *, dark: bool) -> Panel:
    """Return what a run recorded as a panel.

    Raises:
        Refused: the data of the run cannot be read.
        StoreError: a snapshot cannot be read, or its samples cannot be drawn here.
    """
    run = recorded.run
    spec = run.record.spec
    kind = kind_of(picked_kind(spec.dataset))
    title = run.label().name or spec.name
    entry = registry.get("family", spec.family.slug)
    reached = format_count(recorded.steps[-1], "training step")
    note = f"{entry.title} on {spec.dataset.slug}, {reached}"
    steps, times = np.array(recorded.steps), np.array(recorded.times)
    if kind.plane:
        return _point_panel(recorded, title, note)
    tiles, pixels = _tiles(recorded, kind, dark=dark)
    return TilePanel(title, note, steps, times, tiles, pixels, dark)


def _point_panel(recorded: Recorded, title: str, note: str) -> PointPanel:
    run, times = recorded.run, np.array(recorded.times)
    first = run.flow.load(recorded.steps[0])
    x = np.stack([_at_times(run.flow.load(step), times, recorded.n) for step in recorded.steps])
    real = target_of(run, recorded.steps[-1])[1].thinned(REAL).numpy()
    start = _planar(first.x[0, : recorded.n])
    if len(start) < recorded.n:  # a branch may begin with a light snapshot
        start = _planar(run.flow.load(recorded.steps[-1]).x[0, : recorded.n])
    return PointPanel(title, note, np.array(recorded.steps), times, x, start, _planar(real))


def _at_times(record: FlowRecord, times: NDArray[np.float64], n: int) -> NDArray[np.float32]:
    """Return the first n particles at some flow times, between recorded ones in proportion."""
    x = _planar(record.x[:, :n])
    place = np.interp(times, record.t, np.arange(len(record.t)))
    low = np.minimum(place.astype(np.intp), max(len(x) - 2, 0))
    high = np.minimum(low + 1, len(x) - 1)
    weight = (place - low).astype(np.float32)[:, None, None]
    found = np.full((len(times), n, 2), np.nan, np.float32)
    found[:, : x.shape[1]] = x[low] * (1 - weight) + x[high] * weight
    return found


def _planar(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the first two coordinates; a single one lies on a line."""
    x = x.astype(np.float32, copy=False)
    return x[..., :2] if x.shape[-1] >= 2 else np.concatenate([x, np.zeros_like(x)], axis=-1)


def _tiles(recorded: Recorded, kind: DataKind, *, dark: bool) -> tuple[NDArray[np.uint8], bool]:
    """Return the samples as pictures (S, T, n, h, w, 3), and whether these are images."""
    run, n, found = recorded.run, recorded.n, []
    for step in recorded.steps:
        record = run.flow.load(step)
        places = [int(np.abs(record.t - time).argmin()) for time in recorded.times]
        some = record.x[places, :n]
        pictures = kind.pictures(some.reshape(-1, *some.shape[2:]))
        if pictures is None:
            steps, times = recorded.steps, recorded.times
            return paint_tiles(run.path, kind.slug, steps, times, n, dark=dark), False
        found.append(pictures.reshape(len(places), n, *pictures.shape[1:]))
    return np.stack(found), True
