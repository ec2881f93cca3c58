"""In the status bar: what trains in a project that is not the open one."""

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_summary import STATES
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.engine.actions import Actions

__all__ = ["Elsewhere"]


class Elsewhere(PushButton):
    """Leads to it; hidden where nothing trains elsewhere."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.setProperty("kind", "status")
        self.clicked.connect(self._lead)
        for signal in (state.queue_changed, state.project_changed, state.runs.listed):
            signal.connect(self.refresh)
        state.job_progressed.connect(lambda _: self.refresh())
        self.refresh()

    def _lead(self) -> None:
        info = self._state.elsewhere
        if info is not None:
            self._actions.project.show_run(self._state.run_of(info))

    def refresh(self) -> None:
        """Say what trains elsewhere, and how far it is."""
        info = self._state.elsewhere
        project = self._state.project_of(info) if info is not None else None
        self.setVisible(project is not None)
        if info is None or project is None:
            return
        share = info.step / info.total if info.total else 0.0
        note = f"{100 * share:.0f} %" if info.state == "running" else STATES[info.state][1]
        self.setText(f"{info.title} in {self._state.name_of(project)}, {note}")
        set_tip(self, "Show it")
