"""Inspector of compared runs: the verdict of each."""

from functools import partial

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.run_badge import Badge
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import number, numbered
from pushforward.studio.app.core.queue_status import waits_for
from pushforward.studio.app.core.run_verdict import Verdict, verdicts_of
from pushforward.studio.app.design.basic import Link, clear, column, label, row
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import metric_reference

__all__ = ["RacePanel"]


class RacePanel(QWidget):
    """A block a run: its number, its name, its figure, and the verdict on it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._shown: object = None
        self.title, self.about = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self._runs = column(gap=4)
        column(
            self.title, self.about, self._runs, None, parent=self, gap=10, margins=(14, 12, 14, 12)
        )
        runs = state.runs
        for signal in (runs.compared, runs.listed, state.looked.changed, state.queue_changed):
            signal.connect(self.refresh)
        for news in (runs.metrics_appended, runs.changed):
            news.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the runs that are compared now."""
        runs = run_comparison.compared(self._state.runs)
        if self._state.looked.thing != "race" or not runs:
            return
        verdicts = verdicts_of(runs, self._state.catalog)
        waits = waits_for(self._state, runs[0])
        said = [(run.key, run.state, each) for run, each in zip(runs, verdicts, strict=True)]
        shown = (waits, said)
        if shown == self._shown:
            return
        self._shown = shown
        race = all(run.race and run.race == runs[0].race for run in runs)
        self.title.setText(f"Race of {len(runs)}" if race else f"{len(runs)} runs compared")
        budget = runs[0].budget
        equal = f"At an equal budget of {budget}." if race and budget else ""
        self.about.setText(f"{equal} It {waits}.".strip() if race and waits else equal)
        self.about.setVisible(bool(self.about.text()))
        clear(self._runs)
        for place, (run, verdict) in enumerate(zip(runs, verdicts, strict=True)):
            select = partial(self._actions.runs.select, run.key)
            name = row(
                Badge(place, number(run.name)),
                (Link(numbered(run), select, f"{run.name}\nShow this run"), 1),
            )
            self._runs.addLayout(name)
            self._say(verdict)

    def _say(self, found: Verdict | None) -> None:
        if found is None:
            self._runs.addWidget(label("Not measured yet", "muted"))
            return
        catalog = self._state.catalog
        entry = catalog.get("metric", found.slug) if catalog is not None else None
        value = f"{found.title} {metric_reference.measured(entry, found.value)}"
        self._runs.addWidget(label(f"{value}, {found.floor}" if found.floor else value, wrap=True))
        if found.words:
            self._runs.addWidget(label(found.words, found.level or "muted", wrap=True))
        if found.shared:
            self._runs.addWidget(label(found.shared, "small", wrap=True))
        self._runs.addWidget(label(found.when, "small", wrap=True))
        self._runs.addSpacing(8)
