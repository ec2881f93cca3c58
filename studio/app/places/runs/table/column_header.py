"""The head of the table of runs: what the columns are called, and by which of them it is sorted."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QWidget

from pushforward.studio.app.core.run_groups import Column
from pushforward.studio.app.design.icons import paint as paint_icon
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.places.runs.table.cell_text import write
from pushforward.studio.app.places.runs.table.table_model import AXIS, COLUMNS, RIGHT

__all__ = ["RunTableHeader"]

PAD, ARROW, HIGH = 8, 12, 30  # pixels: at the sides, of the arrow, of the head
NAMES = 26  # pixels more at the left of the first column


class RunTableHeader(QHeaderView):
    """The arrow points up where the smallest is above, down where the largest is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._sorted: tuple[Column, bool] = ("name", True)
        self.setHighlightSections(False)

    def show_sort(self, column: Column, down: bool) -> None:
        """Say by which column the runs of each group are sorted, and whether downwards."""
        self._sorted = (column, down)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HIGH)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        tokens, (column, down) = theme.colors(), self._sorted
        title, sorts = COLUMNS[logicalIndex]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(rect)
        painter.fillRect(area, QColor(tokens.panel))
        painter.setPen(QPen(QColor(tokens.line), 1))
        under = area.bottom() - 0.5
        painter.drawLine(QPointF(area.left(), under), QPointF(area.right(), under))
        here = sorts == column and logicalIndex != AXIS  # which shows what is left of it
        right = logicalIndex in RIGHT
        room = area.adjusted(PAD + (NAMES if logicalIndex == 0 else 0), 0, -PAD, 0)
        color = tokens.text if here else tokens.muted
        words = QFontMetrics(self.font()).horizontalAdvance(title)
        shown = QFontMetrics(self.font()).elidedText(
            title, Qt.TextElideMode.ElideRight, int(room.width())
        )
        write(painter, room, shown, self.font(), color, right=right)
        if here:
            at = room.right() - words - ARROW - 3 if right else room.left() + words + 3
            box = QRectF(at, area.center().y() - ARROW / 2, ARROW, ARROW)
            paint_icon(painter, "chevron-down" if down else "chevron-up", box, color)
        painter.restore()
