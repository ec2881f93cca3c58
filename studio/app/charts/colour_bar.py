"""A colour bar with an axis."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen

from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["WIDTH", "paint_bar"]

THICK, TICK, GAP, TITLE = 10, 4, 4, 16  # pixels across: of the bar, a tick, a gap, and its title
TEXT = 44
WIDTH = THICK + TICK + GAP + TEXT + TITLE
"""Pixels that a bar takes across, with its axis."""


def paint_bar(
    painter: QPainter,
    box: QRectF,
    colours: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    title: str,
    tokens: Tokens,
) -> None:
    """Paint a colour bar along the left edge of a box, lowest colour at the bottom, with ticks at
    fractions of its height and a vertical title.
    """
    bar = QRectF(box.left(), box.top(), THICK, box.height())
    gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
    for place, colour in enumerate(colours):
        gradient.setColorAt(place / (len(colours) - 1), QColor(colour))
    painter.fillRect(bar, gradient)
    painter.setPen(QPen(QColor(tokens.muted), 1))
    painter.setFont(font(11))
    metrics = painter.fontMetrics()
    for share, text in ticks:
        y = bar.bottom() - share * bar.height()
        painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + TICK, y))
        # Within the height of the bar: the next one may begin there.
        base = min(max(y + 4, bar.top() + metrics.ascent() - 2), bar.bottom())
        painter.drawText(QPointF(bar.right() + TICK + GAP, base), text)
    painter.save()
    painter.translate(box.left() + WIDTH - TITLE / 2, box.center().y())
    painter.rotate(-90)
    room = QRectF(-box.height() / 2, -TITLE / 2, box.height(), TITLE)
    short = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, short)
    painter.restore()
