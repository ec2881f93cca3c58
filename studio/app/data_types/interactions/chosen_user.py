"""The user that a table opens in the preview."""

from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.app_state import AppState

__all__ = ["ChosenUser", "chosen_user"]


class ChosenUser(QObject):
    """A user by number, and how much of the history the models know.

    Signals:
        changed: another user is to be shown.
    """

    changed = Signal()

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self._state = state
        self.number = 0
        self.known = 0

    def open(self, number: int, known: int) -> None:
        """Open a user in the preview, with the history up to the item ``known``."""
        self.number, self.known = number, known
        self._state.window.show_lens.emit("samples/recommend")
        self.changed.emit()


def chosen_user(state: AppState) -> ChosenUser:
    """Return that of a window."""
    return state.findChild(ChosenUser) or ChosenUser(state)
