"""The facets of the runs: by state, data, model, tags and floor, with how many each leaves."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_filter import ALL, FACETS, counts
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.facet_list import FacetList

__all__ = ["RunFacets"]

SOON = 100  # milliseconds between two looks at what has changed
STATE = FACETS[0].title


class RunFacets(QWidget):
    """What is chosen here narrows the table of runs: both read and write `AppState.finding`."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self.list = FacetList(state.finding.choose)
        self.list.setAccessibleName("Facets of the runs")
        column(self.list, parent=self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON)
        self._timer.timeout.connect(self.refresh)
        runs = state.runs
        for signal in (state.finding.changed, runs.listed, state.catalog_changed):
            signal.connect(self.refresh)
        for told in (runs.changed, runs.metrics_appended):
            told.connect(self._soon)

    def _soon(self, _key: str) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def refresh(self) -> None:
        """Count anew."""
        if not self.isVisible():
            return
        state = self._state
        found = counts(state.runs.by_key.values(), state.finding, state.catalog)
        self.list.show_counts(found, {STATE: ALL, **state.finding.chosen})

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
