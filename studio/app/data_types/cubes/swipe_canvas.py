"""Two maps of a scene on one canvas: a divider that is dragged shows one left, the other right."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen

from pushforward.studio.app.data_types.cubes.map_camera import MapCamera
from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas

__all__ = ["SwipeCanvas"]

NEAR = 8  # logical pixels from the divider at which it is dragged
STEP = 0.02


class SwipeCanvas(MapCanvas):
    """The left picture up to the divider, the right one beyond it.

    Attributes:
        share: where the divider is, from 0 to 1 of the map.
    """

    def __init__(self, name: str, camera: MapCamera) -> None:
        super().__init__(name, camera)
        self.share = 0.5
        self._other: QImage | None = None
        self._swiping = False
        self.overlays = [lambda painter, _: self._paint_divider(painter)]

    def show_pair(self, left: QImage | None, right: QImage | None, message: str = "") -> None:
        """Show two pictures, or ``message`` where the left one is missing."""
        self._other = right
        self.show_image(left, message)

    @property
    def _at(self) -> float:
        box = self.box()
        return box.left() + self.share * box.width()

    def _paint_image(self, painter: QPainter, box: QRectF) -> None:
        super()._paint_image(painter, box)
        if self._other is not None:
            left, self._image = self._image, self._other
            painter.save()
            painter.setClipRect(QRectF(self._at, box.top(), box.right() - self._at, box.height()))
            super()._paint_image(painter, box)
            painter.restore()
            self._image = left

    def _paint_divider(self, painter: QPainter) -> None:
        if self._other is None:
            return
        box, at = self.box(), self._at
        for ink, wide in ((QColor(0, 0, 0, 200), 4), (QColor("white"), 2)):
            painter.setPen(QPen(ink, wide))
            painter.drawLine(QPointF(at, box.top()), QPointF(at, box.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
        painter.drawEllipse(QPointF(at, box.center().y()), 7, 7)

    def _swipe_to(self, x: float) -> None:
        box = self.box()
        self.share = min(1.0, max(0.0, (x - box.left()) / max(1.0, box.width())))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._swiping = self._other is not None and abs(event.position().x() - self._at) <= NEAR
        if not self._swiping:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._swiping:
            self._swipe_to(event.position().x())
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._swiping:
            self._swiping = False
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Comma and full stop move the divider."""
        by = {Qt.Key.Key_Comma: -STEP, Qt.Key.Key_Period: STEP}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
        else:
            self.share = min(1.0, max(0.0, self.share + by))
            self.update()
