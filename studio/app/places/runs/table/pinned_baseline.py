"""The baseline of the group that is looked at: it stays above its runs while they are scrolled."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QTreeView, QWidget

from pushforward.studio.app.core.run_summary import title_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.row_paint import HEIGHT
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.places.runs.table.cell_delegate import RunTableDelegate
from pushforward.studio.app.places.runs.table.table_model import COLUMNS, Row, RunTableModel

__all__ = ["PinnedLine"]


class PinnedLine(QWidget):
    """Lies over the first line of a table as soon as the baselines above all groups are scrolled
    out of sight; ``clicked`` is called with the key of the run that it shows.
    """

    def __init__(
        self,
        table: QTreeView,
        model: RunTableModel,
        painter: RunTableDelegate,
        clicked: Callable[[str], None],
    ) -> None:
        super().__init__(table.viewport())
        self._table, self._model, self._painter = table, model, painter
        self._clicked = clicked
        self._group: Row | None = None  # a line of it
        self.hide()
        table.verticalScrollBar().valueChanged.connect(self.follow)
        table.horizontalScrollBar().valueChanged.connect(self.update)
        table.header().sectionResized.connect(self.update)
        model.dataChanged.connect(self.follow)
        theme.changed.connect(self.update)

    @property
    def run(self) -> RunState | None:
        """The run that is shown, None where the line is hidden."""
        return self._group.group.baseline if self._group is not None else None

    def follow(self) -> None:
        """Show the baseline of the group of the line below, if it has one."""
        row = self._model.row_at(self._table.indexAt(QPoint(4, HEIGHT + 2)))
        above = HEIGHT * sum(each.pinned for each in self._model.rows[:4])
        scrolled = self._table.verticalScrollBar().value() > above
        self._group = row if scrolled else None
        self.setVisible(self.run is not None)
        if self.run is not None:
            self.setAccessibleName(f"Baseline: {title_of(self.run)}")
            self.setGeometry(0, 0, self._table.viewport().width(), HEIGHT)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        keys = self._model.lines_of([self.run.key]) if self.run is not None else []
        if not keys or self._group is None:
            return
        group, scale = self._group.group, self._group.scale
        with QPainter(self) as painter:
            for column in range(len(COLUMNS)):
                index = self._model.index_of(keys[0], column)
                row, left = self._model.row_at(index), self._table.columnViewportPosition(column)
                if row is not None and not self._table.isColumnHidden(column):
                    area = QRectF(left, 0, self._table.columnWidth(column), HEIGHT)
                    row = replace(row, group=group, scale=scale, pinned=True)
                    self._painter.paint_line(painter, area, row, index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.run is not None and event.button() == Qt.MouseButton.LeftButton:
            self._clicked(self.run.key)
