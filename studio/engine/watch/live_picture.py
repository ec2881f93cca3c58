"""Send records to the window while a run is watched: live and kept ones."""

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.preview_sampler import shorten
from pushforward.studio.engine.watch.recorder import RecordProgress
from pushforward.studio.engine.watch.staging import StagedStep
from pushforward.studio.protocol.extras import PLACES
from pushforward.studio.protocol.messages import Record
from pushforward.studio.protocol.records import EXTRA, LAYER, FlowRecord, first_particles
from pushforward.studio.protocol.wire import pack_arrays

__all__ = ["LivePicture"]

FEW, LEAST = 8, 4  # particles of the first picture of an expensive model
SURE = 0.1  # seconds before one can say how long a record takes: the first evaluation pays for more


class LivePicture:
    """What the screen sees of a session while it trains; `LiveView` decides when.

    A record that is kept on disk is sent too: a live picture that costs no second flow.
    """

    def __init__(
        self,
        job: str,
        session: Session,
        sink: Sink,
        view: LiveView,
        clock: Callable[[], float],
    ) -> None:
        self._job, self._session, self._sink = job, session, sink
        self._view, self._clock = view, clock

    @property
    def wanted(self) -> bool:
        """Whether a record that is made now is sent at once."""
        return self._view.watch.on and self._sink.wants(self._job)

    def show_first(self, step: int) -> Work:
        """Send a small picture, if none was sent yet: what else is made before the first step may
        take long. It is to take `LiveView.AT_FIRST` seconds: a record that would take longer is
        dropped for one of fewer particles, or for a preview in fewer sampling steps.
        """
        recorder, view = self._session.recorder, self._view
        if not self.lacks_first or recorder is None:
            return
        start, own, sampler = self._clock(), self._session.sampler, None
        # Where few particles are followed, each is expensive.
        many = view.FEWEST if recorder.particles > view.FEWEST else FEW
        particles = min(many, view.watch.particles, recorder.particles)
        while True:
            left, progress = view.AT_FIRST - (self._clock() - start), RecordProgress()
            short = shorten(own, 0.0) if sampler is None and particles <= FEW else None
            last = (particles <= LEAST and short is None) or sampler is not None
            record = yield from self._record_within(
                math.inf if last else left, step, particles, sampler, progress
            )
            if record is not None:
                break
            if short is None:
                particles = FEW if particles > FEW else LEAST
                continue
            left, expected = view.AT_FIRST - (self._clock() - start), progress.total_seconds
            sampler = shorten(own, max(0.0, left) / (expected or math.inf)) or short
        self._send(record)
        now = self._clock()
        view.add_first(now - start, now, step, particles if sampler is None else 0)

    def _record_within(
        self,
        most: float,
        step: int,
        particles: int,
        sampler: Any,
        progress: RecordProgress,
    ) -> Generator[bool, None, FlowRecord | None]:
        """Return a record, or None as soon as it is expected to take more than ``most`` seconds."""
        recorder = self._session.recorder
        assert recorder is not None
        # What else is looked at needs a reference classifier or further network evaluations.
        extras = [name for name in self._view.watch.extras if name == PLACES]
        making = recorder.record(
            step, particles=particles, extras=extras, sampler=sampler, progress=progress
        )
        while True:
            try:
                next(making)
            except StopIteration as end:
                record: FlowRecord = end.value
                return record
            expected = progress.total_seconds or 0.0
            if progress.seconds > SURE and expected > most:
                making.close()
                self._view.estimate_seconds(expected, particles)
                return None
            yield False

    @property
    def lacks_first(self) -> bool:
        """Whether a small picture before the first step is wanted."""
        return self._view.step is None and self.wanted

    def show_due(self, step: int, total: int) -> Work:
        """Send a live record, if one is due now."""
        if self._view.due(self._clock(), step, total) and self.wanted:
            yield from self._show(step, self._view.particles)

    def show(self, step: int, *, paused: bool = False, staged: StagedStep | None = None) -> Work:
        """Send a record of all particles that are looked at, with what a stage of a step that is
        ``staged`` has at hand; while paused it costs the training nothing.
        """
        yield from self._show(step, self._view.watch.particles, paused=paused, staged=staged)

    def _show(
        self,
        step: int,
        particles: int,
        *,
        paused: bool = False,
        staged: StagedStep | None = None,
    ) -> Work:
        watch, recorder = self._view.watch, self._session.recorder
        if not watch.on:
            return
        if recorder is None:  # nothing moves, but a stage has its inputs
            if staged is not None:
                self._send(self._without_particles(step, staged, particles))
            return
        plain = yield from recorder.record(step, particles=particles, extras=watch.extras)
        resolution = watch.resolution if paused else self._view.resolution
        record = yield from self._with_layers(plain, watch.layers, resolution)
        start = self._clock()
        scenery = staged.arrays(particles) if staged is not None else {}
        self._send(record.holding(**scenery))
        if not paused:
            now = self._clock()
            seconds = plain.seconds + record.seconds + now - start
            self._view.add_record(seconds, now, step, layers=record.seconds)

    def _without_particles(self, step: int, staged: StagedStep, rows: int) -> FlowRecord:
        x = np.empty((1, 0, *self._session.family.spec.shape), np.float32)
        return FlowRecord(step, {"t": np.ones(1, np.float32), "x": x, **staged.arrays(rows)})

    def _with_layers(
        self, record: FlowRecord, layers: Sequence[str], resolution: int
    ) -> Generator[bool, None, FlowRecord]:
        """Return a record of the present model with layers where it is looked at; its seconds are
        those of the layers.
        """
        recorder = self._session.recorder
        assert recorder is not None
        bounds = self._view.watch.bounds or self._session.bounds
        return (yield from recorder.with_layers(record, layers, resolution, bounds))

    def show_kept(self, record: FlowRecord, more: float) -> Work:
        """Send as many particles of a record that is being kept as the next live record would
        have, with the layers that are looked at; ``more`` are the seconds that it took because it
        is looked at. One that is made while the window still draws waits for it, as the window
        would read it from the disk without the layers.
        """
        watch, recorder = self._view.watch, self._session.recorder
        if recorder is None or not watch.on:
            return
        particles = min(record.x.shape[1], self._view.particles)
        if particles < min(self._view.FEWEST, recorder.particles, watch.particles):
            return  # of a dear model: the window shows it where its picture is too old
        unwanted = [f"{EXTRA}{name}" for name in recorder.extras if name not in watch.extras]
        arrays = {
            name: values
            for name, values in first_particles(record, particles).arrays.items()
            if name not in unwanted and not name.startswith(LAYER)
        }
        plain = FlowRecord(record.step, arrays, record.bounds)
        shown = yield from self._with_layers(plain, watch.layers, self._view.resolution)
        start = self._clock()
        self._send(shown)
        now = self._clock()
        self._view.add_kept(more + shown.seconds + now - start, now, record.step)

    def _send(self, record: FlowRecord) -> None:
        arrays, payload = pack_arrays(dict(record.arrays))
        event = Record(
            job=self._job, step=record.step, bounds=list(record.bounds), arrays=arrays,
            preview=record.preview,
        )  # fmt: skip
        self._sink.offer(event, payload)
