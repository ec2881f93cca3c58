"""A switch: on or off at once, without a button to confirm."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["Switch"]

FAINT = 0.45  # of its color: switched off for the person, and still seen to be on or off


class Switch(QAbstractButton):
    """A checkable pill; the knob's side says the state as well as the colour does."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(self.sizeHint())
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(28, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        on = self.isChecked()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            track = QRectF(2, 2, 24, 14)
            fill = QColor(tokens.accent if on else tokens.line)
            knob = QColor(tokens.on_accent if on else tokens.text)
            if not self.isEnabled():
                fill.setAlphaF(FAINT)
                knob = knob if on else QColor(tokens.muted)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(track, 7, 7)
            painter.setBrush(knob)
            painter.drawEllipse(QRectF(14 if on else 4, 4, 10, 10))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(tokens.accent if not on else tokens.text), 1.2))
                painter.drawRoundedRect(track.adjusted(-1, -1, 1, 1), 8, 8)
