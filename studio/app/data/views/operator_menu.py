"""The button of a lens that lists what the selected run can do with its model."""

from functools import partial

from PySide6.QtCore import QPoint
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.operator_groups import grouped
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.design.menu import Entries, Greyed, Submenu, open_menu
from pushforward.studio.app.engine.actions import Actions

__all__ = ["OperatorChip", "operator_entries"]

NAMED = 6  # in the tip


def operator_entries(state: AppState, actions: Actions, run: RunState) -> Entries:
    """Return what a run can do, in groups; each of it opens the sheet that asks how. What it cannot
    do stands there greyed, with why, once that is known.
    """
    entries: Entries = []
    unable = state.unable.get(run.key, {})
    many = kind_of_run(run, state.catalog).many
    for title, group in grouped(offered(run, state.catalog), many):
        doing: Entries = [
            (entry.title, Greyed(why))
            if (why := unable.get(entry.slug))
            else (f"{entry.title}…", partial(actions.operating.open, run.key, entry.slug))
            for entry in group
        ]
        entries += [(title, Submenu(doing))] if title else doing
    return entries


class OperatorChip(PushButton):
    """It is seen where a run can do something; each of it opens the sheet that asks how."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__("")
        self._state, self._actions = state, actions
        self.setProperty("kind", "icon")
        self.setAutoDefault(False)
        self.setFixedSize(26, 26)
        self.setAccessibleName("Model operations")
        IconWearer(self, "more", "muted")
        self.clicked.connect(self._open)
        for signal in (state.runs.selected, state.runs.changed, state.catalog_changed):
            signal.connect(self.tell)
        state.engine_changed.connect(self.tell)
        self.tell()

    def entries(self) -> Entries:
        """Return what the run can do, by what that is for; nothing without one."""
        run = self._state.runs.current
        return [] if run is None else operator_entries(self._state, self._actions, run)

    def tell(self, _: object = None) -> None:
        """Be there where there is something to choose, and say why it cannot be."""
        run, ready = self._state.runs.current, self._state.engine.ready
        why = "" if ready else "The engine is not ready."
        if run is not None and not run.checkpoints and not run.job:
            why = why or "The run has no checkpoint yet."
        self.setVisible(bool(self.entries()))
        self.setEnabled(not why)
        titles = [entry.title for entry in offered(run, self._state.catalog)]
        more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
        set_tip(self, why or f"Model operations: {', '.join(titles[:NAMED])}{more}")

    def _open(self) -> None:
        if (run := self._state.runs.current) is not None:
            async_tasks.spawn(self._open_knowing(run.key))

    async def _open_knowing(self, key: str) -> None:
        await self._actions.operating.learn(key)
        run = self._state.runs.current
        if isValid(self) and run is not None and run.key == key:
            self._open_menu()

    def _open_menu(self) -> None:
        open_menu(self, QPoint(0, self.height()), self.entries())
