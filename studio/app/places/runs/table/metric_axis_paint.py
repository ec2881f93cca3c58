"""The axis of a group's metric: a band where figures are not distinguishable from real, the
baseline a dotted line, a run a dot.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.core.latest_metrics import figure_of
from pushforward.studio.app.core.run_groups import Scale
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.places.runs.table.table_model import Row
from pushforward.studio.app.text.number_ticks import number, ticks

__all__ = ["paint_axis"]

EDGE = 4  # pixels that are left at both ends, for dots and band
THIN = 3.0  # pixels that a floor is at least wide
DOT = 3.5  # radius


def paint_axis(painter: QPainter, area: QRectF, row: Row, place: int | None) -> None:
    """Draw what a line has of the axis: the numbers of it for a group, the dot of a run. ``place``
    is which of the selected ones the run is, None for none.
    """
    tokens, scale, group = theme.colors(), row.scale, row.group
    if scale is None:
        return
    left = right = area.left()  # of the band
    if row.floor is not None:
        floor, between = row.floor
        low, high = (_x(area, scale, end) for end in between or (floor, floor))
        band = QColor(tokens.good)
        band.setAlpha(60 if row.has_other_count else 110)
        width, middle = max(THIN, high - low), (low + high) / 2
        left, right = middle - width / 2, middle + width / 2
        painter.fillRect(QRectF(left, area.top(), width, area.height()), band)
    baseline = group.baseline
    pinned = figure_of(baseline, group.metric) if baseline is not None else None
    if pinned is not None and row.runs:
        painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DotLine))
        at = _x(area, scale, pinned[1])
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
    if not row.runs:
        _paint_ticks(painter, area, scale, (left, right))
    elif row.figure is not None:
        plain = tokens.muted if row.stale or row.has_other_count else tokens.text
        shade = QColor(plain if place is None else ink(place, tokens))
        # A ring is of another number of samples than the others: its band is its own, and paler.
        painter.setPen(QPen(shade, 1.2) if row.has_other_count else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if row.has_other_count else shade)
        at = _x(area, scale, row.figure[1])
        painter.drawEllipse(QPointF(at, area.center().y()), DOT, DOT)


def _x(area: QRectF, scale: Scale, value: float) -> float:
    return area.left() + EDGE + (area.width() - 2 * EDGE) * scale.at(value)


def _paint_ticks(painter: QPainter, area: QRectF, scale: Scale, band: tuple[float, float]) -> None:
    """Write round numbers, as many as stand clear of each other and of the band."""
    face = font(11)
    painter.setFont(face)
    painter.setPen(QColor(theme.colors().muted))
    taken = area.left()
    for value in _round(scale):
        text = number(value)
        width = QFontMetrics(face).horizontalAdvance(text)
        at = _x(area, scale, value) - width / 2
        clear = at >= band[1] + 2 or at + width <= band[0] - 2
        if clear and taken <= at <= area.right() - width:
            box = QRectF(at, area.top(), width + 1, area.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            taken = at + width + 10


def _round(scale: Scale) -> list[float]:
    """Return round numbers of an axis, from left to right."""
    if not scale.log:
        return ticks(scale.low, scale.high, 3)
    steps = (1.0, 2.0, 5.0)
    each = [step * 10.0**power for power in range(-9, 10) for step in steps]
    return [value for value in each if scale.low <= value <= scale.high]
