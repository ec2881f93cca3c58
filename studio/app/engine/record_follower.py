"""Which record of the selected run a lens shows: the newest, or a kept one, as the training clock
says.

It declares what its lens looks at while that is seen, and asks the disk for kept records; a lens
only draws what `shown` brings. The newest is a live record or a kept one, whichever is later.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_reader import RecordLoader
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.protocol.records import first_particles

__all__ = ["Following"]

FEWEST = 512  # particles that replace any picture of more
OLDEST_STEPS = 0.04  # of all steps: the age of a picture that fewer particles replace
PENDING_MS = 150  # a kept record is sent as a live one too; else it is read from the disk


class Following(QObject):
    """Follows run and clocks for one lens.

    Args:
        lens: the widget whose visibility counts.
        looking: returns what the lens needs live of a run; called whenever that may have changed.
        applies: whether the lens has something to show for the selection; otherwise no run is
            followed. A lens is notified of another run before its tab disappears.

    Signals:
        selected: another run or none is selected; what was shown is obsolete.
        changed: news of the run that is followed.
        shown: a FlowRecord to draw.
        failed: (step, why) a kept record cannot be read.
        moved: the clocks moved while the lens is seen.
    """

    selected = Signal()
    changed = Signal()
    shown = Signal(object)
    failed = Signal(int, str)
    moved = Signal()

    def __init__(
        self,
        lens: QWidget,
        state: AppState,
        actions: Actions,
        looking: Callable[[RunState], Looking],
        applies: Callable[[AppState], bool],
    ) -> None:
        super().__init__(lens)
        self._lens, self._state, self._looking = lens, state, looking
        self._applies = applies
        self._watching = actions.looking.watching
        self._loader = RecordLoader(self)
        self._record: FlowRecord | None = None
        self._followed: int | None = None
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(PENDING_MS)
        self._pending.timeout.connect(self._catch_up)
        runs = state.runs
        runs.selected.connect(self._select)
        runs.changed.connect(self._changed)
        runs.record_arrived.connect(self._arrived)
        runs.kept_changed.connect(self._kept)
        state.playback.changed.connect(self.clocks)
        self._loader.loaded.connect(self._loaded)
        self._loader.failed.connect(self._failed)
        lens.installEventFilter(self)

    @property
    def run(self) -> RunState | None:
        """The run that is followed."""
        return self._state.runs.current if self._applies(self._state) else None

    @property
    def step(self) -> int | None:
        """The kept step that the training clock points at, None for the newest."""
        return self._state.playback.step

    @property
    def record(self) -> FlowRecord | None:
        """The record that is shown."""
        return self._record

    def mark_drawn(self) -> None:
        """Note that the newest record was drawn: another may come."""
        if self.run is not None:
            self._watching.mark_drawn(self.run.job)

    @property
    def watching(self) -> bool:
        """Whether records of the run were requested from the engine."""
        return self.run is not None and self._watching.watched(self.run.job)

    def watch(self) -> None:
        """Declare what is looked at, if it changed."""
        run, lens = self.run, self._lens
        seen = lens.isVisible() and not lens.window().isMinimized()
        live = self._state.playback.live
        looks = run is not None and bool(run.job) and not run.background and seen and live
        self._watching.look(self, self._looking(run) if run is not None and looks else None)

    def follow(self) -> None:
        """Show the record that the training clock points at, or ask for it."""
        run, step = self.run, self.step
        self._followed = step
        self.watch()
        self.changed.emit()
        if run is None or not self._lens.isVisible():
            return
        if step is None:
            self._follow_newest(run)
        elif run.kept:
            record = self._loader.want(run.key, step, run.kept)
            if record is not None:
                self._show(record)

    def _follow_newest(self, run: RunState, *, just_arrived: bool = False) -> None:
        """Show the newest record there is, live or kept; a kept one once it is read, and until
        then the newest at hand. Where nothing is shown a live one is only if it has
        ``just_arrived``: else it may be of the first steps, however long ago these were.
        """
        record, shown = None, self._record
        reading = _kept_is_newest(run)
        if reading:
            newest = run.kept[-1]
            if run.job and shown is not None and shown.step == newest:
                return
            # Alone, for its neighbours are not what is looked at next.
            record = self._loader.want(run.key, newest, [newest])
        if record is not None and not self._fewer(run, record):
            self._show(self._as_live(run, record))
        elif run.live is not None:
            at_hand = just_arrived if shown is None else shown.step <= run.live.step
            if at_hand or not reading:
                self._show(run.live)

    def _fewer(self, run: RunState, record: FlowRecord) -> bool:
        """Whether a kept record of a training has too few particles to replace what is shown: of a
        dear model a few are kept between whole records. It does where that is too old.
        """
        shown = self._record
        if not run.job or shown is None or record.x.shape[1] >= min(FEWEST, shown.x.shape[1]):
            return False
        return run.step - shown.step <= OLDEST_STEPS * run.total

    def _as_live(self, run: RunState, record: FlowRecord) -> FlowRecord:
        """Between live records a kept one has no more particles than they: the picture would
        flicker.
        """
        if run.job and run.live is not None:
            return first_particles(record, run.live.x.shape[1])
        return record

    def clocks(self) -> None:
        """Follow the clocks to where they are."""
        if not self._lens.isVisible():
            return
        if self.step != self._followed:
            self.follow()
        self.moved.emit()

    def _show(self, record: FlowRecord) -> None:
        if record is not self._record:
            self._record = record
            self._count(record)
            self.shown.emit(record)

    def _count(self, record: FlowRecord) -> None:
        """Note how many flow times a kept record of the run has; a live one has those that somebody
        looks at.
        """
        run = self.run
        if run is None or record is run.live:
            return
        at_once = run.frames == 1
        run.frames = len(record.t)
        if (run.frames == 1) != at_once:
            self._state.runs.changed.emit(run.key)

    def _select(self, _key: str = "") -> None:
        self._record = None
        self.selected.emit()
        self.follow()

    def _changed(self, key: str) -> None:
        run = self.run
        if run is not None and key == run.key:
            self.changed.emit()
            if self._record is not None and not run.job and self._state.playback.live:
                self.follow()  # it ended: the last kept record has all particles
            self.watch()

    def _kept(self, key: str) -> None:
        run = self.run
        if run is None or key != run.key:
            return
        if self._record is None or not run.job:
            self.follow()
        else:
            self._pending.start()

    def _catch_up(self) -> None:
        run = self.run
        if run is not None and self.step is None and self._lens.isVisible():
            self._follow_newest(run)

    def _arrived(self, key: str) -> None:
        run = self.run
        if run is None or key != run.key:
            return
        if self.step is not None or not self._lens.isVisible():
            return
        before = self._record
        self._follow_newest(run, just_arrived=True)
        if self._record is before:
            self.mark_drawn()  # it came too late to be seen

    def _loaded(self, key: str, record: FlowRecord) -> None:
        run, step = self.run, self.step
        if run is None or key != run.key:
            return
        if step is None:
            self._follow_newest(run)  # it is at hand now, unless a later one has come
        elif record.step == step:
            self._show(record)

    def _failed(self, key: str, step: int, why: str) -> None:
        run = self.run
        if run is not None and key == run.key and (self.step is not None or step in run.kept):
            self.failed.emit(step, why)
            if self.step is None and self._record is None and run.live is not None:
                self._show(run.live)  # the newest that can be seen

    def _leave_behind(self) -> None:
        """Forget the record of when the lens was last seen, where there is a newer one now."""
        run, record = self.run, self._record
        if run is not None and record is not None and self.step is None:
            newest = max(run.kept[-1] if run.kept else 0, run.live.step if run.live else 0)
            if newest > record.step:
                self._record = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._lens and kind == QEvent.Type.Show:
            self._lens.window().installEventFilter(self)
            self._leave_behind()
            self.clocks()
            self.follow()
        elif watched is self._lens and kind == QEvent.Type.Hide:
            self.watch()
        elif kind == QEvent.Type.WindowStateChange:
            # A minimised window hides its widgets from the person, but not always from Qt.
            self.watch()
        return super().eventFilter(watched, event)


def _kept_is_newest(run: RunState) -> bool:
    """Whether the last kept record is the newest there is. At the same step a live one has what is
    looked at, and a kept one all particles.
    """
    if run.live is None or not run.kept:
        return bool(run.kept)
    return run.kept[-1] > run.live.step or (run.kept[-1] == run.live.step and not run.job)
