"""The column beside the rail: the own things of the destination one is at, and nothing else."""

import importlib
from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.shell.data_column import DataColumn
from studio.app.shell.run_list import RunList
from studio.app.state.places import Destination, destination_of
from studio.app.state.session import AppState
from studio.app.widgets.basic import scrolled
from studio.app.widgets.row_button import RowButton

__all__ = ["Sidebar"]


class Sidebar(QFrame):
    """Facets where one discovers, data sets, the tree of runs, the pages of the help. ``facets``
    and ``pages`` belong to the pages of the canvas beside them.
    """

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        *,
        facets: QWidget,
        pages: QWidget,
        ask_import: Callable[[], None],
    ) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setAccessibleName("Sidebar")
        self.draft = RowButton("Setup")
        self.draft.show_facts(text="Setup", note="not started", dot="muted")
        self.draft.clicked.connect(partial(state.go, "setup"))
        self.runs = RunList(state, actions)
        self.data = DataColumn(state, actions, ask_import)
        self._pages: dict[Destination, QWidget] = {
            "discover": facets,
            "data": _page(self.data),
            "runs": _page(self.draft, self.runs),
            "learn": pages,
        }
        self._facets: QWidget | None = None  # of the table of runs, made when that is first shown
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        for signal in (state.place_changed, state.draft_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what belongs to the place."""
        state = self._state
        page = self._pages[destination_of(state.place)]
        self._stack.setCurrentWidget(self._run_facets() if state.place == "runs" else page)
        self.draft.setVisible(state.draft is not None)
        self.draft.setChecked(state.place == "setup")

    def _run_facets(self) -> QWidget:
        if self._facets is None:
            module = importlib.import_module("studio.app.pages.run_facets")
            self._facets = module.RunFacets(self._state)
            self._stack.addWidget(self._facets)
        return self._facets


def _page(*parts: QWidget) -> QWidget:
    page = QWidget()
    body = QVBoxLayout(page)
    body.setContentsMargins(8, 14, 8, 14)
    body.setSpacing(10)
    for each in parts:
        body.addWidget(each)
    body.addStretch(1)
    return scrolled(page)
