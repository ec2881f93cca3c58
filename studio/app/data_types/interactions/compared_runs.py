"""Other runs whose lists stand next to those of the selected run."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button
from pushforward.studio.app.design.menu import Entries, open_menu

__all__ = ["ComparedRuns"]

OTHERS = 2


class ComparedRuns(QObject):
    """A button with a menu of trained runs on the same data; two can be chosen.

    Signals:
        changed: other runs are chosen.
    """

    changed = Signal()

    def __init__(self, state: AppState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._chosen: list[str] = []
        self.button = button(
            "Compare with…", self._open, tip="Lists of up to two other models, side by side"
        )

    @property
    def keys(self) -> list[str]:
        """The chosen runs that still exist."""
        return [key for key in self._chosen if key in self._state.runs.by_key]

    def clear(self) -> None:
        """Choose none, without a signal."""
        self._chosen = []

    def toggle(self, key: str) -> None:
        """Compare with a run, or no longer; a third one replaces the first."""
        if key in self._chosen:
            self._chosen.remove(key)
        else:
            self._chosen = [*self._chosen, key][-OTHERS:]
        self.changed.emit()

    def candidates(self) -> list[RunState]:
        """Return the other trained runs of the data of the selected run."""
        run = self._state.runs.current
        if run is None or run.spec is None:
            return []
        return [
            other
            for other in self._state.runs.by_key.values()
            if other.key != run.key
            and other.spec is not None
            and other.spec.dataset == run.spec.dataset
            and other.checkpoints
        ]

    def _open(self) -> None:
        entries: Entries = [
            (f"{'✓ ' if run.key in self._chosen else ''}{numbered(run)}", self._toggler(run.key))
            for run in self.candidates()
        ]
        if not entries:
            entries = [("No other trained model of this data set", None)]
        open_menu(self.button, self.button.rect().bottomLeft(), entries)

    def _toggler(self, key: str) -> Callable[[], None]:
        return lambda: self.toggle(key)
