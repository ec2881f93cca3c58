"""Send records to the window while a run is watched: live and kept ones."""

from collections.abc import Callable, Generator, Sequence

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.staging import StagedStep
from pushforward.studio.protocol.messages import Record
from pushforward.studio.protocol.records import EXTRA, LAYER, FlowRecord, first_particles
from pushforward.studio.protocol.wire import pack_arrays

__all__ = ["LivePicture"]


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
        *,
        dear: bool,
    ) -> None:
        """``dear`` says that a record may take minutes: then none is made before the first step."""
        self._job, self._session, self._sink = job, session, sink
        self._view, self._clock, self._dear = view, clock, dear

    @property
    def wanted(self) -> bool:
        """Whether a record that is made now is sent at once."""
        return self._view.watch.on and self._sink.wants(self._job)

    def show_first(self, step: int) -> Work:
        """Send a small picture, if none was sent yet: what else is made before the first step may
        take long.
        """
        if self.lacks_first:
            yield from self._show(step, self._view.FEWEST, first=True)

    @property
    def lacks_first(self) -> bool:
        """Whether a small picture before the first step is wanted, and does not take minutes."""
        return self._view.step is None and not self._dear and self.wanted

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
        first: bool = False,
        paused: bool = False,
        staged: StagedStep | None = None,
    ) -> Work:
        watch, recorder = self._view.watch, self._session.recorder
        if not watch.on or recorder is None:
            return
        plain = yield from recorder.record(
            step,
            particles=particles,
            extras=() if first else watch.extras,  # some need a judge, which takes a minute
        )
        resolution = watch.resolution if paused else self._view.resolution
        record = yield from self._with_layers(plain, () if first else watch.layers, resolution)
        start = self._clock()
        scenery = staged.arrays(particles) if staged is not None else {}
        self._send(record.holding(**scenery))
        if not paused:
            now = self._clock()
            seconds = plain.seconds + record.seconds + now - start
            self._view.add_record(seconds, now, step, layers=record.seconds)

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
        event = Record(job=self._job, step=record.step, bounds=list(record.bounds), arrays=arrays)
        self._sink.offer(event, payload)
