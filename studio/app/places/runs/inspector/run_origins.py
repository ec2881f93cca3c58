"""Where a run comes from and what was changed in it: parent, teachers, race, edits."""

from functools import partial

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_edit_text import edit_notes
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import copied_runs, describe_input
from pushforward.studio.app.design.basic import Link, button, clear, column, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.spec import RunRef

__all__ = ["RunOrigins"]


class RunOrigins(QWidget):
    """Hidden where there is nothing to say."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._shown: tuple[object, ...] | None = None
        self._lines = column(parent=self, gap=3)
        state.runs.edited.connect(self._edited)
        state.runs.listed.connect(self.refresh)
        self.refresh()

    def _edited(self, key: str) -> None:
        if key == self._state.runs.selection:
            self.refresh()

    def refresh(self) -> None:
        """Show what is known of the selected run."""
        run, catalog = self._state.runs.current, self._state.catalog
        if run is None:
            self.hide()
            return
        others = [
            r.name for r in run_comparison.members(self._state.runs, run.race) if r is not run
        ]
        parent = self._named(run.parent)
        inputs = copied_runs(run)
        known = [self._named(ref.run) for ref in inputs.values()]
        facts = (run.key, run.parent, run.branch_step, parent is None, tuple(others))
        gone = tuple(each is None for each in known)
        shown = (*facts, tuple(run.edits), id(catalog), tuple(inputs.items()), gone)
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._lines)
        if run.parent:
            self._say_parent(run, parent)
        for (name, ref), source in zip(inputs.items(), known, strict=True):
            self._say_input(name, ref, source)
        if others:
            show = partial(self._actions.comparing.show_race, run.race)
            link = button("Compare", show, kind="link", tip="Show the runs of the race together")
            few = others[0] if len(others) == 1 else f"{len(others)} others"
            text = label(f"In a race with {few}", "muted", wrap=True)
            set_tip(text, "\n".join(others))
            line = row((text, 1), link, gap=6)
            self._lines.addLayout(line)
        for place, note in enumerate(edit_notes(run, catalog)):
            words = f"Step {note.step:,}: {note.text}"
            look = partial(self._state.looked.look, "event", str(place))
            self._lines.addWidget(Link(words, look, f"{words}\nShow the result", wrap=True))
        self.setVisible(self._lines.count() > 0)

    def _named(self, name: str) -> RunState | None:
        runs = self._state.runs.by_key.values()
        return next((run for run in runs if name and run.name == name), None)

    def _say_input(self, name: str, ref: RunRef, source: RunState | None) -> None:
        text = describe_input(name, ref).capitalize()
        if source is None:
            words = f"{text}; that run was deleted, its copy is used."
            self._lines.addWidget(label(words, "muted", wrap=True))
            return
        select = partial(self._actions.runs.select, source.key)
        self._lines.addWidget(Link(text, select, f"{ref.run}\nShow the original run"))

    def _say_parent(self, run: RunState, parent: RunState | None) -> None:
        at = f" at step {run.branch_step:,}" if run.branch_step is not None else ""
        if parent is None:
            text = f"Branch of {run.parent}{at}; that run was deleted."
            self._lines.addWidget(label(text, "muted", wrap=True))
            return
        select = partial(self._actions.runs.select, parent.key)
        link = Link(run.parent, select, f"{run.parent}\nShow the parent run")
        line = row(label("Branch of", "muted"), (link, 1), label(at, "muted"), gap=4)
        self._lines.addLayout(line)
