"""Table of distances with standard deviation and floor, and the compared models in multiples of the
floor.
"""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pushforward.studio.app.charts.distribution_bins import GOOD, REPEATS, RESAMPLES, WARM
from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.data.distance_table import Distances, Line, Multiple
from pushforward.studio.app.design.basic import Elided, button, column, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["DistanceTable"]

LOW, HIGH = 0.5, 30.0  # floors, at the ends of the last column
LINE = 24  # pixels of a line
DOT = 4.0
GAP = 6
DOTS = 120  # pixels of the last column at least
ABOUT = (
    f"Wasserstein-1 distance to real data, mean of {REPEATS} subsamples, ± standard deviation of "
    f"{RESAMPLES} bootstrap resamples. Grey: noise floor (real against real). Green: up to 1.35 "
    "floors; orange: above 2.5; no colour: fewer than 200 samples."
)
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class _CellContent:
    """What a cell shows: figures of a line in a column, or the multiples of all models."""

    figures: tuple[str, str, str] | None
    level: str = ""
    marked: bool = False


class DistanceTable(QWidget):
    """A line a number, a column a class; what is shown goes to the clipboard as LaTeX or CSV."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = Distances((), ())
        self.marked = ""
        self.title = label("", "strong")
        self._about = Elided("", "small")
        self.table = Table("Distances to real data", [Column("")], selectable=False)
        self.table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._paint = _Delegate(self)
        self.table.setItemDelegate(self._paint)
        tip = "Copy the table as {}"
        self.latex = button("LaTeX", self._copy_latex, kind="chip", tip=tip.format("LaTeX"))
        self.csv = button("CSV", self._copy_csv, kind="chip", tip=tip.format("CSV, in full"))
        head = row(self.title, (self._about, 1), self.latex, self.csv)
        column(head, self.table, parent=self, gap=6, margins=(0, 4, 0, 0))
        set_tip(self.title, ABOUT)

    def show_distances(self, shown: Distances, marked: str) -> None:
        """Show distances, one column of them marked."""
        self.shown, self.marked = shown, marked
        by = f", by {shown.classes.lower()}" if len(shown.columns) > 1 else ""
        self.title.setText(f"W1 to real data{by}")
        self._about.set_text(shown.about)
        heads = [Column(""), Column("", "Unit of the values: a power of ten and the physical unit")]
        heads += [Column(f"{each}  floor", ABOUT) for each in shown.columns]
        what = marked or "all"
        heads.append(Column("× floor", f"Multiples of the floor, of {what}: a mark a model"))
        self.table.set_columns(heads)
        self.table.show_rows([self._texts(line) for line in shown.lines])
        for line in range(len(shown.lines)):
            self.table.setRowHeight(line, LINE)
        self.table.fit()
        self.table.setAccessibleDescription(shown.about)

    def _texts(self, line: Line) -> list[str]:
        """Return the cells of a line in words: what is copied cell by cell, and heard."""
        cells = []
        for each in self.shown.columns:
            figures = line.figures(each)
            cell = line.cells.get(each)
            few = ", too few" if cell is not None and cell.level == "few" else ""
            cells.append("too few" if figures is None else "{} ±{}  {}".format(*figures) + few)
        marks = ", ".join(f"{each.title} {each.value:.2f}" for each in line.multiples)
        return [line.name, line.scale, *cells, marks]

    def cell(self, index: Index) -> _CellContent | list[Multiple] | None:
        """Return what a cell of figures shows; None for a cell of words."""
        lines, columns = self.shown.lines, self.shown.columns
        if not 0 <= index.row() < len(lines) or index.column() < 2:
            return None
        line, place = lines[index.row()], index.column() - 2
        if place >= len(columns):
            return list(line.multiples)
        cell = line.cells.get(columns[place])
        level = cell.level if cell is not None else ""
        return _CellContent(line.figures(columns[place]), level, columns[place] == self.marked)

    def _copy_latex(self) -> None:
        QGuiApplication.clipboard().setText(self.shown.latex())

    def _copy_csv(self) -> None:
        QGuiApplication.clipboard().setText(self.shown.csv())


class _Delegate(QStyledItemDelegate):
    """Paints figures in the colours that say how near they are, and marks on a line of floors."""

    def __init__(self, table: DistanceTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        shown = self._table.cell(index)
        if isinstance(shown, list):
            return QSize(DOTS, LINE)
        if shown is None or shown.figures is None:
            return super().sizeHint(option, index)
        wide, small = QFontMetricsF(font(13)), QFontMetricsF(font(11))
        value, bar, floor = shown.figures
        each = wide.horizontalAdvance(value), small.horizontalAdvance(f"±{bar}")
        return QSize(round(sum(each) + small.horizontalAdvance(floor) + 2 * GAP + 14), LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown, tokens = self._table.cell(index), theme.colors()
        rect = QRectF(option.rect)
        painter.save()
        if isinstance(shown, list):
            _paint_multiples(painter, rect, shown, tokens)
        elif shown is None:
            painter.setFont(font(13 if index.column() == 0 else 11))
            painter.setPen(QColor(tokens.text if index.column() == 0 else tokens.muted))
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(rect.adjusted(4, 0, -4, 0), side, str(index.data()))
        else:
            _paint_figures(painter, rect, shown, tokens)
        painter.restore()


def _paint_figures(painter: QPainter, rect: QRectF, shown: _CellContent, tokens: Tokens) -> None:
    if shown.marked:
        painter.fillRect(rect, QColor(tokens.raised))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    box = rect.adjusted(0, 0, -8, 0)
    if shown.figures is None:
        painter.setPen(QColor(tokens.muted))
        painter.drawText(box, right, "–")
        return
    inks = {"good": tokens.good, "warm": tokens.warm, "few": tokens.muted}
    value, bar, floor = shown.figures
    parts = (
        (floor, 11, tokens.muted),
        (f"±{bar}", 11, tokens.muted),
        (value, 13, inks.get(shown.level, tokens.text)),
    )
    for text, size, colour in parts:
        painter.setFont(font(size))
        painter.setPen(QColor(colour))
        painter.drawText(box, right, text)
        gap = GAP + 2 if text is floor else GAP - 3
        box.setRight(box.right() - painter.fontMetrics().horizontalAdvance(text) - gap)


def _paint_multiples(
    painter: QPainter, rect: QRectF, shown: list[Multiple], tokens: Tokens
) -> None:
    """Paint the models along a logarithmic line of floors; the dotted line is the floor."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = rect.adjusted(10, 0, -10, 0)

    def at(value: float) -> float:
        place = np.log(np.clip(value, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
        return float(box.left() + box.width() * place)

    middle = rect.center().y()
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.drawLine(QPointF(box.left(), middle), QPointF(box.right(), middle))
    for level, colour in ((1.0, tokens.good), (GOOD, tokens.line), (WARM, tokens.line)):
        style = Qt.PenStyle.DotLine if level == 1.0 else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(colour), 1, style))
        painter.drawLine(QPointF(at(level), rect.top() + 4), QPointF(at(level), rect.bottom() - 4))
    painter.setPen(QPen(QColor(tokens.background), 1))
    for each in reversed(shown):
        painter.setBrush(QColor(ink(each.place, tokens)))
        _paint_mark(painter, QPointF(at(each.value), middle), each.place)


def _paint_mark(painter: QPainter, at: QPointF, place: int) -> None:
    """Paint the mark of a model: its shape says which it is, too."""
    corner = QPointF(DOT, DOT)
    if place % 3 == 0:
        painter.drawEllipse(at, DOT, DOT)
    elif place % 3 == 1:
        painter.drawRect(QRectF(at - corner, at + corner))
    else:
        up = [QPointF(0, -DOT - 1), QPointF(DOT + 1, DOT), QPointF(-DOT - 1, DOT)]
        painter.drawPolygon(QPolygonF([at + each for each in up]))
