"""The runs of the project in the sidebar: a tree of what came of what, walked by keyboard."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app import held, words
from studio.app.actions import Actions
from studio.app.shell.group import Group
from studio.app.shell.queue_entries import queue_entries
from studio.app.state import comparison
from studio.app.state.learning import origin, taken
from studio.app.state.naming import numbered
from studio.app.state.operators import offered
from studio.app.state.replay import replay_of
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.state.tree import Line, tree
from studio.app.state.waiting import queued_job, waits_for
from studio.app.widgets.basic import icon_button
from studio.app.widgets.menu import Entries, open_menu
from studio.app.widgets.qualities import samples_at
from studio.app.widgets.run_row import RunRow

__all__ = ["STATES", "RunList", "quality", "title_of"]

# The colour of a run's dot, and the word that says the same.
STATES = {
    "queued": ("muted", "waiting"),
    "running": ("accent", "training"),
    "paused": ("warm", "paused"),
    "finished": ("good", "trained"),
    "cancelled": ("muted", "stopped"),
    "interrupted": ("warm", "interrupted"),
    "failed": ("danger", "failed"),
}


class RunList(QWidget):
    """A click selects, Ctrl and a click chooses several to be compared; Left and Right close and
    open a branch, Up and Down walk.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._rows: dict[str, RunRow] = {}
        self._lines: dict[str, Line] = {}
        self._closed: set[str] = set()
        self._shape: list[tuple[Line, str]] = []
        self._group = Group("Runs", icon_button("plus", "Set up a run", actions.setup.new))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._group)
        runs = state.runs
        runs.listed.connect(self.refresh)
        state.project_changed.connect(self.refresh)
        runs.selected.connect(self._selected)
        runs.compared.connect(self._mark)
        state.place_changed.connect(self._mark)
        runs.changed.connect(self._changed)
        state.queue_changed.connect(self._show_waiting)
        for signal in (runs.progressed, runs.metrics_appended):
            signal.connect(self._show)

    @property
    def rows(self) -> dict[str, RunRow]:
        """The lines by key, from top to bottom."""
        return self._rows

    def refresh(self) -> None:
        """Show the tree, built anew only if its lines are others."""
        state = self._state
        self.setVisible(state.project is not None)
        lines = tree(state.runs.by_key.values(), self._closed)
        shape = [(line, self._name(line)) for line in lines]
        if shape != self._shape:
            self._shape = shape
            self._build(lines)
        for key in self._rows:
            self._show(key)
        self._mark()

    def _build(self, lines: list[Line]) -> None:
        focused = next((key for key, row in self._rows.items() if row.hasFocus()), "")
        self._lines = {line.key: line for line in lines}
        self._rows = {}
        for line in lines:
            row = RunRow(self._name(line), line.depth)
            row.show_branches(line.branches, line.closed)
            row.clicked.connect(partial(self._choose, line))
            row.extended.connect(partial(self._extend, line))
            row.folded.connect(partial(self._fold, line.key))
            row.walked.connect(partial(self._walk, line.key))
            row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            row.customContextMenuRequested.connect(partial(self._menu, row, line))
            self._rows[line.key] = row
        self._group.fill(list(self._rows.values()))
        if focused in self._rows:
            self._rows[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def _name(self, line: Line) -> str:
        if line.race:
            return f"Race of {line.branches}"
        return title_of(self._state.runs.by_key[line.key])

    # What the lines say

    def _changed(self, key: str) -> None:
        run, line = self._state.runs.by_key.get(key), self._lines.get(key)
        if run is not None and line is not None and (origin(run) or run.race):
            self.refresh()  # it may belong elsewhere now
        else:
            self._show(key)

    def _show_waiting(self) -> None:
        """What a run waits for may have changed without it."""
        for key, run in self._state.runs.by_key.items():
            if run.state == "queued":
                self._show(key)

    def _show(self, key: str) -> None:
        row, line = self._rows.get(key), self._lines.get(key)
        run = self._state.runs.by_key.get(key)
        if run is not None and row is not None:
            self._say(row, [run], title_of(run))
        if line is not None and line.race and row is not None:
            self._say(row, comparison.members(self._state.runs, line.race), self._name(line))
        elif line is not None and line.above in self._rows and not line.race:
            above = self._lines[line.above]
            if above.race:
                self._show(above.key)

    def _say(self, row: RunRow, runs: list[RunState], text: str) -> None:
        """Say how a run, or all of a race, is doing."""
        state = _common([run.state for run in runs])
        dot, word = STATES.get(state, ("muted", state))
        total = sum(run.total for run in runs)
        done = sum(run.step for run in runs)
        under_way = state in ("running", "paused") and total > 0
        slug, figure = quality(runs[0]) if len(runs) == 1 else ("", "")
        replay = replay_of(runs[0]) if len(runs) == 1 else None
        if replay is not None:
            row.show_facts(
                text=text,
                note=f"replay {100 * replay.share:.0f} %",
                dot=dot,
                spoken=", ".join(filter(None, [word, replay.text, replay.left])),
                progress=replay.share,
            )
            return
        waits = waits_for(self._state, runs[0]) if runs else ""
        row.show_facts(
            text=text,
            note=f"{100 * done // total} %" if under_way else "waits" if waits else figure,
            dot=dot,
            spoken=waits or word + (words.elsewhere(runs[0]) if runs else ""),
            progress=done / total if under_way else None,
            note_of="" if under_way else self._metric(slug),
        )

    def _metric(self, slug: str) -> str:
        catalog = self._state.catalog
        entry = catalog.get("metric", slug) if catalog is not None and slug else None
        return entry.title if entry is not None else words.plain(slug)

    def _mark(self) -> None:
        """Mark what is selected, and what is chosen to be compared with it."""
        runs, shown = self._state.runs, self._state.place == "run"
        chosen = set(runs.chosen)
        for key, row in self._rows.items():
            race = self._lines[key].race
            marked = shown and key == runs.selection
            if race and shown:
                marked = {run.key for run in comparison.members(runs, race)} == chosen
            row.setChecked(marked or key in chosen)

    def _selected(self, key: str) -> None:
        """Open what hides the selected run, so that it is seen."""
        run = self._state.runs.by_key.get(key)
        if run is not None and key not in self._rows:
            self._closed.clear()
            self.refresh()
        self._mark()

    # What is done with them

    def _choose(self, line: Line) -> None:
        if line.race:
            self._actions.comparing.show_race(line.race)
            return
        self._actions.runs.select(line.key)

    def _extend(self, line: Line) -> None:
        if line.race:
            self._actions.comparing.show_race(line.race)
        else:
            self._actions.comparing.toggle(line.key)

    def _fold(self, key: str) -> None:
        self._closed ^= {key}
        self.refresh()

    def _walk(self, key: str, way: str) -> None:
        """Go where an arrow leads: Right opens, then goes in; Left closes, then goes out."""
        keys, line = list(self._rows), self._lines[key]
        place = keys.index(key)
        if way in ("left", "right") and line.branches and line.closed == (way == "right"):
            self._fold(key)
            return
        target = {
            "up": max(0, place - 1),
            "down": min(len(keys) - 1, place + 1),
            "first": 0,
            "last": len(keys) - 1,
            "right": place + 1 if line.branches else place,
            "left": keys.index(line.above) if line.above in self._rows else place,
        }[way]
        self._rows[keys[target]].setFocus(Qt.FocusReason.TabFocusReason)

    def _menu(self, row: RunRow, line: Line, at: QPoint) -> None:
        entries = self._race_entries(line.race) if line.race else self._run_entries(line.key)
        open_menu(row, at, entries)

    def _race_entries(self, race: str) -> Entries:
        actions, runs = self._actions, comparison.members(self._state.runs, race)
        entries: Entries = [("Compare", partial(actions.comparing.show_race, race))]
        if not any(run.job for run in runs) and any(run.state != "finished" for run in runs):
            entries.append(("Resume the race", partial(actions.training.resume_race, race)))
        running = self._state.running
        if running is not None and running.job == race:
            entries.append(("Stop the race and keep it", actions.training.stop))
        entries.append(("Race again", partial(actions.race.again, race)))
        if runs and not any(run.job or run.background for run in runs):
            entries.append(("Delete the race", partial(self._delete, [run.key for run in runs])))
        return entries

    def _delete(self, keys: list[str]) -> None:
        for key in keys:
            self._actions.project.delete_run(key)

    def _run_entries(self, key: str) -> Entries:
        run, actions = self._state.runs.by_key.get(key), self._actions
        entries: Entries = []
        if run is None:
            return entries
        if not run.job and not run.background and run.state != "finished":
            entries.append(("Resume", partial(actions.training.resume, key)))
        waits = queued_job(self._state, run)
        if waits:
            entries += queue_entries(self._state, actions, waits)
        running = self._state.running
        if run.background:
            entries.append(("Stop and keep", partial(actions.training.stop_background, key)))
        elif running is not None and running.job == run.job:
            entries.append(("Stop and keep", actions.training.stop))
        chosen = self._state.runs.chosen
        if len(chosen) > 1 and key in chosen:
            entries.append((f"Compare {len(chosen)} runs", actions.comparing.show_chosen))
        if run.spec is not None:
            entries.append(("Set up a run like this", partial(actions.setup.open, run.spec)))
            entries.append(("Add to the race", partial(actions.race.add_run, key)))
        if run.stops:
            step = self._state.playback.step if key == self._state.runs.selection else None
            at = run.stops[-1] if step is None else step
            entries.append((f"Branch from step {at:,}…", partial(actions.branching.ask, key, at)))
        if run.checkpoints or run.job:
            entries += [
                (f"{entry.title}…", partial(actions.operating.open, key, entry.slug))
                for entry in offered(run, self._state.catalog)
            ]
        entries.append(("Delete", partial(actions.project.delete_run, key)))
        return entries


def title_of(run: RunState) -> str:
    """Return a run as people read it, with the step at which a branch left its parent, or what it
    learned from.
    """
    name = numbered(run.name)
    if run.branch_step is not None:
        return f"{name} from {run.branch_step:,}"
    inputs = run.spec.inputs if run.spec is not None else {}
    return " · ".join([name, *(taken(each, ref) for each, ref in inputs.items())])


def quality(run: RunState) -> tuple[str, str]:
    """Return the metric and the newest value of a run's first quality figure, "" if it has none;
    of few samples, with how many.
    """
    for name, series in run.series.items():
        if name.startswith(comparison.QUALITY) and len(series):
            n = samples_at(run, int(series.steps[-1]))
            of = f" (n = {n:,})" if held.few(n) else ""
            figure = words.figure(float(series.values[-1]))
            return name.removeprefix(comparison.QUALITY), f"{figure}{of}"
    return "", ""


def _common(states: list[str]) -> str:
    """Return the state of several runs together: that of those still under way, or the worst."""
    order = ("running", "paused", "queued", "failed", "interrupted", "cancelled")
    return next((state for state in order if state in states), "finished")
