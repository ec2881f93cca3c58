"""Which record of the selected run a lens shows: live or kept, as the training clock says.

It asks the engine for live records while its lens is seen, and the disk for kept ones; a lens
only draws what `shown` brings.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.app.actions import Actions
from studio.app.plots.records import RecordLoader
from studio.app.plots.watching import Looking, Watching
from studio.app.state.runs import FlowRecord, RunState
from studio.app.state.session import AppState

__all__ = ["Following"]


class Following(QObject):
    """Follows run and clocks for one lens.

    Args:
        lens: the widget that is seen or not.
        looking: says what of a run the lens wants live, asked whenever that may have changed.

    Signals:
        selected: another run, or none: what was shown is not meant any more.
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
    ) -> None:
        super().__init__(lens)
        self._lens, self._state, self._looking = lens, state, looking
        self._watching = Watching(actions)
        self._loader = RecordLoader(self)
        self._record: FlowRecord | None = None
        self._followed: int | None = None
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
        return self._state.runs.current

    @property
    def step(self) -> int | None:
        """The kept step that the training clock points at, None for the newest."""
        return self._state.playback.step

    @property
    def record(self) -> FlowRecord | None:
        """The record that is shown."""
        return self._record

    def drawn(self) -> None:
        """Note that the newest record was drawn: another may come."""
        self._watching.drawn()

    def watch(self) -> None:
        """Tell the engine what is looked at, if it changed."""
        run, lens = self.run, self._lens
        seen = lens.isVisible() and not lens.window().isMinimized()
        if run is None or not run.job or not seen or not self._state.playback.live:
            self._watching.look(None)
        else:
            self._watching.look(self._looking(run))

    def follow(self) -> None:
        """Show the record that the training clock points at, or ask for it."""
        run, step = self.run, self.step
        self._followed = step
        self.watch()
        self.changed.emit()
        if run is None or not self._lens.isVisible():
            return
        if step is None and run.live is not None and (run.job or not run.kept):
            self._show(run.live)
        elif run.kept:
            wanted = run.kept[-1] if step is None else step
            record = self._loader.want(run.key, wanted, run.kept)
            if record is not None:
                self._show(record)

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
            self.shown.emit(record)

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
        if run is not None and key == run.key and self._record is None:
            self.follow()

    def _arrived(self, key: str) -> None:
        run = self.run
        if run is None or key != run.key:
            return
        self._watching.arrived(run.job)
        if self._state.playback.live and self._lens.isVisible() and run.live is not None:
            self._show(run.live)

    def _loaded(self, key: str, record: FlowRecord) -> None:
        run, step = self.run, self.step
        if run is None or key != run.key or (step is None and run.job and run.live is not None):
            return
        if step is None or record.step == step:
            self._show(record)

    def _failed(self, key: str, step: int, why: str) -> None:
        run = self.run
        if run is not None and key == run.key:
            self.failed.emit(step, why)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._lens and kind == QEvent.Type.Show:
            self._lens.window().installEventFilter(self)
            self.clocks()
            self.follow()
        elif watched is self._lens and kind == QEvent.Type.Hide:
            self.watch()
        elif kind == QEvent.Type.WindowStateChange:
            # A minimised window hides its widgets from the person, but not always from Qt.
            self.watch()
        return super().eventFilter(watched, event)
