"""The canvas of data: all sets there are, or one of them; both are imported when first shown."""

import importlib

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["DataView"]


class DataView(QStackedWidget):
    """Shows the set that is selected, or all where none is."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._pages: dict[str, QWidget] = {}
        for signal in (state.place_changed, state.datasets_changed, state.catalog_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the page of what is selected."""
        if self._state.place == "data":
            self.setCurrentWidget(self._page("dataset" if self._state.dataset else "datasets"))

    def _page(self, name: str) -> QWidget:
        if name not in self._pages:
            module = importlib.import_module(f"pushforward.studio.app.places.data.{name}_page")
            page: QWidget = module.PAGE(self._state, self._actions)
            self._pages[name] = page
            self.addWidget(page)
        return self._pages[name]
