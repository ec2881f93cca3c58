"""The page of all runs: a table that is filtered, grouped and sorted inside its groups."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.dataset_list import all_sets
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.run_filter import found, parsed
from pushforward.studio.app.core.run_groups import Column, groups
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.label_dialog import ask_line
from pushforward.studio.app.places.runs.run_menu import race_entries, run_entries
from pushforward.studio.app.places.runs.selection_strip import RunStrip, StripActions
from pushforward.studio.app.places.runs.table.table_controls import RunTableHead
from pushforward.studio.app.places.runs.table.table_model import (
    AXIS,
    COLUMNS,
    NAME,
    NOTE,
    TAGS,
    Row,
    RunTableModel,
)
from pushforward.studio.app.places.runs.table.table_view import RunTableView
from pushforward.studio.app.places.runs.table_export import ask_table
from pushforward.studio.counts import format_count

__all__ = ["RunsPage"]

WRITTEN = {"name": NAME, "tags": TAGS, "note": NOTE}  # the column of what is said of a run
SOON = 200  # milliseconds between two looks at what has changed


class RunsPage(QWidget):
    """The state says which runs there are, what is sought and what is selected; how it is grouped
    and sorted belongs to the page.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._listed = 0
        self._telling = False  # the state or the table what the other has selected
        self._sort: tuple[Column, bool] = ("name", True)
        self.model = RunTableModel(state, self._say)
        self.table = RunTableView(self.model)
        self.head = RunTableHead(state.finding)
        self.strip = RunStrip(
            state,
            StripActions(tag=self._tag, pin=self._pin, copy=self._copy, compare=self._compare),
        )
        self._empty = EmptyState(self.table)
        column(self.head, (self.table, 1), self.strip, parent=self, gap=0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self.table.head.show_sort(*self._sort)
        self._show_columns(set(preferences.load().columns_off))

    def _connect(self) -> None:
        table, runs, finding = self.table, self._state.runs, self._state.finding
        table.opened.connect(self._actions.runs.select)
        table.pinned.connect(self._actions.labels.pin)
        table.deleted.connect(self._delete)
        table.copied.connect(self._copy_rows)
        table.chosen.connect(self._chosen)
        table.menu_wanted.connect(self._menu)
        table.header().sectionClicked.connect(self._sort_by)
        self.head.arranged.connect(self.refresh)
        self.head.columns_wanted.connect(self._show_columns)
        self.head.entered.connect(partial(table.setFocus, Qt.FocusReason.OtherFocusReason))
        finding.changed.connect(self.refresh)
        finding.export_wanted.connect(self.export)
        runs.listed.connect(self.refresh)
        self._state.catalog_changed.connect(self.refresh)
        for signal in (runs.selected, runs.compared):
            signal.connect(self._follow)
        runs.progressed.connect(self.model.tell_run)
        for told in (runs.changed, runs.metrics_appended):
            told.connect(self._soon)

    # What is listed

    def _soon(self, _key: str = "") -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Show the runs that fit, in their groups: later, while the person writes into a cell."""
        if not self.isVisible():
            return
        if self.table.editing:
            self._timer.start()
            return
        catalog, every = self._state.catalog, self._state.runs.by_key.values()
        fitting = found(every, self._state.finding, catalog)
        self.model.show(
            groups(fitting, self.head.grouping_by, catalog, self._sizes()),
            *self._sort,
            self.head.as_tree,
        )
        self._listed = len(fitting)
        self._say_empty()
        self._chosen()

    @property
    def _problem(self) -> str:
        """Return the invalid part of the filter."""
        state = self._state
        return parsed(state.finding.text, state.runs.by_key.values(), state.catalog).problem

    def _sizes(self) -> dict[str, str]:
        state = self._state
        return {data.slug: data.size for data in all_sets(state.catalog, state.datasets)}

    def _say_empty(self) -> None:
        every = len(self._state.runs.by_key)
        if self._listed:
            self._empty.hide()
        elif every and self._problem:
            self._empty.tell("Invalid filter", self._problem, "Clear", self._state.finding.clear)
        elif every:
            why = f"None of the {format_count(every, 'run')} matches the filter."
            self._empty.tell("Nothing found", why, "Clear", self._state.finding.clear)
        else:
            why = "Each row is a training run, with its settings, metrics and note."
            self._empty.tell("No runs yet", why, "Set up a run", self._actions.setup.new)

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
        self.head.say(self._listed, len(self._state.runs.by_key), len(runs), self._problem)
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
        self.table.head.show_sort(*self._sort)
        self.refresh()

    def _show_columns(self, hidden: set[str]) -> None:
        """Hide columns by what they sort by; that of the names stays."""
        self.table.hidden = {n for n, (_, each) in enumerate(COLUMNS) if n and each in hidden}
        self.table.fit(self.table.width())
        self.head.show_hidden(hidden)

    # What is done with them

    def _say(self, key: str, column: Column, text: str) -> None:
        labels = self._actions.labels
        take = {"name": labels.rename, "tags": labels.tag, "note": labels.note}[column]
        take(key, text)

    def _menu(self, row: Row, at: QPoint) -> None:
        keys, run = self.table.selected, row.run
        if run is None:
            entries = race_entries(self._state, self._actions, row.runs[0].race)
        elif len(keys) > 1 and run.key in keys:
            entries = self._entries_of_all()
        else:
            entries = self._entries_of(run.key)
        open_menu(self.table.viewport(), at, entries)

    def _entries_of(self, key: str) -> Entries:
        """Return what can be done with one run."""

        def write(what: str) -> None:
            self.table.write(key, WRITTEN[what])

        opens: Entries = [("Open", partial(self._actions.runs.select, key))]
        return opens + run_entries(self._state, self._actions, key, write)

    def _entries_of_all(self) -> Entries:
        """Return what can be done with all selected runs."""
        keys = self.table.selected
        delete = partial(self._actions.project.delete_runs, keys)
        return [
            (f"Compare {len(keys):,} runs", self._actions.comparing.show_chosen),
            (f"Tag {len(keys):,} runs…", self._tag),
            ("Copy as commands", self._copy),
            (f"Delete {len(keys):,} runs", delete),
        ]

    def _delete(self, keys: list[str]) -> None:
        if keys:
            self._actions.project.delete_runs(keys)
        else:
            text, todo = "No run is selected", "Select runs to delete: click or Space."
            self._state.notices.post(Notice(level="info", text=text, todo=todo, topic="delete"))

    def _tag(self) -> None:
        keys = [run.key for run in self.selected]
        title, help = f"Tag {format_count(len(keys), 'run')}", "Separate tags by commas."
        ask_line(self, title, help, "", partial(self._actions.labels.add_tags, keys))

    def _pin(self) -> None:
        self._actions.labels.pin(self.table.selected[0])

    def _copy(self) -> None:
        commands = [*filter(None, map(self._actions.export.command_of, self.selected))]
        self._put("\n".join(commands), f"{format_count(len(commands), 'command')} copied")

    def _copy_rows(self) -> None:
        """Copy the selected rows, or the one with the keyboard, as a spreadsheet takes them."""
        keys = self.model.lines_of(self.table.selected)
        indices = [self.model.index_of(key) for key in keys] or [self.table.currentIndex()]
        rows = [row for index in indices if (row := self.model.row_at(index)) is not None]
        seen = [n for n in range(len(COLUMNS)) if n != AXIS and not self.table.isColumnHidden(n)]
        lines = ["\t".join(self.model.text(row, column) for column in seen) for row in rows]
        self._put("\n".join(lines), f"{format_count(len(lines), 'row')} copied")

    def _put(self, text: str, said: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._state.notices.post(Notice(level="info", text=said, topic="copied"))

    def _compare(self) -> None:
        self._actions.comparing.show([run.key for run in self.selected])

    def export(self) -> None:
        """Ask for a file, and write what is listed into it."""
        ask_table(self, self.model.rows, self._state)

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape shows all runs again."""
        if event.key() == Qt.Key.Key_Escape and self._state.finding:
            self._state.finding.clear()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.fit(self.width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        marked = self._state.marked
        self._telling = True
        self.refresh()
        self.table.select(marked)
        self._telling = False
        self._chosen()  # what a filter hides is not selected
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
