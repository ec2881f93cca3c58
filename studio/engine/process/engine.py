"""The engine behind the streams: what commands act on (`studio.engine.process.loop` works it)."""

import itertools
import logging
import os
from collections import deque

from pushforward.studio.engine.data.file_reader import Reading
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.layer_viewer import LayerViewer
from pushforward.studio.engine.jobs.queue import JobQueue
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.devices import TorchState, summary
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.streams import Inbox, Outbox, Reader
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.engine.run.versions import versions
from pushforward.studio.launch import SERVED_FOLDER
from pushforward.studio.protocol.messages import (
    CatalogEvent,
    JobChanged,
    JobInfo,
    Log,
    Ready,
    Snapshot,
)

__all__ = ["Engine"]

_log = logging.getLogger(__name__)


class Engine:
    """The engine: its jobs and what it caches.

    Attributes:
        queue: all jobs.
        catalog: the registered methods.
        inbox: received commands.
        outbox: events to send.
        validator: caches the sizes of specs.
        warm: caches models.
        layers: evaluates layers of models.
        chores: long answers, computed between training steps.
        looks: file inspections in threads, by their command.
        checkpoint: whether running trainings are saved on exit.
        asked: whether the exit was requested; otherwise the window is gone.
    """

    def __init__(self, inbox: Inbox, outbox: Outbox, reader: Reader | None = None) -> None:
        self.outbox = outbox
        self.queue = JobQueue(self._changed)
        self.catalog = build(discover())
        self.validator = Validator()
        self.warm = WarmModels()
        self.layers = LayerViewer(self.warm)
        self.chores: deque[Work] = deque()
        self.looks: dict[int, Reading] = {}
        self.checkpoint = True
        self.asked = False
        self.inbox = inbox
        self._reader = reader
        self._numbers = itertools.count(1)

    def new_name(self) -> str:
        """Return a name for a job that no other engine has given."""
        return f"{os.getpid():x}.{next(self._numbers)}"

    def announce(self) -> None:
        """Say that the engine is ready, what it offers, and what it has to do."""
        folder = os.environ.get(SERVED_FOLDER, "")
        self.outbox.send(Ready(versions=versions(), device=summary(), folder=folder))
        self.outbox.send(CatalogEvent(catalog=self.catalog))
        self.outbox.send(Snapshot(jobs=self.queue.snapshot()))
        for problem in self.catalog.problems:
            _log.warning("%s could not be loaded: %s", problem.module, problem.message)

    def work_chore(self) -> None:
        """Do a piece of the oldest chore; a model that it loads leaves the settings of PyTorch of
        the running job as they were.
        """
        state = TorchState.current()
        if next(self.chores[0], None) is None:
            self.chores.popleft()
        state.apply()

    def leave(self, checkpoint: bool) -> None:
        """End the main loop after the current command."""
        self.checkpoint = checkpoint
        self.asked = True
        self.inbox.leave()

    def _changed(self, info: JobInfo, place: int) -> None:
        self.outbox.send(JobChanged(info=info, place=place))
        if self._reader is not None:
            self._reader.busy = self.queue.busy
        if info.state == "failed" and info.error is not None and info.kind != "training":
            # A training writes its own log; the failure of a short job is told here.
            self.outbox.send(Log(level="error", text=info.error.message, job=info.job))
