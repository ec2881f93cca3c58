"""What makes the flow clock run: a timer that exists only while it plays and is seen."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

from pushforward.studio.app.charts.transition import FRAME_MS
from pushforward.studio.app.core.clocks import Playback

__all__ = ["FlowClock"]

REST = 0.7  # seconds that a looping clock rests at the data before it starts again
LONGEST = 0.1  # seconds that one tick may jump: after a stall the clock goes on, it does not leap


class FlowClock(QObject):
    """Advances ``playback.flow`` by ``speed`` a second while ``playback.playing``."""

    def __init__(self, playback: Playback, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._seen = True
        self._last = 0.0
        self._rest = 0.0
        self._direction = 1
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)
        playback.changed.connect(self._sync)

    @property
    def running(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def set_seen(self, seen: bool) -> None:
        """Say whether anybody can see the clock's effect; unseen it stands still."""
        self._seen = seen
        self._sync()

    def _sync(self) -> None:
        wanted = self._playback.playing and self._seen and not self._playback.idle
        if wanted and not self._timer.isActive():
            self._last, self._rest = time.perf_counter(), 0.0
            self._direction = 1
            if self._playback.flow >= 1.0:
                self._playback.set(flow=0.0)
            self._timer.start()
        elif not wanted:
            self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        passed, self._last = min(LONGEST, now - self._last), now
        self.advance(passed)

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        playback = self._playback
        if not playback.ping_pong or playback.flow <= 0.0:
            self._direction = 1
        if playback.flow >= 1.0 and self._direction > 0:
            self._rest += seconds
            if playback.loop and self._rest >= REST:
                self._rest = 0.0
                if playback.ping_pong:
                    self._direction = -1
                else:
                    playback.set(flow=0.0)
            return
        flow = min(1.0, playback.flow + self._direction * seconds * playback.speed)
        self._rest = 0.0
        if flow >= 1.0 and not playback.loop:
            playback.set(flow=1.0, playing=False)
        else:
            playback.set(flow=flow)
