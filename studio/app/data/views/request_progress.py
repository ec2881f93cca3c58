"""What asks a run for an operator just now: how far it is, and an end to it; also as a line."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.queue_status import describe_queue, how_far
from pushforward.studio.app.design.basic import button, label, row
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["BUSY", "UnderWay", "UnderWayLine"]

BUSY = "A measurement is running. Wait for it, or cancel it."
"""Why a request cannot be repeated now."""
KEPT = "The result is shown here and saved with the run."


class UnderWay(QObject):
    """Follows the job that asks a run for an operator.

    Signals:
        changed: one began or ended.
        progressed: it is further, or is being ended.

    Attributes:
        key: of the run.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, view: QObject, state: AppState, actions: Actions, operator: str) -> None:
        super().__init__(view)
        self.key = ""
        self._state, self._actions, self._operator = state, actions, operator
        self._was = ""
        state.queue_changed.connect(self._queued)
        state.job_progressed.connect(self._progressed)

    @property
    def job(self) -> JobInfo | None:
        """What asks the run for it, None for nothing. A job says by its title what it does."""
        catalog = self._state.catalog
        entry = catalog.get("operator", self._operator) if catalog is not None else None
        if entry is None:
            return None
        jobs = (job for job in self._state.jobs.values() if job.kind == "operator")
        of = (job for job in jobs if job.run == self.key)
        return next((job for job in of if job.title.startswith(f"{entry.title}: ")), None)

    @property
    def ending(self) -> bool:
        """Whether it was cancelled, and is not over yet."""
        job = self.job
        return job is not None and job.job in self._state.ending

    @property
    def far(self) -> str:
        """The progress and the remaining time; "" if unknown."""
        job, state = self.job, self._state
        if job is None:
            return ""
        if job.state == "queued" and (waits := describe_queue(state, job.job)):
            return waits
        return how_far(job, state.doing.get(job.job, ""), state.left.get(job.job))

    @property
    def text(self) -> str:
        """The progress, and where the result will appear."""
        if self.ending:
            return "No partial result is kept."
        return f"{self.far}. {KEPT}" if self.far else KEPT

    def stop(self) -> None:
        """End it, or take it out of the queue."""
        job = self.job
        if job is not None:
            self._actions.operating.cancel(job.job)

    def _queued(self) -> None:
        now = job.job if isValid(self) and (job := self.job) is not None else ""
        if now != self._was:
            self._was = now
            self.changed.emit()

    def _progressed(self, job: str) -> None:
        mine = self.job
        if mine is not None and mine.job == job:
            self.progressed.emit()


class UnderWayLine(QWidget):
    """Progress line with Cancel, hidden otherwise."""

    def __init__(self, doing: str, under_way: UnderWay) -> None:
        super().__init__()
        self._doing, self._under_way = doing, under_way
        self.said = label("", wrap=True)
        self.cancel = button("Cancel", under_way.stop)
        row((self.said, 1), self.cancel, parent=self)
        self.hide()
        under_way.progressed.connect(self.refresh)

    def refresh(self) -> None:
        """Say what is known now."""
        far = self._under_way
        doing = "Cancelling" if far.ending else self._doing
        self.said.setText(f"{doing}. {far.text}")
        self.said.setAccessibleName(self.said.text())
        self.cancel.setVisible(not far.ending)
        self.setVisible(far.job is not None)
