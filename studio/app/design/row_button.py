"""A line of the sidebar: a dot, a name, a figure at the right; chosen with click or keyboard."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import keyless, set_tip
from pushforward.studio.app.design.row_paint import HEIGHT, RowLook, elided, paint_row
from pushforward.studio.app.design.theme import theme
from pushforward.studio.literal import one_line

__all__ = ["RowButton"]


class RowButton(QAbstractButton):
    """Paints itself (`studio.app.design.row_paint`); ``dot`` is the name of a colour token, "" for
    none; ``progress`` in [0, 1] draws a hairline under the name, None hides it.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setText(text)
        self.note = ""
        self.dot = ""
        self.progress: float | None = None
        self.muted = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        repaint_on_theme(self)

    def setText(self, text: str) -> None:
        self._shown = one_line(text)
        super().setText(keyless(text))

    def text(self) -> str:
        """Return the displayed text."""
        return self._shown

    def show_facts(
        self,
        *,
        text: str,
        note: str = "",
        dot: str = "",
        spoken: str = "",
        progress: float | None = None,
        note_of: str = "",
    ) -> None:
        """Update the line; ``spoken`` is the state for screen readers, and ``note_of`` the name of
        the note's value, for them and the tooltip.
        """
        self.setText(text)
        self.note, self.dot, self.progress = note, dot, progress
        figure = f"{note_of} {note}".strip() if note else ""
        name = ", ".join(part for part in (self._shown, spoken, figure) if part)
        self.setAccessibleName(name)
        set_tip(self, name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it as Space does, which is a key of the clocks."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def nextCheckState(self) -> None:
        """A click chooses; only the state decides what is shown as chosen."""

    def paintEvent(self, event: QPaintEvent) -> None:
        look = RowLook(
            text=self._shown,
            note=self.note,
            dot=self.dot,
            progress=self.progress,
            muted=self.muted or not self.isEnabled(),
        )
        lit = self.isChecked() or self.underMouse()
        with QPainter(self) as painter:
            area = QRectF(self.rect())
            paint_row(painter, area, look, self.font(), lit=lit, focused=self.hasFocus())
            if self.isChecked():  # as in the rail: a lighter ground alone is also under the mouse
                painter.fillRect(QRectF(0, 6, 2, area.height() - 12), QColor(theme.colors().accent))

    def elided(self, room: int) -> str:
        """Return the text elided to ``room`` pixels."""
        return elided(self.text(), self.font(), room)
