"""A small table of figures that is only read: a line a thing, its columns explained."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.literal import one_line

__all__ = ["FiguresTable"]

NARROW = 44  # pixels of a column at least


class FiguresTable(QTableWidget):
    """``columns`` are titles with what they mean, each as wide as its texts."""

    def __init__(self, name: str, columns: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._fitted = False
        self.setAccessibleName(name)
        self.setColumnCount(len(columns))
        self.head(columns)
        self.verticalHeader().setVisible(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMinimumSize(QSize(330, 80))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(NARROW)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def head(self, columns: Sequence[tuple[str, str]]) -> None:
        """Call the columns otherwise."""
        self.setHorizontalHeaderLabels([one_line(title) for title, _ in columns])
        for place, (_, tip) in enumerate(columns):
            if (item := self.horizontalHeaderItem(place)) is not None:
                set_tip(item, tip)
                if not place:  # what the lines are of stands over their beginnings
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                    )

    def show_lines(
        self,
        lines: Sequence[Sequence[str]],
        shades: Sequence[Mapping[int, str]] = (),
        tips: Sequence[str] = (),
    ) -> None:
        """Show lines of texts, some of them in colours by the number of their column; a tip says
        what a line means.
        """
        self.blockSignals(True)
        self.clearSelection()
        self.setRowCount(len(lines))
        for line, cells in enumerate(lines):
            for place, text in enumerate(cells):
                item = QTableWidgetItem(one_line(text))
                side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                shade = shades[line].get(place) if line < len(shades) else None
                if shade is not None:
                    item.setForeground(QColor(shade))
                if line < len(tips):
                    set_tip(item, tips[line])
                self.setItem(line, place, item)
        self.blockSignals(False)

    def fit(self) -> None:
        """Be as high as its lines, and the bar below them where its columns are too wide."""
        self._fitted = True
        rows = sum(self.rowHeight(line) for line in range(self.rowCount()))
        header = self.horizontalHeader()
        header.setStretchLastSection(False)  # stretched, it may also be cut
        fits = header.length() <= self.width() - 2 * self.frameWidth()
        header.setStretchLastSection(fits)
        bar = 0 if fits else self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + bar + 6)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted and event.size().width() != event.oldSize().width():
            self.fit()

    @property
    def chosen(self) -> list[int]:
        """The lines that are selected."""
        return sorted({item.row() for item in self.selectedItems()})
