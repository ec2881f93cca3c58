"""A training step that was walked through stage by stage, and what each stage had at hand."""

from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.runs import FlowRecord

__all__ = ["Moment"]


class Moment(QObject):
    """One step of one run, frozen: it stays while the training goes on.

    Attributes:
        run: the key of the run, "" while nothing is frozen.
        step: how many steps were done before it.
        records: of its stages, in their order, by their names.
        at: the stage that is looked at.
        walking: whether stages are still being done.
        live: whether they are those of a training that waits meanwhile.
        resume: whether the training goes on once they are.
        begun: how many moments were begun or let go of; an answer that comes late is of another.

    Signals:
        changed: another moment, another stage of it, or none.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = ""
        self.step = 0
        self.records: dict[str, FlowRecord] = {}
        self.at = ""
        self.walking = self.live = self.resume = False
        self.begun = 0

    def begin(self, run: str, step: int, *, resume: bool = False, live: bool = True) -> None:
        """Begin with a step of a run; its stages come one by one."""
        self.run, self.step, self.resume, self.live = run, step, resume, live
        self.begun += 1
        self.records, self.at, self.walking = {}, "", True
        self.changed.emit()

    def add(self, stage: str, record: FlowRecord) -> None:
        """Keep what a stage has at hand; the first is looked at."""
        self.records[stage] = record
        self.at = self.at or stage
        self.changed.emit()

    def walked(self) -> None:
        """Note that the step is done."""
        if self.walking:
            self.walking = False
            self.changed.emit()

    def look(self, stage: str) -> None:
        """Look at another stage."""
        if stage != self.at:
            self.at = stage
            self.changed.emit()

    def clear(self) -> None:
        """Let go of it."""
        if self.run:
            self.begun += 1
            self.run, self.records, self.at, self.walking = "", {}, "", False
            self.changed.emit()
