"""Recording the lens in front: a strip below it with the time, a caption and *Stop*."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from pushforward.studio.app.charts.recording import (
    FRAMES_PER_SECOND,
    Look,
    Recording,
    write_recording,
)
from pushforward.studio.app.core import async_tasks, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import data_title, file_stem, numbered
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button, label, row
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.theme import colors, font
from pushforward.studio.formats.video import encoder
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError

__all__ = ["RecordStrip", "formats"]

ANIMATIONS = "GIF animation (*.gif);;Animated WebP (*.webp);;Animated PNG (*.apng)"
VIDEOS = "MP4 video (*.mp4);;WebM video (*.webm)"
CAPTION = "Caption from now on, then Enter"


def formats() -> str:
    """Return the formats of a recording, videos first where ffmpeg is installed."""
    return f"{VIDEOS};;{ANIMATIONS}" if encoder() else ANIMATIONS


class RecordStrip(QFrame):
    """Hidden unless something is recorded.

    A recording of finished runs plays the training clock from its start, and ends with it; one of
    a training, or of a clock that stands at a chosen step, ends by *Stop*.
    """

    def __init__(self, state: AppState, scene: Callable[[], QWidget]) -> None:
        """Create the strip; ``scene`` returns the widget that is recorded."""
        super().__init__()
        self._state, self._scene = state, scene
        self.recording: Recording | None = None
        self._started = 0.0
        self._plays = False
        self._caption = ""
        self.setProperty("role", "banner")
        self.time = label("", "danger")
        self.caption = QLineEdit()
        self.caption.setPlaceholderText(CAPTION)
        self.caption.setAccessibleName("Caption")
        self.caption.returnPressed.connect(self._take_caption)
        self.stop_ = button("Stop", self.stop, kind="primary", tip="End the recording and save it")
        cancel = button("Cancel", self.cancel, tip="Forget the recording")
        row(
            self.time, (self.caption, 1), self.stop_, cancel, parent=self, gap=10,
            margins=(16, 6, 16, 6),
        )  # fmt: skip
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 / FRAMES_PER_SECOND))
        self._timer.timeout.connect(self._shoot)
        state.playback.changed.connect(self._follow_clock)
        self.hide()

    @property
    def why_not(self) -> str:
        """Why nothing can be recorded, "" if it can."""
        ready = self._state.place == "run" and self._state.runs.current is not None
        return "" if ready else "Open a run first."

    def toggle(self) -> None:
        """Start recording, or stop it."""
        if self.recording is None:
            self.start()
        else:
            self.stop()

    def start(self) -> None:
        """Record the lens in front from now on."""
        if self.why_not or self.recording is not None:
            return
        tokens = colors()
        look = Look(
            tokens.background, tokens.text, tokens.muted, QFont(font(15, QFont.Weight.DemiBold)),
            QFont(font(13)),
        )  # fmt: skip
        self.recording = Recording(self._title(), look)
        self._started, self._caption = time.perf_counter(), ""
        self.caption.clear()
        self.show()
        self._play()
        self._shoot()
        self._timer.start()

    def _play(self) -> None:
        """Play the training clock from the start where nothing trains and the newest is shown."""
        playback, run = self._state.playback, self._state.runs.current
        trains = any(each.job for each in self._runs)
        self._plays = playback.live and not trains and run is not None and len(run.stops) > 1
        if self._plays:
            playback.set(touring=True)

    @property
    def _runs(self) -> list[RunState]:
        current = self._state.runs.current
        return run_comparison.compared(self._state.runs) or ([current] if current else [])

    def _title(self) -> str:
        runs = self._runs
        data = next((each.spec.dataset.slug for each in runs if each.spec is not None), "")
        of = f", {data_title(data, self._state.catalog)}" if data else ""
        return f"{len(runs)} methods{of}" if len(runs) > 1 else f"{numbered(runs[0])}{of}"

    def _note(self) -> str:
        run, step = self._state.runs.current, self._state.playback.step
        if run is None:
            return ""
        at, total = run.step if step is None else step, max(run.total, run.step)
        if len(self._runs) > 1:
            return f"{100 * run_comparison.share(run, at):.0f} % of the budget"
        return f"step {at:,} of {total:,}"

    def _shoot(self) -> None:
        recording = self.recording
        if recording is None:
            return
        at = time.perf_counter() - self._started
        recording.add(_picture(self._scene()), at, self._note(), self._caption)
        self.time.setText(f"● {int(at // 60)}:{int(at % 60):02d}")
        if recording.is_full:
            self.stop()

    def _take_caption(self) -> None:
        self._caption = self.caption.text().strip()
        self.caption.selectAll()

    def _follow_clock(self) -> None:
        """End with the training clock that this has started."""
        if self.recording is not None and self._plays and not self._state.playback.touring:
            self._plays = False
            QTimer.singleShot(500, self, self.stop)  # the last snapshot is still moving

    def cancel(self) -> None:
        """Forget what was recorded."""
        self._end()

    def _end(self) -> Recording | None:
        recording, self.recording = self.recording, None
        self._timer.stop()
        if self._plays:
            self._plays = False
            self._state.playback.set(touring=False)
        self.hide()
        return recording

    def stop(self) -> None:
        """End the recording, and ask where it is saved."""
        recording, run = self._end(), self._state.runs.current
        if recording is None or run is None:
            return
        suffix = "mp4" if encoder() else "gif"
        folder = folder_of_exports(self._state.project)
        name = f"{file_stem(run)}-recording.{suffix}"
        dialog = save_dialog(self.window(), "Save the recording", name, formats(), suffix, folder)
        dialog.fileSelected.connect(lambda file: self.save(recording, Path(file)))
        dialog.open()

    def save(self, recording: Recording, path: Path) -> None:
        """Write a recording in a thread, and report it."""
        async_tasks.spawn(self._write(recording, path))

    async def _write(self, recording: Recording, path: Path) -> None:
        notices, topic = self._state.notices, f"write:{path}"
        notices.post(Notice(level="info", text=f"Writing {path.name}…", topic=topic))
        try:
            size = await asyncio.to_thread(write_recording, recording, path)
        except StoreError as error:
            info = ErrorInfo(kind=error.kind, message=error.message, hint=error.hint)
            notices.error(info, title=f"{path.name} was not written", topic=topic, here=True)
        else:
            notices.settle(topic)
            show = NoticeAction("Show in folder", partial(show_in_folder, path))
            text = f"{path.name} is written ({recording.seconds:.0f} s, {size / 1e6:.1f} MB)"
            notices.post(Notice(level="good", text=text, why=str(path.parent), actions=(show,)))


def _picture(scene: QWidget) -> QImage:
    """Return a widget as it looks now."""
    return scene.grab().toImage()
