"""The left column: where to start, the project's data and runs, the queue."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from studio.app import words
from studio.app.actions import Actions
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.widgets.basic import clear, icon_button, row, section
from studio.app.widgets.row_button import RowButton

__all__ = ["STATES", "Sidebar"]

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
RECENT = 6


class _Group(QWidget):
    """A titled list of lines."""

    def __init__(self, title: str, add: QWidget | None = None) -> None:
        super().__init__()
        self.lines = QVBoxLayout()
        self.lines.setSpacing(1)
        self.lines.setContentsMargins(0, 0, 0, 0)
        head: QLabel = section(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        line = row(head, None, *([add] if add is not None else []), gap=4)
        line.setContentsMargins(8, 0, 4, 0)
        layout.addLayout(line)
        layout.addLayout(self.lines)

    def fill(self, rows: list[RowButton]) -> None:
        """Replace the lines."""
        clear(self.lines)
        for each in rows:
            self.lines.addWidget(each)


class Sidebar(QFrame):
    """Reads the state, calls actions; ``ask_import``, ``ask_new``, ``ask_open`` are dialogs."""

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        ask_new: Callable[[], None],
        ask_open: Callable[[], None],
        ask_import: Callable[[], None],
    ) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self._asks = (ask_new, ask_open, ask_import)
        self._runs: dict[str, RowButton] = {}
        self.setProperty("surface", "panel")
        self.setAccessibleName("Sidebar")
        self._start = _Group("Start")
        self._recent = _Group("Recent")
        self._data = _Group("Data", icon_button("plus", "Import data", ask_import))
        self._list = _Group("Runs", icon_button("plus", "Set up a run", actions.new_run))
        self._queue = _Group("Queue")
        page = QWidget()
        body = QVBoxLayout(page)
        body.setContentsMargins(8, 14, 8, 14)
        body.setSpacing(14)
        for group in (self._start, self._data, self._list, self._queue, self._recent):
            body.addWidget(group)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._listen()
        self.refresh()

    def _listen(self) -> None:
        state = self._state
        for signal in (state.place_changed, state.recipes_changed, state.draft_changed):
            signal.connect(self._show_start)
        for signal in (state.datasets_changed, state.place_changed, state.project_changed):
            signal.connect(self._show_data)
        for signal in (state.draft_changed, state.preview_changed):
            signal.connect(self._show_data)
        for signal in (state.recent_changed, state.project_changed):
            signal.connect(self._show_recent)
        state.runs.listed.connect(self._show_runs)
        state.project_changed.connect(self._show_runs)
        state.runs.selected.connect(lambda _: self._mark())
        state.place_changed.connect(self._mark)
        for changed in (state.runs.changed, state.runs.progressed, state.runs.metrics_appended):
            changed.connect(self._show_run)
        state.queue_changed.connect(self._show_queue)

    def refresh(self) -> None:
        """Show everything anew."""
        self._show_start()
        self._show_data()
        self._show_runs()
        self._show_queue()
        self._show_recent()

    def _line(self, text: str, clicked: Callable[[], object], note: str = "") -> RowButton:
        made = RowButton(text)
        made.show_facts(text=text, note=note)
        made.clicked.connect(lambda: clicked())
        return made

    def _show_start(self) -> None:
        state = self._state
        gallery = self._line("Gallery", self._go_gallery, str(len(state.recipes) or ""))
        gallery.setChecked(state.place == "gallery")
        rows = [gallery]
        if state.draft is not None:
            setup = self._line("Setup", partial(state.go, "setup"))
            setup.setChecked(state.place == "setup")
            rows.append(setup)
        if state.project is None:
            ask_new, ask_open, ask_import = self._asks
            rows += [
                self._line("New project", ask_new),
                self._line("Open project", ask_open),
                self._line("Import data", ask_import),
            ]
        self._start.fill(rows)

    def _go_gallery(self) -> None:
        self._state.runs.select("")
        self._state.go("gallery")

    def _show_data(self) -> None:
        state = self._state
        rows = []
        for data in state.datasets:
            line = self._line(data.name, partial(self._actions.select_dataset, data.name))
            line.show_facts(text=data.name, note=f"{data.rows:,}")
            line.setChecked(state.place == "data" and state.dataset == data.name)
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._data_menu, line, data.name))
            rows.append(line)
        procedural = self._procedural()
        if procedural:
            rows.append(self._line(procedural, partial(state.go, "setup"), "procedural"))
        self._data.setVisible(bool(rows) or state.project is not None)
        self._data.fill(rows)

    def _procedural(self) -> str:
        """Return the title of the made-up data that the draft uses, "" if it uses none."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return ""
        entry = catalog.get("dataset", draft.spec.dataset.slug)
        return entry.title if entry is not None else ""

    def _data_menu(self, line: RowButton, name: str, at: QPoint) -> None:
        self._menu(line, at, [("Delete", lambda: self._actions.delete_dataset(name))])

    def _show_runs(self) -> None:
        state = self._state
        self._runs = {}
        for run in sorted(state.runs.by_key.values(), key=lambda r: r.name, reverse=True):
            line = self._line(run.name, partial(self._actions.select_run, run.key))
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._run_menu, line, run.key))
            self._runs[run.key] = line
        self._list.setVisible(state.project is not None)
        self._list.fill(list(self._runs.values()))
        for key in self._runs:
            self._show_run(key)
        self._mark()

    def _show_run(self, key: str) -> None:
        run, line = self._state.runs.by_key.get(key), self._runs.get(key)
        if run is None or line is None:
            return
        dot, word = STATES.get(run.state, ("muted", run.state))
        under_way = run.state in ("running", "paused") and run.total > 0
        line.show_facts(
            text=run.name.replace("-", " ", 1) if run.name[:4].isdigit() else run.name,
            note=f"{100 * run.step // run.total} %" if under_way else quality(run),
            dot=dot,
            spoken=f"{word}, in the background" if run.background else word,
            progress=run.step / run.total if under_way else None,
        )

    def _mark(self) -> None:
        for key, line in self._runs.items():
            line.setChecked(self._state.place == "run" and key == self._state.runs.selection)

    def _run_menu(self, line: RowButton, key: str, at: QPoint) -> None:
        run = self._state.runs.by_key.get(key)
        if run is None:
            return
        entries: list[tuple[str, Callable[[], object]]] = []
        if not run.job and not run.background and run.state != "finished":
            entries.append(("Resume", partial(self._actions.resume, key)))
        if run.spec is not None:
            entries.append(("Set up a run like this", partial(self._actions.set_up, run.spec)))
        entries.append(("Delete", partial(self._actions.delete_run, key)))
        self._menu(line, at, entries)

    def _menu(
        self, line: QWidget, at: QPoint, entries: list[tuple[str, Callable[[], object]]]
    ) -> None:
        menu = QMenu(line)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for title, do in entries:
            action = QAction(title, menu)
            action.triggered.connect(lambda _=False, do=do: do())
            menu.addAction(action)
        menu.popup(line.mapToGlobal(at))

    def _show_queue(self) -> None:
        state = self._state
        rows = []
        for place, job in enumerate(state.queue):
            info = state.jobs.get(job)
            if info is None:
                continue
            line = self._line(info.title, lambda: None)
            line.show_facts(text=info.title, note="next" if place == 0 else str(place + 1))
            line.muted = True
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._job_menu, line, job, place))
            rows.append(line)
        self._queue.setVisible(bool(rows))
        self._queue.fill(rows)

    def _job_menu(self, line: RowButton, job: str, place: int, at: QPoint) -> None:
        move = self._actions.move_job
        entries: list[tuple[str, Callable[[], object]]] = []
        if place > 0:
            entries += [("Run next", partial(move, job, 0)), ("Up", partial(move, job, place - 1))]
        entries += [
            ("Down", partial(move, job, place + 1)),
            ("Remove from the queue", partial(move, job, -1)),
        ]
        self._menu(line, at, entries)

    def _show_recent(self) -> None:
        state = self._state
        others = [recent for recent in state.recent if recent.path != state.project]
        rows = []
        for recent in others[:RECENT]:
            open_it = partial(self._actions.open_project, recent.path)
            line = self._line(recent.name, open_it, words.ago(recent.opened))
            line.setToolTip(str(recent.path))
            rows.append(line)
        self._recent.setVisible(bool(rows))
        self._recent.fill(rows)


def quality(run: RunState) -> str:
    """Return the newest value of a run's first quality figure, "" if it has none."""
    for name, series in run.series.items():
        if name.startswith("quality/") and len(series):
            return words.figure(float(series.values[-1]))
    return ""
