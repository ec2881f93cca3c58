"""A field for words to search by, with a lens before them and the key that leads to it."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLineEdit, QToolButton

from pushforward.studio.app.design import icons
from pushforward.studio.app.design.theme import font, theme

__all__ = ["SearchBox"]

ICON = 14
EDGE = 10


class SearchBox(QLineEdit):
    """``key`` is shown at its end while it is empty and does not have the keyboard yet."""

    def __init__(self, name: str, key: str = "") -> None:
        super().__init__()
        self._key = key
        self.setProperty("role", "search")
        self.setAccessibleName(name)
        self.setTextMargins(EDGE + ICON, 0, 0, 0)
        self.setClearButtonEnabled(True)
        self._clear = self.findChild(QToolButton)
        theme.changed.connect(self._wear)
        self._wear()

    def _wear(self) -> None:
        if self._clear is not None:
            self._clear.setIconSize(QSize(ICON, ICON))
            self._clear.setIcon(icons.icon("close", theme.colors().muted))

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z to the window where there is nothing to undo here."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lens = QRectF(EDGE, (self.height() - ICON) / 2, ICON, ICON)
            icons.paint(painter, "search", lens, tokens.muted)
            if self._key and not self.text() and not self.hasFocus():
                wide = QFontMetrics(font(11)).horizontalAdvance(self._key) + 12
                box = QRectF(self.width() - wide - EDGE, (self.height() - 18) / 2, wide, 18)
                painter.setPen(QPen(QColor(tokens.line), 1))
                painter.setBrush(QColor(tokens.panel))
                painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
                painter.setPen(QColor(tokens.muted))
                painter.setFont(font(11))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._key)
