"""The right column follows what is selected: the setup before a run, its facts afterwards."""

from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout

from studio.app.actions import Actions
from studio.app.shell.run_panel import RunPanel
from studio.app.shell.setup_panel import SetupPanel
from studio.app.state.session import AppState

__all__ = ["Inspector"]


class Inspector(QFrame):
    """Setup panel or run panel."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setAccessibleName("Inspector")
        self.setup = SetupPanel(state, actions)
        self.run = RunPanel(state, actions)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.setup)
        self._pages.addWidget(self.run)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        state.place_changed.connect(self.refresh)
        self.refresh()

    @property
    def wanted(self) -> bool:
        """Whether there is something to inspect at this place."""
        return self._state.place in ("setup", "run")

    def refresh(self) -> None:
        """Show the panel of the place."""
        self._pages.setCurrentWidget(self.run if self._state.place == "run" else self.setup)
