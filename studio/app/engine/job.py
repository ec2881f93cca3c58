"""The latest job of each run that a view has started, until its result is on the disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import JobInfo, ResultWritten

__all__ = ["Job", "Jobs"]

T = TypeVar("T")


@dataclass(eq=False)
class Job(Generic[T]):
    """An operator that works on a run.

    Attributes:
        run: key of the run.
        operator: slug of the operator.
        context: what the view needs to show the result.
        id: number of the job, "" before the engine has answered.
        ended: whether no result comes any more.
        result: folder of the result, None before it is written.
    """

    run: str
    operator: str
    context: T
    id: str = ""
    ended: bool = False
    result: Path | None = None


class Jobs(QObject, Generic[T]):
    """The latest job of each run, as one view has started them.

    Signals:
        changed(): a job began or ended.
        finished(Job): its result is on the disk.
        refused(Job, Refused): the engine does not start it.
        lost(Job): the engine ended before the job did.
    """

    changed = Signal()
    finished = Signal(object)
    refused = Signal(object, object)
    lost = Signal(object)

    def __init__(self, parent: QObject, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._actions = actions
        self._latest: dict[str, Job[T]] = {}
        self._last_ended = ""  # a job may end before `_start` knows its number
        state.result_written.connect(self._take_result)
        state.job_ended.connect(self._take_end)
        state.jobs_lost.connect(self._take_loss)

    def latest(self, run: str) -> Job[T] | None:
        """Return the latest job of a run, None where there is none."""
        return self._latest.get(run)

    def running(self, run: str) -> Job[T] | None:
        """Return the latest job of a run if it has not ended."""
        job = self.latest(run)
        return None if job is None or job.ended else job

    def start(self, run: str, operator: str, context: T, asking: Asking) -> None:
        """Start an operator on a run; the job before it is forgotten."""
        job = self._latest[run] = Job(run, operator, context)
        async_tasks.spawn(self._start(job, asking))

    def cancel(self, run: str) -> None:
        """Cancel the running job of a run; a job without a number cannot be cancelled yet."""
        job = self.running(run)
        if job is not None and job.id:
            self._actions.operating.cancel(job.id)

    async def _start(self, job: Job[T], asking: Asking) -> None:
        self.changed.emit()
        try:
            job.id = await self._actions.operating.start(job.run, job.operator, asking)
        except Refused as refused:
            job.ended = True
            if isValid(self) and job is self.latest(job.run):
                self.refused.emit(job, refused)
        else:
            job.ended = job.id == self._last_ended
        if isValid(self):
            self.changed.emit()

    def _take_end(self, info: JobInfo) -> None:
        self._last_ended = info.job
        self._end({info.job})

    def _take_loss(self, infos: list[JobInfo]) -> None:
        for job in self._end({info.job for info in infos}):
            self.lost.emit(job)

    def _end(self, ids: set[str]) -> list[Job[T]]:
        """Mark jobs as ended; return those that ran until now."""
        ended = [job for job in self._latest.values() if job.id in ids and not job.ended]
        for job in ended:
            job.ended = True
        self.changed.emit()
        return ended

    def _take_result(self, event: ResultWritten) -> None:
        job = self.latest(event.run)
        if job is None or not event.result or event.operator != job.operator:
            return
        if job.id in ("", event.job):
            job.result = Path(event.result)
            self.finished.emit(job)
