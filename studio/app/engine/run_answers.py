"""What only the engine knows is asked for once: by each view, of the runs that it shows."""

from PySide6.QtCore import QObject

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState

__all__ = ["AskOnce"]


class AskOnce(QObject):
    """Remembers for a view which of its runs the engine was asked about.

    What a lost engine was asked for never comes, and the intents say nothing of it: when the
    engine is back, all are due again.
    """

    def __init__(self, parent: QObject, state: AppState) -> None:
        super().__init__(parent)
        self._state = state
        self._asked: list[RunState] = []
        state.engine_changed.connect(self._engine_changed)

    @property
    def ready(self) -> bool:
        """Whether the engine answers."""
        return self._state.engine.ready

    def due(self, *runs: RunState) -> list[RunState]:
        """Return which of the runs that a view shows now it is to ask about; it counts as done.

        Runs are told apart as objects: one that was read from disk anew is asked about anew.
        """
        if not self.ready:
            return []
        known = {id(run) for run in self._asked}
        now = [run for run in runs if run.spec is not None]
        self._asked = now
        return [run for run in now if id(run) not in known]

    def forget(self) -> None:
        """Let all be due again."""
        self._asked = []

    def _engine_changed(self) -> None:
        if not self.ready:
            self.forget()
