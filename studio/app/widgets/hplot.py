"""The plot of the h explorer as a widget, and as a picture for paper."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.plots.export import Picture, painted_picture
from studio.app.plots.hchart import HScene, paint_h
from studio.app.plots.style import CanvasStyle
from studio.app.theme import colors, font, theme

__all__ = ["HPlot", "h_picture"]


class HPlot(QWidget):
    """Shows one scene.

    Signals:
        painted: what was set is on the screen.
    """

    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: HScene | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(220, 220))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(560, 520)

    def set_scene(self, scene: HScene | None) -> None:
        """Show another scene."""
        self.scene = scene
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.scene is not None:
            with QPainter(self) as painter:
                paint_h(
                    painter, QRectF(self.rect()), CanvasStyle.of(colors()), self.scene, font(11)
                )
        self.painted.emit()


def h_picture(scene: HScene | None, title: str, text: str) -> Picture:
    """Return the curves with a title and a sentence above them."""
    size = QSize(720, 640)

    def paint(painter: QPainter, vector: bool) -> None:
        style = CanvasStyle.of(colors())
        wide = size.width() - 32
        painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(style.background))
        painter.setPen(QColor(style.text))
        painter.setFont(font(14, QFont.Weight.DemiBold))
        painter.drawText(QRect(16, 12, wide, 20), Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QColor(style.muted))
        painter.setFont(font(12))
        painter.drawText(QRect(16, 34, wide, 36), int(Qt.TextFlag.TextWordWrap), text)
        if scene is not None:
            box = QRectF(8, 72, size.width() - 16, size.height() - 80)
            paint_h(painter, box, style, scene, font(11))

    return painted_picture(size, paint)
