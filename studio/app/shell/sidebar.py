"""The column next to the rail: content of the current destination."""

import importlib
from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QFrame, QPushButton, QStackedWidget, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.dataset_list import all_sets
from pushforward.studio.app.core.destinations import TITLES, Destination, destination_of
from pushforward.studio.app.design.basic import column, icon_button, label, row, scrolled
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.data_sidebar import DataColumn
from pushforward.studio.app.places.runs.sidebar.run_list import RunList
from pushforward.studio.counts import format_count

__all__ = ["Sidebar"]

HEAD = 38  # pixels


class Sidebar(QFrame):
    """Facets in Discover, data sets, the tree of runs, the help pages. ``facets`` and ``pages``
    belong to the canvas.
    """

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        *,
        facets: QWidget,
        pages: QWidget,
        ask_import: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.setProperty("surface", "panel")
        self.setAccessibleName("Sidebar")
        self._found = -1
        self.draft = RowButton("Setup")
        self.draft.clicked.connect(partial(state.go, "setup"))
        self.runs = RunList(state, actions)
        self.data = DataColumn(state, actions)
        self._facets: QWidget | None = None  # of the table of runs, made when that is first shown
        self._tools: dict[Destination, list[QPushButton]] = {
            "data": [icon_button("plus", "Import data", ask_import)],
            "runs": [
                icon_button("table", "Show all runs in a table", actions.runs.show_table),
                icon_button("plus", "Set up a run", actions.setup.new),
            ],
        }
        self._title, self._note = label("", "strong"), label("", "small")
        tools = [tool for each in self._tools.values() for tool in each]
        head = row(self._title, None, self._note, *tools, gap=4)
        head.setContentsMargins(16, 8, 12, 0)
        self._head = QWidget()
        self._head.setMinimumHeight(HEAD)
        self._head.setLayout(head)
        self._pages: dict[Destination, QWidget] = {
            "discover": facets,
            "data": _page(self.data),
            "runs": _page(self.draft, self.runs),
            "learn": pages,
        }
        self._stack = QStackedWidget(self)
        for page in self._pages.values():
            self._stack.addWidget(page)
        column(self._head, (self._stack, 1), parent=self, gap=0)
        for signal in (state.place_changed, state.draft_changed, state.recipes_changed):
            signal.connect(self.refresh)
        for signal in (state.catalog_changed, state.datasets_changed, state.runs.listed):
            signal.connect(self.refresh)
        state.draft_checked.connect(self._say_draft)
        self._say_draft()
        self.refresh()

    def refresh(self) -> None:
        """Show what belongs to the place."""
        state = self._state
        here = destination_of(state.place)
        page = self._pages[here]
        self._title.setText(TITLES[here])
        self._note.setText(self._count(here))
        for destination, tools in self._tools.items():
            for tool in tools:
                tool.setVisible(destination == here)
        self._stack.setCurrentWidget(self._run_facets() if state.place == "runs" else page)
        draft = state.draft
        started = draft is not None and draft.spec == draft.started
        self.draft.setVisible(draft is not None and (state.place == "setup" or not started))
        self._say_draft()
        self.draft.setChecked(state.place == "setup")

    def say_found(self, found: int) -> None:
        """Say how many of the recipes are found, -1 where nothing narrows them."""
        self._found = found
        self.refresh()

    def _say_draft(self) -> None:
        """Say whether what is set up starts: the engine may take its time."""
        note, dot = ("starting…", "warm") if self._state.starting else ("not started", "muted")
        draft = self._state.draft
        if draft is not None and draft.spec == draft.started:
            note, dot = "started", "good"
        self.draft.show_facts(text="Setup", note=note, dot=dot)

    def _count(self, destination: Destination) -> str:
        """Say how many things there are."""
        state = self._state
        if destination == "discover":
            every = format_count(len(state.recipes), "recipe")
            return every if self._found < 0 else f"{self._found:,} of {every}"
        if destination == "data":
            return format_count(len(all_sets(state.catalog, state.datasets)), "set")
        return format_count(len(state.runs.by_key), "run") if destination == "runs" else ""

    def _run_facets(self) -> QWidget:
        if self._facets is None:
            module = importlib.import_module("pushforward.studio.app.places.runs.run_facets")
            self._facets = module.RunFacets(self._state)
            self._stack.addWidget(self._facets)
        return self._facets


def _page(*parts: QWidget) -> QWidget:
    page = QWidget()
    column(*parts, None, parent=page, gap=10, margins=(8, 8, 8, 14))
    return scrolled(page)
