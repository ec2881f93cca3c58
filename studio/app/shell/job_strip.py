"""Over the page while something short is done: what, how far it is, and a way to end it.

It lies over what is there, as toasts do, whose place it shares: a page that made room for it would
move under the mouse.
"""

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.queue_status import describe_queue, how_far
from pushforward.studio.app.design.basic import Elided, button, clear, column, row
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["JobStrip"]

PATIENCE = 300  # milliseconds: what is done by then is not worth a line
THICK = 3  # pixels


class JobStrip(QFrame):
    """A line a job; hidden where there is none.

    Signals:
        changed: it needs another place, or none.
    """

    changed = Signal()

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.lines: dict[str, JobLine] = {}
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._body = column(parent=self, gap=0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE)
        self._timer.timeout.connect(self.refresh)
        state.queue_changed.connect(self._changed)
        state.looks_changed.connect(self._changed)
        state.job_progressed.connect(self._further)
        self.hide()
        self.refresh()

    def _changed(self) -> None:
        """Show soon what has come, and at once that something has gone."""
        jobs = {info.job for info in self._jobs()}
        if jobs - self.lines.keys() and not self._timer.isActive():
            self._timer.start()
        if self.lines.keys() - jobs:
            self._build([info for info in self._jobs() if info.job in self.lines])
        for job in self.lines:
            self._progressed(job)

    def _jobs(self) -> list[JobInfo]:
        looks = [
            JobInfo(job=look, kind="look", state="running", title=title)
            for look, title in self._state.looks.items()
        ]
        # Trainings and races have bars of their own.
        return [*looks, *self._state.transfers.values(), *self._state.short]

    def refresh(self) -> None:
        """Show the jobs there are."""
        jobs = self._jobs()
        if [info.job for info in jobs] != list(self.lines):
            self._build(jobs)
        for job in self.lines:
            self._progressed(job)

    def _build(self, jobs: list[JobInfo]) -> None:
        clear(self._body)
        self.lines = {}
        for info in jobs:
            line = JobLine(info.title)
            line.stop.clicked.connect(partial(self._stop, info.job))
            self.lines[info.job] = line
            self._body.addWidget(line)
            line.show()  # now, and not when Qt comes to it: whoever places the strip measures it
        self.setVisible(bool(jobs))
        self.changed.emit()

    def _stop(self, job: str) -> None:
        info = self._state.jobs.get(job)
        if job in self._state.looks:
            self._actions.data.stop_looking(job)
        elif job in self._state.transfers:
            self._actions.computers.cancel(job)
        elif info is not None:
            self._actions.operating.cancel(job)

    def _further(self, job: str) -> None:
        """One is further: so is what waits for it."""
        jobs = self._state.jobs
        waits = [each for each in self.lines if each in jobs and jobs[each].state == "queued"]
        for each in {job, *waits}:
            self._progressed(each)

    def _progressed(self, job: str) -> None:
        info = self._state.jobs.get(job) or self._state.transfers.get(job)
        line = self.lines.get(job)
        if info is not None and line is not None:
            state = self._state
            doing = (
                describe_queue(state, job) if info.state == "queued" else state.doing.get(job, "")
            )
            line.show_job(info, doing, state.left.get(job), job in state.ending)
        elif line is not None:
            line.bar.setRange(0, 0)


class JobLine(QWidget):
    """One job."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.text = Elided(title, "strong")
        self.facts = Elided("", "muted")
        self.stop = button("Cancel", None, kind="chip", tip=f"End: {title}")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(THICK)
        self.bar.setAccessibleName(title)
        line = row((self.text, 1), self.stop, gap=10)
        column(line, self.facts, 4, self.bar, parent=self, gap=2, margins=(12, 8, 8, 10))

    def show_job(self, info: JobInfo, doing: str, left: float | None, ending: bool = False) -> None:
        """Show the progress and the remaining time. ``doing`` is the activity or what it waits for.
        ``ending`` jobs report nothing more.
        """
        self.stop.setEnabled(not ending)
        if ending:
            self.bar.setRange(0, 0)
            self.facts.set_text("Cancelling…")
            return
        known = info.total > 0 and info.state == "running"
        self.bar.setRange(0, info.total if known else 0)
        if known:
            self.bar.setValue(min(info.step, info.total))
        far = "" if info.kind == "transfer" else how_far(info, doing, left)
        if info.state == "queued":
            self.facts.set_text(doing or far)
            return
        at = "" if self._title.startswith(doing) else doing
        # How far it is stands first: what it is at may be long, and the tip has it all.
        self.facts.set_text(", ".join(filter(None, [far, at])))
