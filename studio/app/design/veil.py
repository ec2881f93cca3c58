"""A veil that greys what it covers."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.theme import colors

__all__ = ["Veil"]

OPACITY = 0.55


class Veil(QWidget):
    """A translucent layer in the colour of the canvas over a widget whose values are out of date.

    Clicks pass through it. Pictures of the widget are taken without it.
    """

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered.parentWidget())
        self._covered = covered
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        covered.installEventFilter(self)
        self.hide()

    def setVisible(self, visible: bool) -> None:
        if visible:
            self.setGeometry(self._covered.geometry())
            self.raise_()
        super().setVisible(visible)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self.setGeometry(self._covered.geometry())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        shade = QColor(colors().background)
        shade.setAlphaF(OPACITY)
        QPainter(self).fillRect(self.rect(), shade)
