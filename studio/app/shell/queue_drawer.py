"""The queue: what trains, of whichever project, and what waits for it to end."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.queue_status import queue_title
from pushforward.studio.app.core.run_summary import STATES
from pushforward.studio.app.design.basic import clear, column, icon_button, label, row, scrolled
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.queue_menu import queue_entries
from pushforward.studio.app.shell.drawer import Drawer, Opener
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["QueueLine", "QueueList", "QueueOpener"]

NOTHING = "The queue is empty."


class QueueList(QWidget):
    """A line a job. A click leads to its run, whichever project that is in."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.running = RowButton("")
        self.running.clicked.connect(self._show_running)
        self.lines: dict[str, QueueLine] = {}
        self.nothing = label(NOTHING, "muted", wrap=True)
        page = QWidget()
        body = column(parent=page, gap=1)
        self._waiting = column(gap=1)
        body.addWidget(self.nothing)
        body.addWidget(self.running)
        body.addLayout(self._waiting)
        body.addStretch(1)
        self.nothing.setContentsMargins(8, 4, 8, 4)
        column(scrolled(page), parent=self, margins=(8, 0, 8, 8))
        for signal in (state.queue_changed, state.project_changed):
            signal.connect(self.refresh)
        state.job_progressed.connect(lambda _: self._show_under_way())
        self.refresh()

    def refresh(self) -> None:
        """Show the jobs in the order in which they are done."""
        state = self._state
        jobs = [state.jobs[job] for job in state.queue if job in state.jobs]
        clear(self._waiting)
        self.lines = {}
        for place, info in enumerate(jobs):
            line = QueueLine(self._named(info), place)
            line.row.clicked.connect(partial(self._show, info))
            line.first.clicked.connect(partial(self._move, info.job, 0))
            line.remove.clicked.connect(partial(self._move, info.job, -1))
            line.row.customContextMenuRequested.connect(partial(self._menu, line.row, info.job))
            self._waiting.addWidget(line)
            self.lines[info.job] = line
        self._show_under_way()

    def _named(self, info: JobInfo) -> str:
        """Return what a job is called, with its project where that is not the open one."""
        state = self._state
        project, title = state.project_of(info), queue_title(info)
        return title if project in (None, state.project) else f"{state.name_of(project)}: {title}"

    def _show_under_way(self) -> None:
        info = self._state.under_way
        self.nothing.setVisible(info is None and not self.lines)
        beside = ", ".join(map(queue_title, self._state.short))
        self.nothing.setText(f"{NOTHING} Background jobs: {beside}." if beside else NOTHING)
        self.running.setVisible(info is not None)
        if info is None:
            return
        dot, word = STATES[info.state]
        share = info.step / info.total if info.total else 0.0
        trains = info.state == "running" and share > 0
        left = number_format.left(self._state.left.get(info.job)) if trains else ""
        if info.state == "paused" and self.lines:
            word = f"{word}: waiting jobs start when it is resumed or stopped"
        self.running.show_facts(
            text=self._named(info),
            note=", ".join(filter(None, [f"{100 * share:.0f} %", left])) if trains else word,
            dot=dot,
            spoken=word,
            progress=share if trains else None,
        )

    def _show_running(self) -> None:
        info = self._state.under_way
        if info is not None:
            self._show(info)

    def _show(self, info: JobInfo) -> None:
        run = self._state.run_of(info)
        if run:
            self._actions.project.show_run(run)

    def _move(self, job: str, place: int) -> None:
        self._actions.training.move_job(job, place)

    def _menu(self, row: RowButton, job: str, at: QPoint) -> None:
        open_menu(row, at, queue_entries(self._state, self._actions, job))


class QueueLine(QWidget):
    """One that waits: its name, its place, and what can be done with it."""

    def __init__(self, title: str, place: int) -> None:
        super().__init__()
        self.row = RowButton(title)
        self.row.show_facts(text=title, note="next" if place == 0 else str(place + 1))
        self.row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.first = icon_button("chevron-up", f"Run {title} next")
        self.first.setVisible(place > 0)
        self.remove = icon_button("close", f"Remove {title} from the queue")
        row((self.row, 1), self.first, self.remove, parent=self, gap=4)


class QueueOpener(Opener):
    """Says how many wait."""

    def __init__(self, state: AppState, drawer: Drawer) -> None:
        super().__init__(drawer, "queue", "Queue")
        self._state = state
        state.queue_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Count them."""
        waiting = len(self._state.queue)
        self.setText(f"Queue {waiting}" if waiting else "Queue")
