"""The record that the training clock points at, live or kept, for a lens that looks at records."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.app.actions import Actions
from studio.app.plots.camera import Bounds
from studio.app.plots.records import RecordLoader
from studio.app.plots.watching import Looking, Watching
from studio.app.state.runs import FlowRecord, RunState
from studio.app.state.session import AppState

__all__ = ["Following"]

PARTICLES = 4096
BOUNDS: Bounds = (-4.0, 4.0, -4.0, 4.0)  # of layers, of which none is asked for


class Following(QObject):
    """Keeps one lens on the record of the selected run at the step shown, and tells the engine
    which ``extras`` are looked at, as long as the lens is seen.

    Signals:
        changed: another run, another record, or another flow time.
        failed: a kept record cannot be shown, and why.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, lens: QWidget, state: AppState, actions: Actions, extras: tuple[str, ...]
    ) -> None:
        super().__init__(lens)
        self._lens, self._state, self._extras = lens, state, extras
        self._watching = Watching(actions)
        self._loader = RecordLoader(self)
        self._window: QWidget | None = None
        self.record: FlowRecord | None = None
        runs = state.runs
        runs.selected.connect(self._select)
        runs.changed.connect(self._changed)
        runs.edited.connect(self._changed)
        runs.kept_changed.connect(self._kept)
        runs.record_arrived.connect(self._arrived)
        state.playback.changed.connect(self.follow)
        self._loader.loaded.connect(self._loaded)
        self._loader.failed.connect(self._failed)
        lens.installEventFilter(self)

    @property
    def run(self) -> RunState | None:
        """The selected run."""
        return self._state.runs.current

    def drawn(self) -> None:
        """Note that what was shown last is on the screen: the engine may send more."""
        self._watching.drawn()

    def follow(self) -> None:
        """Show the record that the training clock points at, or ask for it."""
        run, step = self.run, self._state.playback.step
        self._watch()
        if not self._lens.isVisible():
            return
        if run is not None and step is None and run.live and (run.job or not run.kept):
            self.record = run.live
        elif run is not None and run.kept:
            wanted = run.kept[-1] if step is None else step
            self.record = self._loader.want(run.key, wanted, run.kept) or self.record
        self.changed.emit()

    def _select(self, _key: str) -> None:
        self.record = None
        self.follow()

    def _changed(self, key: str) -> None:
        if self.run is not None and key == self.run.key:
            self._watch()
            self.changed.emit()

    def _kept(self, key: str) -> None:
        if self.run is not None and key == self.run.key:
            if self.record is None:
                self.follow()
            else:
                self.changed.emit()  # the step shown may be one to branch from now

    def _arrived(self, key: str) -> None:
        run = self.run
        if run is None or key != run.key:
            return
        self._watching.arrived(run.job)
        if self._state.playback.live and self._lens.isVisible():
            self.record = run.live
            self.changed.emit()

    def _loaded(self, key: str, record: FlowRecord) -> None:
        run, step = self.run, self._state.playback.step
        if run is None or key != run.key or (step is None and run.job and run.live is not None):
            return
        if step is None or record.step == step:
            self.record = record
            self.changed.emit()

    def _failed(self, key: str, step: int, why: str) -> None:
        if self.run is not None and key == self.run.key:
            self.failed.emit(f"Step {step:,} cannot be shown: {why}")

    def _watch(self) -> None:
        run, lens = self.run, self._lens
        seen = lens.isVisible() and not lens.window().isMinimized()
        if run is None or not run.job or not seen or not self._state.playback.live:
            self._watching.look(None)
            return
        self._watching.look(
            Looking(run.key, run.job, (), BOUNDS, 2, PARTICLES, extras=self._extras)
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._lens and kind == QEvent.Type.Show:
            if self._window is not self._lens.window():
                self._window = self._lens.window()
                self._window.installEventFilter(self)
            self.follow()
        elif watched is self._lens and kind == QEvent.Type.Hide:
            self._watch()
        elif kind == QEvent.Type.WindowStateChange:
            # A minimised window hides its widgets from the person, but not always from Qt.
            self._watch()
        return super().eventFilter(watched, event)
