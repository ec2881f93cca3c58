"""What a lab lets the engine do: of each run the last, until it is over."""

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

__all__ = ["Errand", "Errands"]

T = TypeVar("T")


@dataclass(eq=False)
class Errand(Generic[T]):
    """What a run was asked for last.

    Attributes:
        run: its key.
        operator: the slug of what is done.
        what: what a lab has to know to show what came of it.
        job: which does it, "" before the engine has said so.
        over: whether nothing comes any more.
        made: where what was made of it lies, None before.
    """

    run: str
    operator: str
    what: T
    job: str = ""
    over: bool = False
    made: Path | None = None


class Errands(QObject, Generic[T]):
    """The errands of a lab, one a run.

    Signals:
        changed(): one began or is over.
        made(Errand): what it was for lies on the disk.
        refused(Errand, Refused): it cannot be done so.
        lost(Errand): the engine is gone, and what it was making with it.
    """

    changed = Signal()
    made = Signal(object)
    refused = Signal(object, object)
    lost = Signal(object)

    def __init__(self, parent: QObject, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._actions = actions
        self._of: dict[str, Errand[T]] = {}
        self._over = ""  # the job that ended last: one may before its number is known
        state.result_written.connect(self._written)
        state.job_ended.connect(self._ended)
        state.jobs_lost.connect(self._lost)

    def of(self, run: str) -> Errand[T] | None:
        """Return what a run was asked for last."""
        return self._of.get(run)

    def awaited(self, run: str) -> Errand[T] | None:
        """Return that if it is on its way."""
        errand = self.of(run)
        return None if errand is None or errand.over else errand

    def ask(self, run: str, operator: str, what: T, asking: Asking) -> None:
        """Ask a run for something; what it was asked for before is forgotten."""
        errand = self._of[run] = Errand(run, operator, what)
        async_tasks.spawn(self._start(errand, asking))

    def cancel(self, run: str) -> None:
        """End what is on its way, if the engine knows of it yet; nothing is kept."""
        errand = self.awaited(run)
        if errand is not None and errand.job:
            self._actions.operating.cancel(errand.job)

    async def _start(self, errand: Errand[T], asking: Asking) -> None:
        self.changed.emit()
        try:
            errand.job = await self._actions.operating.start(errand.run, errand.operator, asking)
        except Refused as refused:
            errand.over = True
            if isValid(self) and errand is self.of(errand.run):
                self.refused.emit(errand, refused)
        else:
            errand.over = errand.job == self._over
        if isValid(self):
            self.changed.emit()

    def _ended(self, info: JobInfo) -> None:
        self._over = info.job
        self._end({info.job})

    def _lost(self, jobs: list[JobInfo]) -> None:
        for errand in self._end({info.job for info in jobs}):
            self.lost.emit(errand)

    def _end(self, jobs: set[str]) -> list[Errand[T]]:
        """Wait no longer for jobs; return what was awaited of them."""
        found = [each for each in self._of.values() if each.job in jobs and not each.over]
        for each in found:
            each.over = True
        self.changed.emit()
        return found

    def _written(self, event: ResultWritten) -> None:
        errand = self.of(event.run)
        if errand is None or not event.result or event.operator != errand.operator:
            return
        if errand.job in ("", event.job):
            errand.made = Path(event.result)
            self.made.emit(errand)
