"""The runs of the project in the sidebar: a tree of what came of what."""

from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.commands.label_commands import Said
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_summary import RunWords
from pushforward.studio.app.core.run_tree import race_line, result_line
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import origin
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.run_menu import race_entries, result_entries, run_entries
from pushforward.studio.app.places.runs.sidebar.run_list_model import RunModel
from pushforward.studio.app.places.runs.sidebar.run_tree_view import RunTree

__all__ = ["RunList"]

Where = tuple[str, str, int]


DELETES = ("Delete", "Delete the race")  # as menus call it


class RunList(QWidget):
    """A click selects, Ctrl and a click chooses several to be compared."""

    label_wanted = Signal(str, str)  # a run, and what is to be said of it

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._origins: dict[str, Where] = {}
        self.model = RunModel(state, self._rename)
        self.tree = RunTree(self.model)
        self._empty = label("Each training run is a line here.", "small", wrap=True)
        self._empty.setContentsMargins(8, 0, 8, 0)
        column(self._empty, self.tree, parent=self, gap=None)
        self.tree.chosen.connect(self._choose)
        self.tree.extended.connect(self._extend)
        self.tree.dropped.connect(actions.comparing.join)
        self.tree.menu_wanted.connect(self._menu)
        self.tree.label_wanted.connect(self.label_wanted)
        self.tree.pinned.connect(actions.labels.pin)
        self.tree.delete_wanted.connect(self._delete)
        runs = state.runs
        runs.listed.connect(self.refresh)
        state.project_changed.connect(self.refresh)
        runs.selected.connect(self._selected)
        runs.compared.connect(self._mark)
        state.place_changed.connect(self._mark)
        state.result_opened.connect(self._mark)
        runs.changed.connect(self._changed)
        state.queue_changed.connect(self._tell_waiting)
        state.catalog_changed.connect(self._tell_titles)
        for signal in (runs.progressed, runs.metrics_appended):
            signal.connect(self._tell)

    def refresh(self) -> None:
        """Show the current tree."""
        runs = self._state.runs.by_key
        self._origins = {key: _where(run) for key, run in runs.items()}
        self._empty.setVisible(not runs)
        self.tree.setVisible(bool(runs))
        if self.model.refresh():
            self._mark()

    def _changed(self, key: str) -> None:
        run = self._state.runs.by_key.get(key)
        if run is not None and self._origins.get(key) != _where(run):
            self.refresh()  # it belongs elsewhere now
        else:
            self._tell(key)

    def _tell(self, key: str) -> None:
        run = self._state.runs.by_key.get(key)
        if run is not None:
            self.model.tell_run(run)

    def _tell_waiting(self) -> None:
        """What a run waits for may have changed without it."""
        for run in self._state.runs.by_key.values():
            if run.state == "queued":
                self.model.tell_run(run)

    def _tell_titles(self) -> None:
        """Runs and results have titles once the engine has said what there is."""
        for run in self._state.runs.by_key.values():
            self.model.tell_run(run)

    def _mark(self) -> None:
        """Mark what is selected, and what is chosen to be compared with it."""
        runs = self._state.runs
        marked = set(runs.chosen)
        if self._state.place == "run" and runs.selection:
            marked.add(runs.selection)
            races = {runs.by_key[key].race for key in marked if key in runs.by_key}
            race = races.pop() if len(races) == 1 else ""
            members = {run.key for run in run_comparison.members(runs, race)}
            if race and members == set(runs.chosen):
                marked.add(race_line(race))
            if opened := self._state.opened.get(runs.selection):
                line = result_line(runs.selection, opened)
                if not self.model.index_of(line).isValid():  # it is among the earlier ones
                    self.model.show_all(runs.selection)
                marked.add(line)
        self.tree.select(marked)

    def _selected(self, key: str) -> None:
        """Open what hides the selected run, so that it is seen."""
        self.tree.reveal(key)
        self._mark()

    def _choose(self, key: str) -> None:
        line = self.model.line_at(self.model.index_of(key))
        if line is not None and line.race:
            self._actions.comparing.show_race(line.race)
        elif line is not None and line.earlier:
            self._show_all(line.above)
        elif line is not None and line.result:
            self._actions.operating.show(line.above, line.result)
        else:
            self._actions.operating.leave(key)
            self._actions.runs.select(key)

    def _show_all(self, run: str) -> None:
        """Show all results of a run; the keyboard goes to the first of them."""
        self.model.show_all(run)
        made = self._state.runs.by_key[run].results
        self.tree.reveal(result_line(run, made[0]))
        self._mark()

    def _extend(self, key: str) -> None:
        line = self.model.line_at(self.model.index_of(key))
        if line is not None and line.race:
            self._actions.comparing.show_race(line.race)
        elif line is not None and line.run:
            self._actions.comparing.toggle(key)

    def words(self, key: str) -> RunWords | None:
        """Return what a line says, None if it is not there."""
        line = self.model.line_at(self.model.index_of(key))
        return self.model.words_of(line) if line is not None else None

    def entries(self, key: str) -> Entries:
        """Return what can be done with a line."""
        line = self.model.line_at(self.model.index_of(key))
        if line is not None and line.race:
            return race_entries(self._state, self._actions, line.race)
        if line is not None and line.earlier:
            return [("Show all results", partial(self._show_all, line.above))]
        if line is not None and line.result:
            rename = partial(self._say, key, "name")
            return result_entries(self._actions, line.above, line.result, rename)
        return run_entries(self._state, self._actions, key, partial(self._say, key))

    def _rename(self, key: str, name: str) -> None:
        """Call a line otherwise, as was typed into it."""
        line = self.model.line_at(self.model.index_of(key))
        if line is not None and line.result:
            self._actions.operating.rename(line.above, line.result, name)
        else:
            self._actions.labels.rename(key, name)

    def _say(self, key: str, what: Said) -> None:
        if what == "name":
            self.tree.rename(key)
        else:
            self.label_wanted.emit(key, what)

    def _delete(self, key: str) -> None:
        """Delete a line as its menu does, where that can be done now; Undo brings it back."""
        doing = (do for title, do in self.entries(key) if title in DELETES and callable(do))
        next(doing, lambda: None)()

    def _menu(self, key: str, at: QPoint) -> None:
        open_menu(self.tree.viewport(), at, self.entries(key))


def _where(run: RunState) -> Where:
    """Return what decides where a run is in the tree, and what is below it."""
    return origin(run), run.race, len(run.results)
