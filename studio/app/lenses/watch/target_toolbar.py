"""The toolbar for editing target points: look, add, move, remove, undo, brush width."""

from functools import partial

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from pushforward.studio.app.charts.layer_panel import paint_chip
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.canvas_tools import TOOLS, ToolName, standing
from pushforward.studio.app.design.basic import icon_button, restyle, row
from pushforward.studio.app.engine.actions import Actions

__all__ = ["HandBar"]

_NAMES: dict[ToolName, tuple[str, str]] = {
    "look": ("cursor", "Pan: drag; click a particle for its trajectory"),
    "add": ("plus", "Add target points: click"),
    "move": ("move", "Move target points: drag"),
    "remove": ("eraser", "Remove target points: click"),
}


class HandBar(QWidget):
    """Buttons in a row on the canvas."""

    def __init__(self, parent: QWidget, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self.buttons: dict[ToolName, QPushButton] = {}
        for tool in TOOLS:
            made = icon_button(*_NAMES[tool], partial(state.hand.take, tool))
            made.setCheckable(True)
            self.buttons[tool] = made
        hand = state.hand
        self.narrow = icon_button("brush-narrow", "Narrower brush", partial(hand.widen, -1))
        self.wide = icon_button("brush-wide", "Wider brush", partial(hand.widen, 1))
        self.undo = icon_button("undo", "Undo the last change of the target", self._undo)
        groups = (self.narrow, self.wide, 6, self.undo)
        self.setLayout(row(*self.buttons.values(), 6, *groups, gap=2, margins=4))
        self.setAccessibleName("Tools")
        hand.changed.connect(self.refresh)
        state.runs.edited.connect(self.refresh)
        self.refresh()
        self.adjustSize()
        self.hide()

    def refresh(self, _key: str = "") -> None:
        """Show which tool is held, and what can be undone."""
        held = self._state.hand.tool
        for tool, made in self.buttons.items():
            made.setChecked(tool == held)
            restyle(made, held="true" if tool == held else "false")
        drawing = held != "look"
        self.narrow.setEnabled(drawing)
        self.wide.setEnabled(drawing)
        run = self._state.runs.current
        self.undo.setEnabled(run is not None and standing(run.edits) > 0)

    def _undo(self) -> None:
        run = self._state.runs.current
        if run is not None:
            self._actions.edits.undo_points(run.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)
