"""Which line of a plot is which: names with the pens of their lines, in a row."""

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["GAP", "Named", "ink", "key_lines", "key_width", "paint_key"]

Named = tuple[str, QPen | QBrush]
"""A name, and the pen of its line, or what its area is filled with."""
LINE, GAP = 20.0, 18.0  # pixels of a line, and between two names


def ink(place: int, tokens: Tokens) -> str:
    """Return the colour of a place among the compared runs, from 0; green is left to the floor."""
    inks = (tokens.accent, tokens.warm, tokens.danger, tokens.text, *tokens.more)
    return inks[place % len(inks)]


def key_lines(names: Sequence[Named], room: float) -> list[list[Named]]:
    """Return names in lines, each as long as there is room."""
    lines: list[list[Named]] = [[]]
    for name in names:
        if lines[-1] and key_width([*lines[-1], name]) > room:
            lines.append([])
        lines[-1].append(name)
    return lines


def key_width(names: Sequence[Named]) -> float:
    """Return how many pixels a row of names needs."""
    metrics = QFontMetricsF(font(12))
    return sum(LINE + 6 + metrics.horizontalAdvance(name) + GAP for name, _ in names)


def paint_key(painter: QPainter, at: QPointF, names: Sequence[Named], text: QColor) -> None:
    """Paint names from a place on the left, half way up, to the right."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(12))
    metrics, x, y = painter.fontMetrics(), at.x(), at.y()
    for name, ink in names:
        if isinstance(ink, QPen):
            scaled = QPen(ink)
            scaled.setCosmetic(False)
            painter.setPen(scaled)
            painter.drawLine(QLineF(x, y, x + LINE, y))
        else:
            painter.fillRect(QRectF(x, y - 5, LINE, 10), ink)
        painter.setPen(text)
        x += LINE + 6
        painter.drawText(QPointF(x, y + 4), name)
        x += metrics.horizontalAdvance(name) + GAP
    painter.restore()
