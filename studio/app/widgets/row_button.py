"""A line of the sidebar: a dot, a name, a figure at the right; chosen with click or keyboard."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.theme import font, theme
from studio.app.tokens import RADIUS
from studio.app.widgets.literal import keyless, set_tip
from studio.literal import one_line

__all__ = ["RowButton"]

HEIGHT = 28


class RowButton(QAbstractButton):
    """Paints itself: hundreds of runs stay cheap, and a tick of progress repaints one line.

    ``dot`` is the name of a colour token, "" for none; ``progress`` in [0, 1] draws a hairline
    under the name, None hides it; ``indent`` shifts a run that goes on from another.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setText(text)
        self.note = ""
        self.dot = ""
        self.progress: float | None = None
        self.indent = 0
        self.muted = False
        self._spoken = ""
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
        """Return the text as it is seen."""
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
        """Change what the line says; ``spoken`` is the state in words, for those who hear it, and
        ``note_of`` what the note is a figure of, for them and in the tip.
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

    def nextCheckState(self) -> None:
        """A click chooses; only the state decides what is shown as chosen."""

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(QColor(tokens.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            fill = tokens.raised if self.isChecked() or self.underMouse() else tokens.panel
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
            left = 8 + 16 * self.indent
            if self.dot:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(getattr(tokens, self.dot)))
                painter.drawEllipse(QRectF(left, self.height() / 2 - 4, 8, 8))
                left += 16
            self._write(painter, left)
            if self.progress is not None:
                self._draw_progress(painter, left)

    def _write(self, painter: QPainter, left: float) -> None:
        tokens = theme.colors()
        small = font(11)
        width = QFontMetrics(small).horizontalAdvance(self.note) + 2 if self.note else 0
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        middle = Qt.AlignmentFlag.AlignVCenter
        note = QRectF(self.width() - width - 8, 0, width, self.height())
        painter.drawText(note, int(middle | Qt.AlignmentFlag.AlignRight), self.note)
        painter.setFont(self.font())
        faded = self.muted or not self.isEnabled()
        painter.setPen(QColor(tokens.muted if faded else tokens.text))
        room = self.width() - left - width - (20 if width else 10)
        shown = self.elided(int(room))
        area = QRectF(left, 0, room + 2, self.height())
        painter.drawText(area, int(middle | Qt.AlignmentFlag.AlignLeft), shown)

    def elided(self, room: int) -> str:
        """Return the text as it fits into so many pixels: names may differ in their ends alone, so
        that it is the middle that is left out. The tip has it all.
        """
        mode = Qt.TextElideMode.ElideMiddle
        return QFontMetrics(self.font()).elidedText(self.text(), mode, room)

    def _draw_progress(self, painter: QPainter, left: float) -> None:
        tokens = theme.colors()
        line = QRectF(left, self.height() - 4, self.width() - left - 8, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(line, 1, 1)
        line.setWidth(line.width() * min(1.0, max(0.0, self.progress or 0.0)))
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(line, 1, 1)
