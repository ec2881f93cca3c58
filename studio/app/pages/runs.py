"""The page of all runs: a table that is filtered, grouped and sorted inside its groups."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.forms.editors import ChoiceList
from studio.app.pages.run_strip import RunStrip
from studio.app.pages.run_table_model import COLUMNS, RunTableModel
from studio.app.pages.run_table_view import RunTableView
from studio.app.shell.label_ask import ask_line
from studio.app.shell.run_menu import run_entries
from studio.app.state.notices import Notice
from studio.app.state.runs import RunState
from studio.app.state.runtable import By, Column, found, groups
from studio.app.state.session import AppState
from studio.app.widgets.basic import label, row
from studio.app.widgets.menu import open_menu
from studio.counted import counted

__all__ = ["RunsPage"]

GROUPS: tuple[tuple[str, By], ...] = (("by data", "data"), ("by model", "model"), ("by tag", "tag"))
KEYS = "F2 name · T tags · N note · B baseline · Space selects"
WIDE = 1000  # pixels from which there is room to say so
SOON = 100  # milliseconds between two looks at what has changed


class RunsPage(QWidget):
    """The state says which runs there are; what is sought, how it is grouped and what is selected
    belongs to the page.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._listed = 0
        self._telling = False  # the state or the table what the other has selected
        self._sort: tuple[Column, bool] = ("name", True)
        self.model = RunTableModel(state, self._say)
        self.table = RunTableView(self.model)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText("Filter by name, model, data, tag, note")
        self.finder.setAccessibleName("Filter the runs")
        self.finder.setClearButtonEnabled(True)
        self.finder.textChanged.connect(self.refresh)
        self.grouping = ChoiceList([title for title, _ in GROUPS], "Group the runs")
        self.grouping.setCurrentIndex(0)
        self.grouping.activated.connect(self.refresh)
        self.counts = label("", "muted")
        self.strip = RunStrip(
            state, tag=self._tag, copy=self._copy, delete=self._delete, compare=self._compare
        )
        self._keys = label(KEYS, "small")
        group = label("Group", "muted")
        head = row(self.finder, 8, group, self.grouping, None, self._keys, 8, self.counts)
        head.setContentsMargins(16, 10, 16, 10)
        head.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.strip)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self._show_sort()

    def _connect(self) -> None:
        table, runs = self.table, self._state.runs
        table.opened.connect(self._actions.runs.select)
        table.pinned.connect(self._actions.labels.pin)
        table.deleted.connect(self._actions.project.delete_runs)
        table.chosen.connect(self._chosen)
        table.menu_wanted.connect(self._menu)
        table.header().sectionClicked.connect(self._sort_by)
        runs.listed.connect(self.refresh)
        self._state.catalog_changed.connect(self.refresh)
        for signal in (runs.selected, runs.compared):
            signal.connect(self._follow)
        for signal in (runs.changed, runs.progressed, runs.metrics_appended):
            signal.connect(self._soon)

    # What is listed

    def _soon(self, _key: str = "") -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Show the runs that fit, in their groups."""
        if not self.isVisible():
            return
        catalog, every = self._state.catalog, self._state.runs.by_key.values()
        fitting = found(every, self.finder.text(), catalog)
        by = GROUPS[max(0, self.grouping.currentIndex())][1]
        self.model.show(groups(fitting, by, catalog), *self._sort)
        self._listed = len(fitting)
        self._chosen()

    def _follow(self, _key: str = "") -> None:
        """Select what is selected elsewhere."""
        if self.isVisible() and not self._telling:
            self._telling = True
            self.table.select(self._state.marked)
            self._telling = False

    def _chosen(self) -> None:
        """Let commands be about what is selected here, and say what it is."""
        if self.isVisible() and not self._telling:
            self._telling = True
            self._actions.runs.mark(self.table.selected)
            self._telling = False
        runs = self.selected
        every = len(self._state.runs.by_key)
        listed = self._listed
        said = counted(every, "run") if listed == every else f"{listed:,} of {every:,} runs"
        self.counts.setText(f"{said}, {len(runs):,} selected" if runs else said)
        self.strip.show_runs(runs)

    @property
    def selected(self) -> list[RunState]:
        """The selected runs, in the order in which they were selected."""
        by_key = self._state.runs.by_key
        return [by_key[key] for key in self.table.selected if key in by_key]

    def _sort_by(self, section: int) -> None:
        column = COLUMNS[section][1]
        same = column == self._sort[0]
        self._sort = (column, not self._sort[1] if same else column == "name")
        self._show_sort()
        self.refresh()

    def _show_sort(self) -> None:
        column, down = self._sort
        section = next(n for n, (_, each) in enumerate(COLUMNS) if each == column)
        order = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
        self.table.header().setSortIndicator(section, order)

    # What is done with them

    def _say(self, key: str, column: Column, text: str) -> None:
        labels = self._actions.labels
        take = {"name": labels.rename, "tags": labels.tag, "note": labels.note}[column]
        take(key, text)

    def _menu(self, key: str, at: QPoint) -> None:
        entries = run_entries(self._state, self._actions, key)
        entries.insert(0, ("Open", partial(self._actions.runs.select, key)))
        open_menu(self.table.viewport(), at, entries)

    def _tag(self) -> None:
        keys = [run.key for run in self.selected]
        title, help = f"Tag {counted(len(keys), 'run')}", "Words with commas between them."
        ask_line(self, title, help, "", partial(self._actions.labels.add_tags, keys))

    def _copy(self) -> None:
        each = [self._actions.export.command_of(run) for run in self.selected]
        commands = "\n".join(filter(None, each))
        QGuiApplication.clipboard().setText(commands)
        self._state.notices.post(Notice(level="info", text="Copied", why=commands, topic="copied"))

    def _delete(self) -> None:
        self._actions.project.delete_runs(self.table.selected)

    def _compare(self) -> None:
        self._actions.comparing.show([run.key for run in self.selected])

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape empties the filter, Down goes on to the table."""
        if event.key() == Qt.Key.Key_Escape and self.finder.text():
            self.finder.clear()
        elif event.key() == Qt.Key.Key_Down and self.finder.hasFocus():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.fit(self.width())
        self._keys.setVisible(self.width() >= WIDE)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        marked = self._state.marked
        self._telling = True
        self.refresh()
        self.table.select(marked)
        self._telling = False
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
