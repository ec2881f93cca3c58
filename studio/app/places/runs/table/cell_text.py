"""Texts and tags as cells of a table show them: what there is no room for is left out."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from pushforward.studio.app.design.theme import font, theme

__all__ = ["chips", "fitting", "write"]

GAP, AROUND, HIGH = 4, 12, 18  # pixels: between tags, beside their words, of their height


def write(
    painter: QPainter,
    area: QRectF,
    text: str,
    face: QFont,
    color: str,
    *,
    right: bool = False,
) -> float:
    """Write a text, which leaves out its end where it is too long; return its width in
    pixels.
    """
    metrics, mode = QFontMetrics(face), Qt.TextElideMode
    shown = metrics.elidedText(text, mode.ElideRight, max(0, int(area.width())))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.setFont(face)
    painter.setPen(QColor(color))
    painter.drawText(area, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
    return float(metrics.horizontalAdvance(shown))


def fitting(widths: Sequence[int], room: int, more: int) -> int:
    """Return the number of tags that fit into ``room`` pixels, at least one; ``more`` pixels are
    reserved for the number of hidden ones.
    """
    if sum(widths) + GAP * (len(widths) - 1) <= room:
        return len(widths)
    used, count = 0, 0
    for width in widths:
        used += width + GAP
        if used + more > room:
            break
        count += 1
    return max(1, count)


def chips(painter: QPainter, area: QRectF, tags: Sequence[str]) -> None:
    """Draw tags in frames, as many as there is room for, and say how many more there are."""
    tokens, face = theme.colors(), font(11)
    metrics = QFontMetrics(face)
    widths = [metrics.horizontalAdvance(tag) + AROUND for tag in tags]
    word = metrics.horizontalAdvance(f"+{len(tags)}")
    count = fitting(widths, int(area.width()), word) if tags else 0
    left, right = area.left(), area.right() - (word + GAP if count < len(tags) else 0)
    for tag, width in zip(tags[:count], widths[:count], strict=True):
        box = QRectF(left, area.center().y() - HIGH / 2, min(width, right - left), HIGH)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(box, 4, 4)
        write(painter, box.adjusted(AROUND / 2, 0, -AROUND / 2 + 1, 0), tag, face, tokens.text)
        left = box.right() + GAP
    if count < len(tags):
        rest = QRectF(left, area.top(), area.right() - left, area.height())
        painter.setPen(QColor(tokens.muted))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter), f"+{len(tags) - count}")
