"""Says that the form edits one of a race, and how to finish with it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import Elided, button, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions

__all__ = ["RacerBar"]


class RacerBar(QFrame):
    """Shown while the form edits a race participant."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.who = Elided("", "strong")
        self.undo = button("Undo", actions.race.undo)
        set_tip(self.undo, "Undo the changes since its settings were opened")
        self.done = button("Done", actions.race.finish, kind="primary")
        set_tip(self.done, "Save it and return to the setup (Esc)")
        line = row(self.who, self.undo, self.done, gap=8)
        line.setStretch(0, 1)
        line.setContentsMargins(14, 8, 14, 8)
        self.setLayout(line)
        state.race_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show who is edited."""
        race = self._state.race
        self.setVisible(race.bound is not None)
        if race.bound is None:
            return
        name = race.entries[race.chosen].spec.name
        self.who.set_text(f"Editing racer {race.chosen + 1}")
        self.who.setAccessibleName(f"Editing racer {race.chosen + 1}: {name}")
        self.undo.setEnabled(race.edited)
