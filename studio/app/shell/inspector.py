"""The right column follows the selection: the setup before a run; then the run or its last selected
item.
"""

import importlib

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.inspected_item import Thing
from pushforward.studio.app.design.basic import button, column, row, scrolled
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.inspector.run_panel import RunPanel
from pushforward.studio.app.places.setup.setup_panel import SetupPanel

__all__ = ["Inspector"]

PANELS: dict[Thing, tuple[str, str]] = {
    "rows": ("pushforward.studio.app.places.runs.inspector.sample_panel", "RowsPanel"),
    "event": ("pushforward.studio.app.places.runs.inspector.event_panel", "EventPanel"),
    "layer": ("pushforward.studio.app.places.runs.inspector.layer_facts", "LayerFacts"),
    "race": ("pushforward.studio.app.places.runs.inspector.comparison_panel", "RacePanel"),
    "stage": ("pushforward.studio.app.places.runs.inspector.stage_panel", "StagePanel"),
    "scene": ("pushforward.studio.app.data_types.cubes.scene_panel", "ScenePanel"),
}
"""Where the panels of what belongs to a run are, and what they are called."""


class Inspector(QFrame):
    """Setup panel, run panel, or the panel of something of the run, which is imported when it is
    first looked at; Escape goes back from there to the run.

    Signals:
        foot_changed(): a sheet came to stand at the foot, or left it.
    """

    foot_changed = Signal()

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self.setProperty("surface", "panel")
        self.setAccessibleName("Inspector")
        self.setup = SetupPanel(state, actions)
        self.run = RunPanel(state, actions)
        self._made: dict[Thing, QWidget] = {"run": self.run}
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.setup)
        self._pages.addWidget(self.run)
        self.back = button("Back to the run", self.to_run, kind="link", tip="Esc")
        self._bar = QWidget()
        row(self.back, None, parent=self._bar, margins=(10, 8, 10, 0))
        column(self._bar, self._pages, parent=self, gap=0)
        self._docked: QWidget | None = None
        for signal in (state.place_changed, state.looked.changed):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def wanted(self) -> bool:
        """Whether there is something to inspect at this place."""
        return self._state.place in ("setup", "run")

    def dock(self, sheet: QWidget) -> None:
        """Dock a panel at the bottom."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(sheet)
        self._docked = sheet
        sheet.installEventFilter(self)

    @property
    def foot_free(self) -> bool:
        """Whether nothing stands at the foot."""
        return self._docked is None or self._docked.isHidden()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._docked and event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self.foot_changed.emit()
        return False

    def to_run(self) -> None:
        """Look at the run again."""
        self._state.selection.clear()
        self._state.looked.look("run")

    def refresh(self) -> None:
        """Show the panel of the place, and of what was selected last."""
        thing = self._state.looked.thing
        self._bar.setVisible(self._state.place == "run" and thing != "run")
        if self._state.place != "run":
            self._pages.setCurrentWidget(self.setup)
            return
        if thing not in self._made:
            module, name = PANELS[thing]
            made = getattr(importlib.import_module(module), name)(self._state, self._actions)
            self._made[thing] = scrolled(made)
            self._pages.addWidget(self._made[thing])
        self._pages.setCurrentWidget(self._made[thing])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # A race is of what the canvas shows: the window ends that.
        if event.key() == Qt.Key.Key_Escape and self._state.looked.thing not in ("run", "race"):
            self.to_run()
        else:
            super().keyPressEvent(event)
