"""How a line of the sidebar is painted: a dot, a name, a figure at the right, and progress."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS

__all__ = ["HEIGHT", "RowLook", "elided", "left_of_text", "paint_row"]

HEIGHT = 28
CLEAR = 6.5  # pixels from the middle of a triangle to the dot beside it
EDGE, STEP, DOT = 11.0, 16.0, 16.0  # pixels: at the left, for each level, for the dot


@dataclass(frozen=True, kw_only=True)
class RowLook:
    """What there is to be seen of a line.

    ``dot`` is the name of a colour token, "" for none; ``progress`` in [0, 1] draws a hairline
    under the name, None hides it; ``indent`` shifts a line that belongs under another; ``opened``
    says whether those under it are shown, None where there are none; a ``heading`` names the lines
    below it.
    """

    text: str
    note: str = ""
    dot: str = ""
    progress: float | None = None
    indent: int = 0
    opened: bool | None = None
    muted: bool = False
    heading: bool = False


def left_of_text(look: RowLook) -> float:
    """Return where the name begins, in pixels from the left of the line."""
    return EDGE + STEP * look.indent + (DOT if look.dot else 0.0)


def paint_row(
    painter: QPainter, area: QRectF, look: RowLook, face: QFont, *, lit: bool, focused: bool
) -> None:
    """Paint a line: ``lit`` where it is chosen or under the mouse, ``focused`` with a ring."""
    tokens = theme.colors()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if look.heading:
        _write_heading(painter, area.adjusted(EDGE, 0, -EDGE, -4), look.text)
        return
    if lit or focused:
        painter.setPen(QPen(QColor(tokens.accent), 1) if focused else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.raised if lit else tokens.panel))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    left = area.left() + EDGE + STEP * look.indent
    painter.setPen(Qt.PenStyle.NoPen)
    if look.opened is not None:
        _draw_triangle(painter, QPointF(left - CLEAR, area.center().y()), look.opened)
    if look.dot:
        painter.setBrush(QColor(getattr(tokens, look.dot)))
        painter.drawEllipse(QRectF(left, area.center().y() - 4, 8, 8))
    area = area.adjusted(left_of_text(look), 0, -EDGE, 0)
    _write(painter, area, look, face)
    if look.progress is not None:
        _draw_progress(painter, area, look.progress)


def elided(text: str, face: QFont, room: int) -> str:
    """Return a name cut to a width in pixels. The tooltip has the full name."""
    return QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, room)


def _draw_triangle(painter: QPainter, at: QPointF, opened: bool) -> None:
    painter.save()
    painter.setBrush(QColor(theme.colors().muted))
    painter.translate(at)
    if opened:
        painter.rotate(90)
    painter.drawPolygon(QPolygonF([QPointF(-2, -3), QPointF(2, 0), QPointF(-2, 3)]))
    painter.restore()


def _write(painter: QPainter, area: QRectF, look: RowLook, face: QFont) -> None:
    tokens, small = theme.colors(), font(11)
    middle = Qt.AlignmentFlag.AlignVCenter
    # A long note leaves the name its place, and at least half of the line.
    named = QFontMetrics(face).horizontalAdvance(look.text)
    most = round(max(area.width() / 2, area.width() - named - 14))
    said = QFontMetrics(small).elidedText(look.note, Qt.TextElideMode.ElideRight, most)
    width = QFontMetrics(small).horizontalAdvance(said) + 2 if said else 0
    if said:
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        note = QRectF(area.right() - width, area.top(), width, area.height())
        painter.drawText(note, int(middle | Qt.AlignmentFlag.AlignRight), said)
    painter.setFont(face)
    painter.setPen(QColor(tokens.muted if look.muted else tokens.text))
    room = area.width() - width - (12 if width else 2)
    text = QRectF(area.left(), area.top(), room + 2, area.height())
    shown = elided(look.text, face, int(room))
    painter.drawText(text, int(middle | Qt.AlignmentFlag.AlignLeft), shown)


def _write_heading(painter: QPainter, area: QRectF, text: str) -> None:
    face = font(11)
    painter.setFont(face)
    painter.setPen(QColor(theme.colors().muted))
    flags = int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
    painter.drawText(area, flags, elided(text.upper(), face, int(area.width())))


def _draw_progress(painter: QPainter, area: QRectF, progress: float) -> None:
    tokens = theme.colors()
    line = QRectF(area.left(), area.bottom() - 4, area.width(), 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.line))
    painter.drawRoundedRect(line, 1, 1)
    line.setWidth(line.width() * min(1.0, max(0.0, progress)))
    painter.setBrush(QColor(tokens.accent))
    painter.drawRoundedRect(line, 1, 1)
