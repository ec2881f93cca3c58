"""A card: a picture over three lines of title and words and one of facts; it is a button."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractButton

from pushforward.studio import literal
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS_CARD, Tokens

__all__ = ["LOW", "NARROW", "TALL", "WORDS", "PictureCard"]

TALL, LOW = 122, 90  # heights of the picture on a card
WORDS = 98  # height of what is below it
NARROW = 206  # a card is never narrower
FAINT = 0.45  # how clear what cannot be chosen is
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
ONE_LINE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class PictureCard(QAbstractButton):
    """What all cards share; one of a kind says what its picture and its facts are.

    Signals:
        moved: the key of an arrow was pressed, by its number.
    """

    moved = Signal(int)

    def __init__(self, title: str, summary: str) -> None:
        super().__init__()
        self._title = literal.one_line(title)
        self._summary = literal.one_line(summary, None)
        self._reason = ""
        self.picture = TALL  # its height
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self._title)
        repaint_on_theme(self)

    @property
    def reason(self) -> str:
        """Why it cannot be chosen, "" if it can."""
        return self._reason

    def refuse(self, reason: str) -> None:
        """Say why it cannot be chosen, "" if it can: it is dimmed, and still found by the keyboard,
        which a disabled button is not.
        """
        self._reason = reason
        set_tip(self, reason)
        self.setCursor(Qt.CursorShape.ArrowCursor if reason else Qt.CursorShape.PointingHandCursor)
        self.describe()

    def describe(self) -> None:
        """Set the accessible description."""
        self.setAccessibleDescription(f"{self._reason or self._summary} {self.facts(None)}")
        self.update()

    def facts(self, room: int | None) -> str:
        """Return the line of facts elided to ``room`` pixels, None for all of it."""
        raise NotImplementedError

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        """Draw what is above the words."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return QSize(NARROW, self.picture + WORDS)

    def nextCheckState(self) -> None:
        """A click chooses; only the state decides what is shown as chosen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in ARROWS:
            self.moved.emit(int(key))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            area = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
            outline = _rounded(area, RADIUS_CARD)
            painter.fillPath(outline, QColor(tokens.panel))
            painter.save()
            painter.setClipPath(outline)
            top = QRectF(area.left(), area.top(), area.width(), self.picture)
            painter.fillRect(top, QColor(tokens.raised))
            painter.setOpacity(FAINT if self._reason else 1.0)
            self.draw_picture(painter, top.adjusted(0, 6, 0, -6))
            painter.restore()
            self._draw_edge(painter, area, outline, tokens)
            self._write(painter, area, tokens)

    def _draw_edge(
        self, painter: QPainter, area: QRectF, outline: QPainterPath, tokens: Tokens
    ) -> None:
        lit = tokens.muted if self.underMouse() and not self._reason else tokens.line
        chosen = self.isChecked()
        painter.setPen(QPen(QColor(tokens.accent if chosen else lit), 2 if chosen else 1))
        painter.drawPath(outline)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawPath(_rounded(area.adjusted(-2.5, -2.5, 2.5, 2.5), RADIUS_CARD + 2))

    def _write(self, painter: QPainter, area: QRectF, tokens: Tokens) -> None:
        left, width = area.left() + 14, area.width() - 28
        top = area.top() + self.picture + 11
        painter.setFont(font(14, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens.muted if self._reason else tokens.text))
        # A title that needs a second line has it of the words below.
        used = _lines(painter, QRectF(left, top, width, 18), self._title, most=2)
        painter.setPen(QColor(tokens.muted))
        painter.setFont(font(13))
        below = QRectF(left, top + 2 + 18 * used, width, 18)
        _lines(painter, below, self._reason or self._summary, most=3 - used)
        painter.setFont(font(11))
        facts = self.facts(int(width))
        painter.drawText(QRectF(left, top + 58, width, 14), ONE_LINE, facts)


def _rounded(area: QRectF, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(area, radius, radius)
    return path


def _lines(painter: QPainter, line: QRectF, text: str, most: int) -> int:
    """Write a text in at most ``most`` lines, the last one elided; return the number of lines."""
    layout = QTextLayout(text, painter.font())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    start = used = 0
    while start < len(text):
        used += 1
        broken = layout.createLine()
        broken.setLineWidth(line.width())
        end = broken.textStart() + broken.textLength()
        said = text[start:end].rstrip()
        if used == most:
            metrics = QFontMetrics(painter.font())
            said = metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, int(line.width()))
            end = len(text)
        painter.drawText(line.translated(0, 18 * (used - 1)), ONE_LINE, said)
        start = end
    layout.endLayout()
    return used
