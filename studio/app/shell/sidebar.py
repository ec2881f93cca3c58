"""The left column: where to start, the project's data and runs, the queue."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio.app import words
from studio.app.actions import Actions
from studio.app.shell.elsewhere import Elsewhere
from studio.app.shell.group import Group
from studio.app.shell.learn import Learn
from studio.app.shell.queue_entries import queue_entries
from studio.app.shell.run_list import RunList
from studio.app.state.naming import imported
from studio.app.state.session import AppState
from studio.app.state.waiting import queue_title
from studio.app.widgets.basic import icon_button
from studio.app.widgets.literal import set_tip
from studio.app.widgets.menu import open_menu
from studio.app.widgets.row_button import RowButton
from studio.protocol.spec import RunSpec

__all__ = ["Sidebar"]

RECENT = 6


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
        self.setProperty("surface", "panel")
        self.setAccessibleName("Sidebar")
        self._start = Group("Start")
        self._recent = Group("Recent")
        self._data = Group("Data", icon_button("plus", "Import data", ask_import))
        self.runs = RunList(state, actions)
        self._queue = Group("Queue")
        self.elsewhere = Elsewhere(state, actions)
        page = QWidget()
        body = QVBoxLayout(page)
        body.setContentsMargins(8, 14, 8, 14)
        body.setSpacing(14)
        for group in (
            self._start,
            self._data,
            self.runs,
            self._queue,
            self.elsewhere,
            Learn(state),
            self._recent,  # last: it comes later than the others, and may push none of them down
        ):
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
        for signal in (state.draft_changed, state.preview_changed, state.runs.listed):
            signal.connect(self._show_data)
        for signal in (state.recent_changed, state.project_changed):
            signal.connect(self._show_recent)
        for signal in (state.queue_changed, state.project_changed):
            signal.connect(self._show_queue)

    def refresh(self) -> None:
        """Show everything anew."""
        self._show_start()
        self._show_data()
        self.runs.refresh()
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
            line = self._line(data.name, partial(self._actions.data.select, imported(data.name)))
            line.show_facts(text=data.name, note=f"{data.rows:,}")
            line.setChecked(state.place == "data" and state.dataset == imported(data.name))
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._data_menu, line, data.name))
            rows.append(line)
        for title, lead in self._procedural().items():
            rows.append(self._line(title, lead, "built in"))
        self._data.setVisible(bool(rows) or state.project is not None)
        self._data.fill(rows)

    def _procedural(self) -> dict[str, Callable[[], object]]:
        """Return the titles of the built-in data that the draft and the runs use, with what leads
        to the setup, or to the newest of these runs.
        """
        state, found = self._state, dict[str, Callable[[], object]]()
        runs = state.runs.by_key.values()
        specs: list[tuple[RunSpec | None, Callable[[], object]]] = [
            (run.spec, partial(self._actions.runs.select, run.key)) for run in runs
        ]
        if state.draft is not None:
            specs.append((state.draft.spec, partial(state.go, "setup")))
        for spec, lead in specs:
            if spec is None or state.catalog is None:
                continue
            entry = state.catalog.get("dataset", spec.dataset.slug)
            if entry is not None:
                found[entry.title] = lead
        return found

    def _data_menu(self, line: RowButton, name: str, at: QPoint) -> None:
        open_menu(line, at, [("Delete", lambda: self._actions.data.delete_dataset(name))])

    def _show_queue(self) -> None:
        state = self._state
        rows = []
        for place, job in enumerate(state.queue):
            info = state.jobs.get(job)
            if info is None:
                continue
            project, title = state.project_of(info), queue_title(info)
            if project not in (None, state.project):
                title = f"{state.name_of(project)}: {title}"
            line = self._line(title, partial(self._show_job, job))
            line.show_facts(text=title, note="next" if place == 0 else str(place + 1))
            line.muted = True
            line.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            line.customContextMenuRequested.connect(partial(self._job_menu, line, job))
            rows.append(line)
        self._queue.setVisible(bool(rows))
        self._queue.fill(rows)

    def _show_job(self, job: str) -> None:
        info = self._state.jobs.get(job)
        run = self._state.run_of(info) if info is not None else ""
        if run:
            self._actions.project.show_run(run)

    def _job_menu(self, line: RowButton, job: str, at: QPoint) -> None:
        open_menu(line, at, queue_entries(self._state, self._actions, job))

    def _show_recent(self) -> None:
        state = self._state
        others = [recent for recent in state.recent if recent.path != state.project]
        rows = []
        for recent in others[:RECENT]:
            open_it = partial(self._actions.project.open, recent.path)
            line = self._line(recent.name, open_it, words.ago(recent.opened))
            set_tip(line, str(recent.path))
            rows.append(line)
        self._recent.setVisible(bool(rows))
        self._recent.fill(rows)
