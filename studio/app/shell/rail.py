"""The rail at the left edge: the four destinations, one below the other."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.commands.command_registry import Registry
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.destinations import (
    DESTINATIONS,
    TITLES,
    Destination,
    destination_of,
)
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.rail_button import WIDTH, RailButton
from pushforward.studio.app.shell.top_bar import native

__all__ = ["Rail"]


class Rail(QFrame):
    """The destinations, and at the foot the preferences. One of them is a stop of Tab; the arrows
    go on from there.
    """

    def __init__(self, state: AppState, registry: Registry) -> None:
        super().__init__()
        self._state, self._registry = state, registry
        self.setProperty("surface", "panel")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Destinations")
        self.buttons: dict[Destination, RailButton] = {}
        layout = column(parent=self, gap=0, margins=(0, 6, 0, 6))
        for destination in DESTINATIONS:
            made = self._button(destination, TITLES[destination], destination)
            self.buttons[destination] = made
            layout.addWidget(made)
        layout.addStretch(1)
        self.preferences = self._button("settings", "Preferences", "preferences")
        layout.addWidget(self.preferences)
        state.place_changed.connect(self.refresh)
        self.refresh()

    def _button(self, icon: str, title: str, command: str) -> RailButton:
        made = RailButton(icon, title)
        known = self._registry[command]
        set_tip(made, f"{known.title} ({native(known.shortcut)})")
        made.clicked.connect(partial(self._registry.trigger, command))
        return made

    def refresh(self) -> None:
        """Show where one is."""
        here = destination_of(self._state.place)
        for destination, each in self.buttons.items():
            each.setChecked(destination == here)
            stop = Qt.FocusPolicy.StrongFocus if destination == here else Qt.FocusPolicy.ClickFocus
            each.setFocusPolicy(stop)
        self.preferences.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go up and down with the arrows; Return goes there."""
        every = [*self.buttons.values(), self.preferences]
        focused = self.focusWidget()
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if by and isinstance(focused, RailButton):
            every[(every.index(focused) + by) % len(every)].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(
            focused, RailButton
        ):
            focused.click()
        else:
            super().keyPressEvent(event)
