"""The newest samples of the selected run, from its folder, for the lenses that show samples."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from studio.app import tasks
from studio.app.state.session import AppState
from studio.protocol.messages import JobInfo

__all__ = ["Sampled", "Shown", "read_newest"]

LOOK_MS = 500


@dataclass(frozen=True, eq=False)
class Shown:
    """What was generated, (n, ...) in data units, and where it comes from, in words."""

    x: NDArray[np.float32]
    columns: tuple[str, ...]
    origin: str
    file: str = ""


def read_newest(key: str, known: str = "") -> Shown | None:
    """Return the newest sample set in a run folder, or None if it is the known one, or none.

    Raises:
        StoreError: its file is damaged.
    """
    from studio.store.samples import SampleSets

    sets = SampleSets(Path(key) / "samples")
    paths = sets.paths()
    if not paths or str(paths[-1]) == known:
        return None
    found = sets.read(paths[-1])
    return Shown(found.x, found.columns, _origin(found.attrs, len(found.x)), str(paths[-1]))


def _origin(attrs: dict[str, Any], n: int) -> str:
    parts = [f"{n:,} samples"]
    if "step" in attrs:
        parts.append(f"step {int(attrs['step']):,}")
    if "seed" in attrs:
        parts.append(f"seed {attrs['seed']}")
    return ", ".join(parts)


class Sampled(QObject):
    """Looks for samples while a lens is seen; until there are some, the particles at the end of
    the flow stand for them.

    Signals:
        selected: another run, or none.
        shown: a `Shown` to draw.
        told: news of the run: words and numbers may have changed.
        failed: why the newest samples cannot be read.
    """

    selected = Signal()
    shown = Signal(object)
    told = Signal()
    failed = Signal(str)

    def __init__(self, lens: QWidget, state: AppState) -> None:
        super().__init__(lens)
        self._lens, self._state = lens, state
        self.now: Shown | None = None
        self._key = ""
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        runs = state.runs
        runs.selected.connect(self.select)
        for signal in (runs.changed, runs.metrics_appended, runs.logged, runs.record_arrived):
            signal.connect(self._of_run)
        state.job_ended.connect(self._ended)
        lens.installEventFilter(self)

    def select(self, _key: str = "") -> None:
        """Start with the run that is selected."""
        run = self._state.runs.current
        self._key = run.key if run else ""
        self.now = None
        self.selected.emit()
        self.told.emit()
        self.look()

    def look(self) -> None:
        """Look for samples on disk."""
        run = self._state.runs.current
        if run is None or not self._lens.isVisible():
            return
        if (self.now is None or not self.now.file) and run.live is not None:
            x, step = run.live.x[-1], run.live.step
            self._show(Shown(x, run.columns, f"{len(x):,} fixed particles, step {step:,}"))
        self.told.emit()
        if not self._busy:
            self._busy = True
            tasks.spawn(self._read(run.key, self.now.file if self.now else ""))

    def _show(self, shown: Shown) -> None:
        self.now = shown
        self.shown.emit(shown)

    def _of_run(self, key: str) -> None:
        if key == self._key and self._lens.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _ended(self, info: JobInfo) -> None:
        if info.run == self._key:
            self._of_run(self._key)

    async def _read(self, key: str, known: str) -> None:
        from studio.store.errors import StoreError

        try:
            found = await asyncio.to_thread(read_newest, key, known)
        except (StoreError, OSError) as error:
            self.failed.emit(f"The newest samples cannot be read: {error}")
            return
        finally:
            self._busy = False
        if found is not None and key == self._key:
            self._show(found)
            self.told.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.look()
        return super().eventFilter(watched, event)
