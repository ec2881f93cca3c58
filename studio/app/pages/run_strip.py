"""What differs between the selected runs of the table, and what can be done with them together."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableWidget, QTableWidgetItem, QVBoxLayout

from studio.app.differing import differing
from studio.app.run_words import title_of
from studio.app.state import comparison
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.theme import theme
from studio.app.widgets.badge import SIDE, badge_icon
from studio.app.widgets.basic import Elided, button, label, row
from studio.app.widgets.literal import set_tip
from studio.app.widgets.row_paint import HEIGHT
from studio.literal import one_line

__all__ = ["RunStrip"]

ROOM = 12  # pixels that the style takes of a cell
SHOWN = 4  # runs that are set side by side; as many can be compared


class RunStrip(QFrame):
    """Appears from two selected runs on."""

    def __init__(
        self,
        state: AppState,
        *,
        tag: Callable[[], None],
        copy: Callable[[], None],
        delete: Callable[[], None],
        compare: Callable[[], None],
    ) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setProperty("rule", "top")
        self.setAccessibleName("Selected runs")
        self.said = Elided("", "muted")
        self.compare = button("Compare", compare, kind="primary")
        self.delete = button("Delete", delete)
        self.table = QTableWidget()
        self.table.setAccessibleName("Only what differs")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setShowGrid(False)
        self.table.setIconSize(QSize(SIDE, SIDE))
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.verticalHeader().setDefaultSectionSize(HEIGHT)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.horizontalHeader().setHighlightSections(False)
        head = row(
            label("Only what differs", "heading"),
            self.said,
            None,
            button("Tag…", tag),
            button("Copy as commands", copy),
            self.delete,
            self.compare,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.table)
        theme.changed.connect(self._recolour)

    def _recolour(self) -> None:
        for line in range(self.table.rowCount()):
            item = self.table.item(line, 0)
            if item is not None:
                item.setIcon(badge_icon(line))

    def show_runs(self, runs: list[RunState]) -> None:
        """Show the settings in which runs differ, of the first few; hide where there is one."""
        self.setVisible(len(runs) > 1)
        if len(runs) < 2:
            return
        found = differing(runs, self._state.catalog)
        why = comparison.why_not(runs)
        same = why or "Same data: comparable."
        if len(runs) > SHOWN:
            same += f" The first {SHOWN} of {len(runs):,} are shown."
        rest = "the rest is equal" if found.rows else "all of them are equal"
        self.said.set_text(f"{len(found.rows)} of {found.all} settings; {rest}. {same}")
        self.compare.setText(f"Compare {len(runs):,}")
        self.compare.setEnabled(not why)
        set_tip(self.compare, why or "Put them side by side")
        busy = any(run.job or run.background for run in runs)
        self.delete.setEnabled(not busy)
        set_tip(self.delete, "Stop those under way first." if busy else "Move them to the trash")
        self._fill(runs[:SHOWN], found.rows)

    def _fill(self, runs: list[RunState], rows: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        table = self.table
        columns = [("Run", tuple(title_of(run) for run in runs)), *rows]
        table.setColumnCount(len(columns))
        table.setRowCount(len(runs))
        table.setHorizontalHeaderLabels([one_line(title) for title, _ in columns])
        for column, (_, values) in enumerate(columns):
            for line, value in enumerate(values[: len(runs)]):
                item = QTableWidgetItem(one_line(value))
                if column == 0:
                    item.setIcon(badge_icon(line))
                table.setItem(line, column, item)
        table.resizeColumnsToContents()
        for column in range(len(columns)):
            table.setColumnWidth(column, table.columnWidth(column) + ROOM)
        bar = table.horizontalScrollBar().sizeHint().height()
        table.setFixedHeight(
            table.horizontalHeader().sizeHint().height() + HEIGHT * len(runs) + bar
        )
