"""The inspector of a change in the middle of a training: what it was, and what came of it."""

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_in_unit
from pushforward.studio.app.core.latest_metrics import first_metric
from pushforward.studio.app.core.run_edit_text import edit_notes
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["EventPanel"]


class EventPanel(QWidget):
    """One of the edits of the selected run."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.title, self.text = label("", "heading", wrap=True), label("", wrap=True)
        self.facts = Facts()
        self.before = button("Look at before", self._look, tip="The previous snapshot")
        self.branch = button("Branch without it…", self._branch, icon="branch")
        column(
            self.title,
            self.text,
            self.facts,
            row(self.before, self.branch, None),
            None,
            parent=self,
            gap=10,
            margins=(14, 12, 14, 12),
        )
        state.looked.changed.connect(self.refresh)
        state.runs.metrics_appended.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the event that is looked at."""
        run, looked = self._state.runs.current, self._state.looked
        if run is None or looked.thing != "event":
            return
        notes = edit_notes(run, self._state.catalog)
        place = int(looked.name)
        if place >= len(notes):
            return
        note = notes[place]
        self.title.setText(f"Change after step {note.step:,}")
        self.text.setText(note.text)
        self.facts.show_facts(self._metric_change(run, note.step))
        kept = run_comparison.kept_before(run, note.step)
        for each in (self.before, self.branch):
            each.setEnabled(kept is not None)
        if kept is None:
            set_tip(self.branch, "No earlier snapshot")

    def _metric_change(self, run: RunState, step: int) -> list[tuple[str, str]]:
        """Return the first metric of a run before a step, and as it was measured last."""
        slug = first_metric(run)
        series = run.series.get(QUALITY + slug)
        if series is None or not len(series):
            return []
        facts = [("Measured in", metric_in_unit(slug, self._state.catalog))]
        earlier = series.steps <= step
        for name, some in (("Before", earlier), ("Since", ~earlier)):
            if some.any():
                value, at = series.values[some][-1], int(series.steps[some][-1])
                facts.append((name, f"{number_format.figure(float(value))} at step {at:,}"))
            else:
                facts.append((name, "not measured"))
        return facts

    @property
    def _at(self) -> tuple[RunState, int] | None:
        run, looked = self._state.runs.current, self._state.looked
        if run is None or looked.thing != "event" or int(looked.name) >= len(run.edits):
            return None
        kept = run_comparison.kept_before(run, run.edits[int(looked.name)].step)
        return None if kept is None else (run, kept)

    def _look(self) -> None:
        if self._at is not None:
            self._state.playback.set(step=self._at[1])

    def _branch(self) -> None:
        if self._at is not None:
            run, kept = self._at
            self._state.window.open_branch.emit(run.key, kept)
