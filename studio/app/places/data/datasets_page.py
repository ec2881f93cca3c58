"""The page of all data: the project's, the built-in ones, and how others come in."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.dataset_grid import DataSetGrid

__all__ = ["PAGE", "DataSetsPage"]

RING = 4  # the cards have room around them for the ring of the keyboard


class DataSetsPage(QWidget):
    """A click on a set opens its page."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self.grid = DataSetGrid(state, actions)
        self.grid.chosen.connect(actions.data.select)
        title = label("Datasets", "title")
        title.setContentsMargins(RING, 0, 0, 0)
        column(title, (self.grid, 1), parent=self, gap=12, margins=(24, 24, 20 - RING, 0))
        state.window.focus_search.connect(self._search)

    def _search(self) -> None:
        if self.isVisible():
            self.grid.focus_first()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.grid.focus_first()


PAGE = DataSetsPage
