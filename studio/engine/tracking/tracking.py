"""Send curves to a tracker from a thread, so that a slow one costs the training nothing."""

import queue
import threading
import time
from collections.abc import Callable
from importlib import import_module

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.tracking.tracker import TRACKERS, TrackedRun, Tracker, run_key
from pushforward.studio.engine.watch.curves import Columns
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.command_line import assignments

__all__ = ["PATIENCE", "Tracking", "track"]

PATIENCE = 60.0
"""Seconds that the end of a training, or of the process, waits for a tracker."""
_PAUSE = 0.5
"""Seconds between two writes, which collect the values of many steps."""
_POLL = 0.05

Say = Callable[[str, str], None]
"""Write a line to the run's log: level ("info" or "warning") and text."""


def track(slug: str, folder: RunFolder, spec: RunSpec, step: int, say: Say) -> "Tracking | None":
    """Begin to send the curves of a training; None without a tracker.

    ``step`` is the one from which the training goes on.
    """
    if slug not in TRACKERS:
        return None
    run = TrackedRun(
        name=folder.name,
        title=folder.label().name or spec.name or folder.name,
        folder=folder.path,
        project=folder.project,
        key=run_key(folder.path / "run.toml"),
        settings=_settings(spec),
        step=step,
    )
    return Tracking(slug, run, say)


def _settings(spec: RunSpec) -> dict[str, str]:
    """Return the settings of a spec by their path, with model and data set."""
    chosen = {"model": spec.family.slug, "data": spec.dataset.slug}
    return chosen | {k: v for k, _, v in (each.partition("=") for each in assignments(spec))}


class Tracking:
    """The curves of one training on their way to a tracker.

    A tracker that fails is left out, with a warning in the log: the run has its curves anyway.
    """

    def __init__(self, slug: str, run: TrackedRun, say: Say) -> None:
        self._title = TRACKERS[slug].title
        self._slug = slug
        self._run = run
        self._say = say
        self._queue: queue.SimpleQueue[Columns | bool] = queue.SimpleQueue()
        self._lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._send, name=f"tracker-{slug}", daemon=True)
        self._thread.start()

    def log(self, columns: Columns) -> None:
        """Queue values; returns at once."""
        self._tell()
        if self._thread.is_alive():
            self._queue.put(columns)

    def finish(self) -> Work:
        """Close the run in the tracker after the last step; yields until that is done."""
        self._end(finished=True)
        deadline = time.monotonic() + PATIENCE
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._thread.join(_POLL)
            yield False
        if self._thread.is_alive():
            self._say("warning", f"{self._title} did not answer within {PATIENCE:.0f} s.")
        self._tell()

    def stop(self) -> None:
        """Close the run in the tracker, whose training was stopped; returns at once.

        The process waits for it as it ends.
        """
        self._tell()
        if self._closed:
            return
        self._end(finished=False)
        # The interpreter waits for threads that are no daemons, before libraries clean up.
        wait = threading.Thread(target=self._thread.join, args=(PATIENCE,), daemon=False)
        wait.start()

    def _end(self, *, finished: bool) -> None:
        self._closed = True
        self._queue.put(finished)

    def _tell(self) -> None:
        """Write to the log what the thread has to say."""
        while not self._lines.empty():
            self._say(*self._lines.get())

    def _send(self) -> None:
        try:
            self._follow()
        except Exception as error:  # libraries of others: any failure is only theirs
            first = (str(error).strip().splitlines() or [""])[0]
            text = f"{self._title} failed: {type(error).__name__}: {first}"
            self._lines.put(("warning", f"{text}. The training continues without it."))

    def _follow(self) -> None:
        module = import_module(f"pushforward.studio.engine.tracking.{self._slug}")
        tracker: Tracker = module.open_tracker(self._run)
        self._lines.put(("info", f"Curves are sent to {self._title}: {tracker.place}"))
        finished: bool | None = None
        while finished is None:
            columns, finished = self._collect()
            if columns:
                tracker.log(columns)
        tracker.close(finished)

    def _collect(self) -> tuple[Columns, bool | None]:
        """Return the values of the next half second, and how the training ended if it has."""
        columns: Columns = {}
        deadline = None
        while True:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                item = self._queue.get(timeout=left)
            except queue.Empty:
                return columns, None
            if isinstance(item, bool):
                return columns, item
            for name, (steps, values) in item.items():
                own = columns.setdefault(name, ([], []))
                own[0].extend(steps)
                own[1].extend(values)
            deadline = deadline or time.monotonic() + _PAUSE
