"""In the sidebar: what trains in a project that is not the open one."""

from studio.app.actions import Actions
from studio.app.run_words import STATES
from studio.app.shell.group import Group
from studio.app.state.session import AppState
from studio.app.widgets.row_button import RowButton

__all__ = ["Elsewhere"]


class Elsewhere(Group):
    """One line, which leads to it; hidden where nothing trains elsewhere."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__("In another project")
        self._state, self._actions = state, actions
        self.row = RowButton("")
        self.row.clicked.connect(lambda: self._lead())
        self.lines.addWidget(self.row)
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
        dot, word = STATES[info.state]
        share = info.step / info.total if info.total else 0.0
        trains = info.state == "running" and share > 0
        self.row.show_facts(
            text=f"{info.title} in {self._state.name_of(project)}",
            note=f"{100 * share:.0f} %" if trains else word,
            dot=dot,
            spoken=word,
            progress=share if trains else None,
        )
