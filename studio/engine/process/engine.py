"""The engine behind the streams: the queue, the catalogue, and the main loop."""

import itertools
import logging
import os
from collections import deque

from studio.engine.jobs.job import Work
from studio.engine.jobs.layers import LayerViewer
from studio.engine.jobs.queue import JobQueue
from studio.engine.process import edit_commands
from studio.engine.process.catalogue import build
from studio.engine.process.commands import dispatch
from studio.engine.process.devices import summary
from studio.engine.process.discovery import discover
from studio.engine.process.streams import Inbox, Outbox, Reader
from studio.engine.race import commands as race_commands
from studio.engine.run.session import versions
from studio.engine.run.validation import Validator
from studio.engine.run.warm import WarmModels
from studio.protocol.messages import CatalogEvent, JobChanged, JobInfo, Log, Ready, Snapshot

__all__ = ["Engine"]

MORE_COMMANDS = (edit_commands, race_commands)
"""Modules that register handlers of their own for `dispatch`, by being imported."""
_log = logging.getLogger(__name__)


class Engine:
    """Steps jobs, and handles commands between two steps.

    Attributes:
        queue: all jobs.
        catalog: what is offered.
        outbox: where events go.
        validator: remembers the sizes of specs.
        warm: the models that were asked for lately.
        layers: looks into them.
        chores: long answers that are worked on between training steps.
        checkpoint: whether running trainings are saved when the engine leaves.
    """

    def __init__(self, inbox: Inbox, outbox: Outbox, reader: Reader | None = None) -> None:
        self.outbox = outbox
        self.queue = JobQueue(self._changed)
        self.catalog = build(discover())
        self.validator = Validator()
        self.warm = WarmModels()
        self.layers = LayerViewer(self.warm)
        self.chores: deque[Work] = deque()
        self.checkpoint = True
        self._inbox = inbox
        self._reader = reader
        self._numbers = itertools.count(1)

    def new_name(self) -> str:
        """Return a name for a job that no other engine has given."""
        return f"{os.getpid():x}.{next(self._numbers)}"

    def announce(self) -> None:
        """Say that the engine is ready, what it offers, and what it has to do."""
        self.outbox.send(Ready(versions=versions(), device=summary()))
        self.outbox.send(CatalogEvent(catalog=self.catalog))
        self.outbox.send(Snapshot(jobs=self.queue.snapshot()))
        for problem in self.catalog.problems:
            _log.warning("%s could not be loaded: %s", problem.module, problem.message)

    def run(self) -> None:
        """Work until the other side is gone or says so; then save and return."""
        inbox, step = self._inbox, self.queue.step
        while not inbox.leaving:
            if inbox.commands:
                dispatch(self, inbox.commands.popleft())
                continue
            wait = step()
            if self.chores:
                self.work_chore()
                continue
            if wait != 0.0:
                inbox.wait(wait)
        self.queue.leave(self.checkpoint)

    def work_chore(self) -> None:
        """Do a piece of the oldest chore."""
        chore = self.chores[0]
        if next(chore, None) is None:
            self.chores.popleft()

    def leave(self, checkpoint: bool) -> None:
        """End the main loop after the current command."""
        self.checkpoint = checkpoint
        self._inbox.leave()

    def _changed(self, info: JobInfo, place: int) -> None:
        self.outbox.send(JobChanged(info=info, place=place))
        if self._reader is not None:
            self._reader.busy = self.queue.busy
        if info.state == "failed" and info.error is not None and info.kind != "training":
            # A training writes its own log; the failure of a short job is told here.
            self.outbox.send(Log(level="error", text=info.error.message, job=info.job))
