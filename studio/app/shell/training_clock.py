"""What makes the training clock run: it goes from one kept step to the next, and ends live."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from pushforward.studio.app.core.clocks import Playback

__all__ = ["TrainingClock"]

WHOLE_MS = 5_000  # for all kept steps together
QUICKEST_MS = 80  # between two of them: a record is read from the disk meanwhile


class TrainingClock(QObject):
    """Calls ``step`` with 1 again and again while ``playback.touring``; from the first of the
    ``stops`` where it begins live.
    """

    def __init__(
        self,
        playback: Playback,
        stops: Callable[[], list[int]],
        step: Callable[[int], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._playback, self._stops, self._step = playback, stops, step
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        playback.changed.connect(self._sync)

    def _sync(self) -> None:
        playback, stops = self._playback, self._stops()
        if playback.touring == self._timer.isActive():
            return
        if not playback.touring or not stops:
            self._timer.stop()
            playback.set(touring=False)
            return
        self._timer.start(max(QUICKEST_MS, WHOLE_MS // len(stops)))
        if playback.live:
            playback.set(step=stops[0])

    def _tick(self) -> None:
        self._step(1)
        if self._playback.live:
            self._playback.set(touring=False)
