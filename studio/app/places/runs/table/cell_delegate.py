"""How the cells of the full table of runs are drawn."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from pushforward.studio.app.charts.run_badge import MARKED, paint_badge
from pushforward.studio.app.core.display_names import name_of, named_as_parent, number
from pushforward.studio.app.core.run_groups import Group
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.icons import paint as paint_icon
from pushforward.studio.app.design.row_paint import HEIGHT
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tree_model import Index
from pushforward.studio.app.places.runs.table.cell_text import chips, write
from pushforward.studio.app.places.runs.table.metric_axis_paint import paint_axis
from pushforward.studio.app.places.runs.table.table_model import (
    AXIS,
    COLUMNS,
    DATA,
    METRIC,
    MODEL,
    NAME,
    RIGHT,
    ROW,
    STEP,
    TAGS,
    Row,
    RunTableModel,
)
from pushforward.studio.literal import one_line

__all__ = ["RunTableDelegate"]

PAD = 8  # pixels at the sides of a cell
# Pixels from the left of a line to the middle of what it begins with, and for each level.
SIGN, FOLD, DOT, INDENT = 17, 40, 57, 20
NUMBER, TEXT = 88, 96  # where the number of a run ends, and where its name begins
EDITED = 160  # that an editor is at least wide, whatever the column is
HEAD = 34  # where the title of a group begins
# The columns of a group's title, and of its metric with the floor, where the data are shown and
# where they are not.
SPANS = {True: ((NAME, MODEL), (DATA, STEP, METRIC)), False: ((NAME,), (MODEL, STEP, METRIC))}


class RunTableDelegate(QStyledItemDelegate):
    """A run has its number and colour where it is selected, a pin where it is the baseline that
    stands above all groups, and a sign where it came of another run.
    """

    def __init__(self, view: QTreeView, model: RunTableModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self.places: dict[str, int] = {}  # of the selected runs, by key

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, HEIGHT)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Put an editor where the text is that it changes."""
        area = QRect(option.rect)
        if index.column() == NAME:
            line = self._model.line_at(index)
            depth = line.depth if line is not None else 0
            area.setLeft(area.left() + TEXT - PAD - 1 + INDENT * max(0, depth - 1))
        area.setWidth(max(area.width(), EDITED))
        editor.setGeometry(area)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        tokens, state = theme.colors(), QStyle.StateFlag
        area = QRectF(option.rect)
        if option.state & state.State_Selected:
            tint = QColor(tokens.accent)
            tint.setAlpha(36)
            painter.fillRect(area, tint)
        elif option.state & state.State_MouseOver or not row.runs:
            painter.fillRect(area, QColor(tokens.panel))
        self.paint_line(painter, area, row, index)
        line = self._model.line_at(index)
        focused = line is not None and line is self._model.line_at(self._view.currentIndex())
        if focused and self._view.hasFocus():
            self._paint_ring(painter, area, index.column())

    def paint_line(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        """Draw the cell of a line, neither selected nor hovered."""
        tokens = theme.colors()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.pinned:
            painter.fillRect(area, QColor(tokens.raised))
        painter.setPen(QPen(QColor(tokens.line), 1))
        under = area.bottom() - 0.5
        painter.drawLine(QPointF(area.left(), under), QPointF(area.right(), under))
        self._paint_cell(painter, area, row, index)
        painter.restore()

    def _paint_cell(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        column = index.column()
        if column == AXIS:
            other, room = self._model.figure(row)[1], area.adjusted(PAD, 0, -PAD, -1)
            if other:  # of another metric: it has no place on this axis
                write(painter, room, one_line(other), font(11), theme.colors().muted)
            else:
                paint_axis(painter, room, row, self._place(row.run))
        elif not row.runs:
            self._paint_head(painter, area, row, index)
        elif column == NAME:
            self._paint_name(painter, area, row, index)
        elif column == METRIC:
            self._paint_metric(painter, area.adjusted(PAD, 0, -PAD, 0), row)
        else:
            self._paint_text(painter, area.adjusted(PAD, 0, -PAD, 0), row, column)

    def _paint_ring(self, painter: QPainter, area: QRectF, column: int) -> None:
        painter.setPen(QPen(QColor(theme.colors().accent), 1))
        painter.drawLine(area.topLeft(), area.topRight())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        header = self._view.header()
        if header.visualIndex(column) == 0:
            painter.drawLine(area.topLeft(), area.bottomLeft())
        seen = [n for n in range(len(COLUMNS)) if not self._view.isColumnHidden(n)]
        if column == seen[-1]:
            right = area.right() - 1
            painter.drawLine(QPointF(right, area.top()), QPointF(right, area.bottom()))

    def left_of(self, index: Index) -> float:
        """Return where a line folds, in pixels from the left of the table."""
        line = self._model.line_at(index)
        depth = line.depth if line is not None else 0
        return SIGN if depth == 0 else FOLD + INDENT * (depth - 1)

    def _place(self, run: RunState | None) -> int | None:
        """Return which of the selected ones a run is, None where it has no colour of its own."""
        place = self.places.get(run.key, MARKED) if run is not None else MARKED
        return place if place < MARKED else None

    # A group

    def _paint_head(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        """Write what a group is over several columns, of each column the part that is in it."""
        tokens, column, group = theme.colors(), index.column(), row.group
        painter.save()
        painter.setClipRect(area)
        what, called = SPANS[not self._view.isColumnHidden(DATA)]
        if column in what:
            room = self._span(what, area)
            self._paint_fold(painter, index, room.left() + SIGN, area.center().y())
            room.adjust(HEAD, 0, -PAD, 0)
            face = font(13, QFont.Weight.DemiBold)
            used = write(painter, room, one_line(group.title), face, tokens.text)
            about = room.adjusted(used + PAD, 0, 0, 0)
            write(painter, about, one_line(group.about), font(11), tokens.muted)
        elif column in called:
            self._paint_held(painter, self._span(called, area).adjusted(PAD, 0, -PAD, 0), group)
        else:
            room, text = area.adjusted(PAD, 0, -PAD, 0), one_line(self._model.text(row, column))
            write(painter, room, text, font(11), tokens.muted, right=True)
        painter.restore()

    def _paint_held(self, painter: QPainter, room: QRectF, group: Group) -> None:
        """Write the metric of a group, its n, and its floor; n is omitted if there is no room."""
        shade, face = theme.colors().muted, font(11)
        used = write(painter, room, self._model.floor(group), face, shade, right=True)
        room = room.adjusted(0, 0, -used - (2 * PAD if used else 0), 0)
        # What is between brackets says how it is measured: the tip says that, too.
        title, _, rest = one_line(self._model.metric(group)).partition(" (")
        title += rest.partition(")")[2]  # the unit
        whole = f"{title}, n = {group.n:,}" if group.n is not None else title
        fits = QFontMetrics(face).horizontalAdvance(whole) <= room.width()
        write(painter, room, whole if fits else title, face, shade, right=True)

    def _span(self, columns: tuple[int, ...], area: QRectF) -> QRectF:
        """Return the room of some columns together in the line of a cell."""
        seen = [n for n in columns if not self._view.isColumnHidden(n)]
        left = self._view.columnViewportPosition(seen[0])
        width = sum(self._view.columnWidth(n) for n in seen)
        return QRectF(left, area.top(), width, area.height())

    def _paint_fold(self, painter: QPainter, index: Index, x: float, y: float) -> None:
        first = self._model.index(index.row(), NAME, index.parent())
        name = "chevron-down" if self._view.isExpanded(first) else "chevron-right"
        paint_icon(painter, name, QRectF(x - 6, y - 6, 12, 12), theme.colors().muted)

    # A run, or a race

    def _paint_name(self, painter: QPainter, area: QRectF, row: Row, index: Index) -> None:
        tokens, line, run = theme.colors(), self._model.line_at(index), row.run
        middle = area.center().y()
        depth = line.depth if line is not None and not row.pinned else 0
        place, left = self._place(run), area.left() + SIGN
        if row.pinned:
            paint_icon(painter, "pin", QRectF(left - 7, middle - 7, 14, 14), tokens.accent)
        elif place is not None:
            paint_badge(
                painter,
                QRectF(left - 8, middle - 8, 16, 16),
                place,
                number(run.name) if run else "",
            )
        shift = area.left() + INDENT * max(0, depth - 1)
        folds = line is not None and line.branches > 0 and not row.pinned
        if folds:
            self._paint_fold(painter, index, shift + FOLD, middle)
        sign = "" if row.pinned else _sign(run)
        if sign:
            at = shift + FOLD - (14 if folds else 0)
            paint_icon(painter, sign, QRectF(at - 7, middle - 7, 14, 14), tokens.muted)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(tokens, self._model.words(row).dot or "muted")))
        painter.drawEllipse(QPointF(shift + DOT, middle), 4, 4)
        if run is not None:
            box = QRectF(shift + DOT + 6, area.top(), NUMBER - DOT - 6, area.height())
            write(painter, box, number(run.name), font(11), tokens.muted, right=True)
        room = QRectF(shift + TEXT, area.top(), area.right() - PAD - shift - TEXT, area.height())
        self._paint_title(painter, room, row, under=depth > 1)

    def _paint_title(self, painter: QPainter, room: QRectF, row: Row, *, under: bool) -> None:
        """Write the title of a line; below its parent, an unnamed branch shows only what
        differs.
        """
        tokens, face, run = theme.colors(), self._view.font(), row.run
        suffix = one_line(self._model.suffix(row))
        if under and run is not None and run.branch_step is not None and named_as_parent(run):
            write(painter, room, suffix, face, tokens.text)
            return
        text = one_line(name_of(run) if run is not None else row.title)
        used = write(painter, room, text, face, tokens.text)
        if suffix and used + 24 < room.width():
            write(painter, room.adjusted(used + 6, 0, 0, 0), suffix, face, tokens.muted)

    def _paint_metric(self, painter: QPainter, area: QRectF, row: Row) -> None:
        tokens, face, spread = theme.colors(), self._view.font(), self._model.spread(row)
        value, other = self._model.figure(row)
        if spread:
            used = write(painter, area, spread, font(11), tokens.muted, right=True)
            area = area.adjusted(0, 0, -used - 4, 0)
        quiet = row.stale or row.has_other_count or row.figure is None
        color = tokens.muted if quiet else tokens.text
        if other and self._view.isColumnHidden(AXIS):
            value = f"{value} {other}"
        write(painter, area, one_line(value), face, color, right=True)

    def _paint_text(self, painter: QPainter, area: QRectF, row: Row, column: int) -> None:
        tokens, text = theme.colors(), one_line(self._model.text(row, column))
        if column == TAGS and row.run is not None:
            chips(painter, area, [one_line(tag) for tag in row.run.label.tags])
            return
        going = column == STEP and row.run is not None and row.run.state == "running"
        quiet = COLUMNS[column][1] in ("note", "time", "data")
        color = tokens.accent if going else tokens.muted if quiet else tokens.text
        write(painter, area, text, self._view.font(), color, right=column in RIGHT)


def _sign(run: RunState | None) -> str:
    """Return the icon that says what a run came of, "" where it came of none."""
    if run is None:
        return ""
    if run.parent:
        return "branch"
    return "taught" if run.spec is not None and run.spec.inputs else ""
