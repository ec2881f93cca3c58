"""The button of a lens that lists what the selected run can do with its model."""

from functools import partial

from PySide6.QtCore import QPoint

from studio.app.actions import Actions
from studio.app.icons import IconWearer
from studio.app.state.operators import offered
from studio.app.state.session import AppState
from studio.app.widgets.literal import PushButton, set_tip
from studio.app.widgets.menu import Entries, open_menu

__all__ = ["OperatorChip"]


class OperatorChip(PushButton):
    """It is seen where a run can do something; each of it opens the sheet that asks how."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__("")
        self._state, self._actions = state, actions
        self.setProperty("kind", "icon")
        self.setAutoDefault(False)
        self.setFixedSize(26, 26)
        self.setAccessibleName("What the model can do")
        IconWearer(self, "more", "muted")
        self.clicked.connect(self._open)
        for signal in (state.runs.selected, state.runs.changed, state.catalog_changed):
            signal.connect(self.tell)
        state.engine_changed.connect(self.tell)
        self.tell()

    def entries(self) -> Entries:
        """Return what the run can do; nothing without one."""
        run = self._state.runs.current
        if run is None:
            return []
        opens = self._actions.operating.open
        return [
            (f"{entry.title}…", partial(opens, run.key, entry.slug))
            for entry in offered(run, self._state.catalog)
        ]

    def tell(self, _: object = None) -> None:
        """Be there where there is something to choose, and say why it cannot be."""
        run, ready = self._state.runs.current, self._state.engine.state in ("ready", "busy")
        why = "" if ready else "The engine is not ready."
        if run is not None and not run.checkpoints and not run.job:
            why = why or "The run has no checkpoint yet."
        self.setVisible(bool(self.entries()))
        self.setEnabled(not why)
        titles = ", ".join(title.removesuffix("…") for title, _ in self.entries())
        set_tip(self, why or f"What the model can do: {titles}")

    def _open(self) -> None:
        open_menu(self, QPoint(0, self.height()), self.entries())
