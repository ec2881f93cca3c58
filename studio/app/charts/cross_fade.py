"""Fades a picture of a widget into the next one."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QPainter, QPixmap

from pushforward.studio.app.charts.transition import Transition

__all__ = ["CrossFade"]


class CrossFade(QObject):
    """Paints a mixture of two pictures while a transition runs.

    Args:
        grab: returns the widget's present picture, opaque.
        update: draws the widget again.
    """

    def __init__(
        self, parent: QObject, grab: Callable[[], QPixmap], update: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self._grab = grab
        self._before: QPixmap | None = None
        self._after: QPixmap | None = None
        self._transition = Transition(self)
        self._transition.ticked.connect(update)
        self._transition.ended.connect(self._forget)

    @property
    def active(self) -> bool:
        """Whether one picture fades into another."""
        return self._transition.active

    def run(self, change: Callable[[], None], *, smooth: bool) -> None:
        """Call a function that changes the picture; if ``smooth`` fade from that of before."""
        seconds = self._transition.arrive()
        before = self._grab() if smooth else None
        self.stop()
        change()
        if before is not None:
            self._before, self._after = before, self._grab()
            self._transition.start(seconds)

    def stop(self) -> None:
        """Show the new picture at once."""
        self._transition.stop()

    def paint(self, painter: QPainter) -> bool:
        """Paint the mixture of now; return False, having painted nothing, if there is none."""
        if self._before is None or self._after is None:
            return False
        painter.drawPixmap(QPoint(), self._before)
        painter.setOpacity(self._transition.now)
        painter.drawPixmap(QPoint(), self._after)
        painter.setOpacity(1.0)
        return True

    def _forget(self) -> None:
        self._before = self._after = None
