"""How the cells of the full table of runs are drawn."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from studio.app.pages.run_table_model import AXIS, COLUMNS, ROW, Row, RunTableModel
from studio.app.plots.ticks import number, ticks
from studio.app.shell.line_model import Index
from studio.app.state.runtable import Scale, figure_of
from studio.app.theme import font, theme
from studio.app.widgets.badge import ink, paint_badge
from studio.app.widgets.row_paint import HEIGHT
from studio.literal import one_line

__all__ = ["RunTableDelegate"]

BADGE, INDENT, PAD = 30, 18, 8  # pixels: before the names, for each level, at the sides of a cell
SPARE = 120  # pixels at the left of a metric that the title of a group may take
RIGHT = {2, 3, 5}  # columns of figures
MARKED = 4  # of the selected runs, which have a number and a colour


class RunTableDelegate(QStyledItemDelegate):
    """The metric's axis has the floor as a band, the baseline as a dashed line, a run as a dot."""

    def __init__(self, view: QTreeView, model: RunTableModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self.places: dict[str, int] = {}  # of the selected runs, by key

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        tokens, state = theme.colors(), QStyle.StateFlag
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & state.State_Selected:
            tint = QColor(tokens.accent)
            tint.setAlpha(36)
            painter.fillRect(area, tint)
        elif option.state & state.State_MouseOver or not row.runs:
            painter.fillRect(area, QColor(tokens.panel))
        painter.setPen(QPen(QColor(tokens.line), 1))
        under = area.bottom() - 0.5
        painter.drawLine(QPointF(area.left(), under), QPointF(area.right(), under))
        if index.column() == 0:
            self._paint_name(painter, area, row, index)
        elif index.column() == AXIS:
            self._paint_axis(painter, area.adjusted(PAD, 0, -PAD, -1), row)
        else:
            self._paint_text(painter, area.adjusted(PAD, 0, -PAD, 0), row, index)
        line = self._model.line_at(index)
        focused = line is not None and line is self._model.line_at(self._view.currentIndex())
        if focused and self._view.hasFocus():
            self._paint_ring(painter, area, index.column())
        painter.restore()

    def _paint_ring(self, painter: QPainter, area: QRectF, column: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(theme.colors().accent), 1))
        painter.drawLine(area.topLeft(), area.topRight())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if column == 0:
            painter.drawLine(area.topLeft(), area.bottomLeft())
        if column == len(COLUMNS) - 1:
            right = QPointF(area.right() - 1, 0)
            painter.drawLine(QPointF(right.x(), area.top()), QPointF(right.x(), area.bottom()))

    def left_of(self, index: Index) -> float:
        """Return where a line begins, in pixels from the left of the table."""
        line = self._model.line_at(index)
        return BADGE + INDENT * (line.depth if line is not None else 0)

    def _paint_name(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        tokens, line = theme.colors(), self._model.line_at(index)
        run = row.run
        place = self.places.get(run.key, MARKED) if run is not None else MARKED
        if place < MARKED:
            paint_badge(painter, QRectF(area.left() + 7, area.center().y() - 8, 16, 16), place)
        left = area.left() + self.left_of(index)
        painter.setPen(Qt.PenStyle.NoPen)
        if line is not None and line.branches:
            painter.save()
            painter.setBrush(QColor(tokens.muted))
            painter.translate(left - 6, area.center().y())
            painter.rotate(90 if self._view.isExpanded(index) else 0)
            painter.drawPolygon(QPolygonF([QPointF(-2, -3), QPointF(2, 0), QPointF(-2, 3)]))
            painter.restore()
        words = self._model.words(row) if row.runs else None
        if words is not None and words.dot:
            painter.setBrush(QColor(getattr(tokens, words.dot)))
            painter.drawEllipse(QRectF(left, area.center().y() - 4, 8, 8))
            left += 16
        text = one_line(words.text if words is not None else row.group.title)
        face = self._view.font() if words is not None else font(13, QFont.Weight.DemiBold)
        room = QRectF(left, area.top(), area.right() - PAD - left, area.height())
        used = _write(painter, room, text, face, tokens.text, middle=True)
        if words is None and row.group.about:
            rest = room.adjusted(used + PAD, 0, 0, 0)
            _write(painter, rest, one_line(row.group.about), font(11), tokens.muted)

    def _paint_text(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        tokens, column = theme.colors(), index.column()
        text = one_line(self._model.text(row, column))
        what = COLUMNS[column][1]
        if what == "metric" and not row.runs:
            text = one_line(" · ".join(filter(None, [text, self._model.floor(row.group)])))
            area = area.adjusted(-SPARE, 0, 0, 0)  # a group has no step
        stale = row.run is not None and row.figure is not None and row.figure[0] < row.run.step
        strange = what == "metric" and row.figure is None
        quiet = not row.runs or what in ("note", "time") or strange or (what == "metric" and stale)
        going = what == "step" and row.run is not None and row.run.state == "running"
        color = tokens.accent if going else tokens.muted if quiet else tokens.text
        if what == "tags" and text:
            _chips(painter, area, text.split(", "))
            return
        face = self._view.font() if row.runs else font(11)
        last = column == len(COLUMNS) - 1 and not row.runs
        _write(painter, area, text, face, color, right=column in RIGHT or last)

    def _paint_axis(self, painter: QPainter, area: QRectF, row: Row) -> None:
        tokens, scale, group = theme.colors(), row.scale, row.group
        if scale is None:
            return

        def x(value: float) -> float:
            return area.left() + 4 + (area.width() - 8) * scale.at(value)

        floor = group.floor
        if floor is not None:
            low, high = x(floor[0] - floor[1]), x(floor[0] + floor[1])
            band = QColor(tokens.good)
            band.setAlpha(110)
            width = max(3.0, high - low)
            middle = (low + high) / 2
            painter.fillRect(QRectF(middle - width / 2, area.top(), width, area.height()), band)
        baseline = group.baseline
        pinned = figure_of(baseline, group.metric) if baseline is not None else None
        if pinned is not None and row.runs:
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DotLine))
            at = x(pinned[1])
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        if not row.runs:
            self._paint_ticks(painter, area, scale)
        elif row.figure is not None and row.run is not None:
            stale = row.figure[0] < row.run.step
            place = self.places.get(row.run.key, MARKED)
            color = ink(place, tokens) if place < MARKED else tokens.text
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.muted if stale and place >= MARKED else color))
            painter.drawEllipse(QPointF(x(row.figure[1]), area.center().y()), 3.5, 3.5)

    def _paint_ticks(self, painter: QPainter, area: QRectF, scale: Scale) -> None:
        """Write the ends of the axis: a round number near each."""
        tokens, face = theme.colors(), font(11)
        painter.setFont(face)
        painter.setPen(QColor(tokens.muted))
        taken = area.left() + 16
        for value in _round(scale):
            text = number(value)
            width = QFontMetrics(face).horizontalAdvance(text)
            at = area.left() + 4 + (area.width() - 8) * scale.at(value) - width / 2
            if taken <= at <= area.right() - width:
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


def _write(
    painter: QPainter,
    area: QRectF,
    text: str,
    face: QFont,
    color: str,
    *,
    right: bool = False,
    middle: bool = False,
) -> float:
    """Write a text, which leaves out its end, or its middle, where it is too long; return its width
    in pixels.
    """
    metrics, mode = QFontMetrics(face), Qt.TextElideMode
    cut = mode.ElideMiddle if middle else mode.ElideRight
    shown = metrics.elidedText(text, cut, max(0, int(area.width())))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.setFont(face)
    painter.setPen(QColor(color))
    painter.drawText(area, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
    return float(metrics.horizontalAdvance(shown))


def _chips(painter: QPainter, area: QRectF, tags: list[str]) -> None:
    """Draw tags in frames, as many as there is room for."""
    tokens, face = theme.colors(), font(11)
    left, metrics = area.left(), QFontMetrics(face)
    for tag in tags:
        width = metrics.horizontalAdvance(tag) + 12
        if left + width > area.right() + 2 and left > area.left():
            break
        width = min(width, int(area.right() - left))
        box = QRectF(left, area.center().y() - 9, width, 18)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(box, 4, 4)
        _write(painter, box.adjusted(6, 0, -5, 0), tag, face, tokens.text)
        left += width + 4
