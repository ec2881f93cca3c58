"""The tree of runs in the sidebar, as Qt's views see one."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Qt

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import data_title, name_of
from pushforward.studio.app.core.latest_metrics import first_metric
from pushforward.studio.app.core.run_groups import headline_metrics
from pushforward.studio.app.core.run_summary import RunWords, result_words, say, title_of
from pushforward.studio.app.core.run_tree import FEW, Line, race_line, result_line, tree
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.design.tree_model import Index, LineModel

__all__ = ["RUN", "WORDS", "RunModel", "dragged_run"]

RUN = "application/x-pushforward-run"
"""The format of a run that is dragged."""

WORDS = Qt.ItemDataRole.UserRole
"""The role under which a line gives its `studio.app.core.run_summary.RunWords`."""
# Made once: Qt asks for them a thousand times when the tree is filled.
NOTHING = Qt.ItemFlag.NoItemFlags
READ = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
NAMED = READ | Qt.ItemFlag.ItemIsEditable


def dragged_run(key: str) -> QMimeData:
    """Return what is carried while a run is dragged."""
    data = QMimeData()
    data.setData(RUN, key.encode())
    return data


class RunModel(LineModel):
    """Asks the state whenever a line is drawn."""

    def __init__(self, state: AppState, rename: Callable[[str, str], None]) -> None:
        super().__init__()
        self._state, self._rename = state, rename
        self._races: dict[str, list[RunState]] = {}
        self._metrics: dict[str, str] = {}  # that most runs on some data have as their first
        self._whole: set[str] = set()  # runs of which all results are seen

    def refresh(self) -> bool:
        """Read the current tree; return whether its lines changed."""
        runs = self._state.runs
        lines = tree(runs.by_key.values(), results=True, whole=self._whole, by_data=True)
        self._races = {
            line.key: run_comparison.members(runs, line.race) for line in lines if line.race
        }
        self._metrics = headline_metrics(runs.by_key.values())
        if lines == self.lines:
            self.tell_all()
            return False
        self.fill(lines)
        return True

    def show_all(self, run: str) -> None:
        """Show all results of a run."""
        self._whole.add(run)
        self.refresh()

    def tell_run(self, run: RunState) -> None:
        """Say that a run has changed, with what is called its results, and the race that it took
        part in.
        """
        if run.spec is not None and (first := first_metric(run)):
            self._metrics.setdefault(run.spec.dataset.slug, first)
        self.tell(run.key)
        for name in run.results:
            self.tell(result_line(run.key, name))
        if run.race:
            self.tell(race_line(run.race))

    def words_of(self, line: Line) -> RunWords | None:
        """Return what a line says, None of a run that has just gone."""
        if line.data:
            title = data_title(line.data, self._state.catalog)
            return RunWords(text=title, note="", dot="", progress=None, spoken=f"On {title}")
        if line.race:
            return say(self._state, self._races[line.key], f"Race of {line.branches}")
        if line.earlier:
            run = self._state.runs.by_key.get(line.above)
            text = f"{len(run.results) - FEW if run is not None else 0:,} earlier"
            spoken = f"{text} results: show them"
            return RunWords(text=text, note="", dot="", progress=None, spoken=spoken)
        if line.result:
            run = self._state.runs.by_key.get(line.above)
            return result_words(run, line.result, self._state.catalog)
        run = self._state.runs.by_key.get(line.key)
        if run is None:
            return None
        data = run.spec.dataset.slug if run.spec is not None else ""
        return say(self._state, [run], title_of(run), self._metrics.get(data, ""))

    def flags(self, index: Index) -> Qt.ItemFlag:
        line = self.line_at(index)
        if line is None or line.data:
            return NOTHING
        drag = Qt.ItemFlag.ItemIsDragEnabled if line.run else NOTHING
        return (READ if line.race or line.earlier else NAMED) | drag

    def mimeData(self, indexes: Sequence[Index]) -> QMimeData:
        """Return the first run of some lines, as it is dragged."""
        lines = (self.line_at(index) for index in indexes)
        return dragged_run(next((line.key for line in lines if line is not None and line.run), ""))

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        line = self.line_at(index)
        if line is None or line.race or line.earlier or role != Qt.ItemDataRole.EditRole:
            return False
        self._rename(line.key, str(value))
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.line_at(index)
        words = self.words_of(line) if line is not None and role in ROLES else None
        if words is None or line is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return words.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return words.spoken
            case Qt.ItemDataRole.ToolTipRole:
                return tip_text(words.spoken)
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return f"{line.branches} below" if line.branches else ""
            case Qt.ItemDataRole.EditRole if line.result:
                return words.text.partition(" ")[2]
            case Qt.ItemDataRole.EditRole:
                run = self._state.runs.by_key.get(line.key)
                return name_of(run) if run is not None else ""
            case _:
                return words


ROLES = {
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.EditRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
    Qt.ItemDataRole.ToolTipRole,
    WORDS,
}
