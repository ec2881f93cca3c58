"""The column of the destination Data: what the project has, and what built-in its runs use."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import imported
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.line_group import Group
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.counts import format_count

__all__ = ["DataColumn"]


class DataColumn(QWidget):
    """A line for each data set; the first one leads to all there are."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._own = Group("In this project")
        self._built_in = Group("Built in, used by its runs")
        self.every = RowButton("All data")
        self.every.clicked.connect(partial(actions.data.select, ""))
        column(self.every, self._own, self._built_in, parent=self, gap=14)
        for signal in (state.datasets_changed, state.place_changed, state.project_changed):
            signal.connect(self.refresh)
        for signal in (state.draft_changed, state.runs.listed, state.catalog_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is, and which is on the canvas."""
        state = self._state
        here = state.dataset if state.place == "data" else None
        self.every.setChecked(here == "")
        rows = []
        for data in state.datasets:
            line = RowButton(data.name)
            line.show_facts(text=data.name, note=f"{data.rows:,}")
            line.setChecked(here == imported(data.name))
            line.clicked.connect(partial(self._actions.data.select, imported(data.name)))
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._menu, line, data.name))
            rows.append(line)
        self._own.fill(rows)
        self._own.say("Files dropped anywhere are imported here." if not rows else "")
        used = self._used()
        lines = []
        for slug, (title, times) in used.items():
            line = RowButton(title)
            line.show_facts(text=title, note=format_count(times, "run"))
            line.setChecked(here == slug)
            line.clicked.connect(partial(self._actions.data.select, slug))
            lines.append(line)
        self._built_in.fill(lines)
        self._built_in.setVisible(bool(lines))

    def _used(self) -> dict[str, tuple[str, int]]:
        """Return the title of each built-in data set that a run learned from, and of how many."""
        catalog, found = self._state.catalog, dict[str, tuple[str, int]]()
        for run in self._state.runs.by_key.values():
            slug = run.spec.dataset.slug if run.spec is not None else ""
            entry = catalog.get("dataset", slug) if catalog is not None else None
            if entry is not None:
                found[slug] = (entry.title, found.get(slug, ("", 0))[1] + 1)
        return found

    def _menu(self, line: RowButton, name: str, at: QPoint) -> None:
        open_menu(line, at, [("Delete", partial(self._actions.data.delete_dataset, name))])
