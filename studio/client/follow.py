"""Follow a run of another process by its files. The result is reported as the events that an engine
would have sent. Nothing is written.
"""

from pathlib import Path

from pushforward.studio.protocol.messages import (
    CheckpointWritten,
    ErrorInfo,
    Event,
    JobChanged,
    JobInfo,
    Kept,
    Metrics,
    Progress,
)
from pushforward.studio.store.run import RunFolder, RunStatus

__all__ = ["RunFollower", "background_runs"]

_GOING = ("queued", "running", "paused")
_RATE_SECONDS = 5.0  # the speed is averaged over at least so long


class RunFollower:
    """Reads new content of a run folder. ``job`` names it in the events."""

    def __init__(self, path: Path, job: str = "") -> None:
        self.run = RunFolder(path)
        self.job = job or f"background:{self.run.path}"
        self._offset = 0
        self._kept: list[int] = []
        self._checkpoint = -1
        self._info: JobInfo | None = None
        self._step = -1
        self._measured = -1  # the last step of the curves that were read last
        self._anchor: tuple[float, int] | None = None
        self._rate = 0.0

    @property
    def ended(self) -> bool:
        """Whether the last poll found the run ended."""
        return self._info is not None and self._info.state not in _GOING

    def poll(self) -> list[Event]:
        """Return what is new since the last poll, everything at first. It reads files: call it off
        the main thread, every half second.

        Raises:
            StoreError: the run folder is missing or its record cannot be read.
        """
        # The status is read first: what it announces is in the other files already.
        status = self.run.status()
        info = self._job_info(status)
        events: list[Event] = []
        if self._info is None:
            events.append(JobChanged(info=info))
        events += self._curves()
        events += self._files()
        if status.step != self._step and info.state in _GOING:
            events.append(self._progress(status))
        self._step = status.step
        if self._info is not None and info.state != self._info.state:
            events.append(JobChanged(info=info))
        self._info = info
        return events

    def _curves(self) -> list[Event]:
        before = self._offset
        columns, floors, self._offset = self.run.metrics.read_new(before)
        if self._offset < before:
            self._measured = -1  # they were cut: the run goes on from an earlier step
        if columns:
            self._measured = max((steps[-1] for steps, _ in columns.values() if steps), default=-1)
        return [Metrics(job=self.job, columns=columns, floors=floors)] if columns or floors else []

    def _files(self) -> list[Event]:
        events: list[Event] = []
        kept = self.run.flow.steps()
        if kept and kept != self._kept:
            events.append(Kept(job=self.job, step=kept[-1], steps=kept))
        self._kept = kept
        steps = self.run.checkpoints.steps()
        newest = max(steps, default=-1)
        if newest not in (-1, self._checkpoint):
            file = str(self.run.checkpoints.path(newest))
            events.append(CheckpointWritten(job=self.job, step=newest, file=file, steps=steps))
        self._checkpoint = newest
        return events

    def _job_info(self, status: RunStatus) -> JobInfo:
        state, error = status.state, status.error
        gone = state == "interrupted" or (state in _GOING and not self.run.alive())
        if gone and state == "paused":
            state = "cancelled"  # it was asked to stop, saved itself and left
        elif gone:
            state = "failed"
            error = ErrorInfo(
                kind="engine",
                message=(
                    f"It was trained by process {status.pid}, which no longer exists: it "
                    f"ended after step {status.step:,} without a message."
                ),
                hint="Resume continues from the last checkpoint.",
            )
        spec = self.run.record.spec
        return JobInfo(
            job=self.job,
            kind="training",
            state=state,
            title=spec.name,
            run=str(self.run.path),
            step=status.step,
            total=status.total,
            family=spec.family.slug,
            spec=spec,
            error=error,
        )

    def _progress(self, status: RunStatus) -> Progress:
        seconds, step = status.heartbeat, status.step
        # Curves are written more often than the status, and are read after it: a step before their
        # end would say that the training went back, and would take from them what is told once.
        reached = max(step, self._measured)
        if self._anchor is None or step < self._anchor[1]:
            self._anchor = (seconds, step)
        elapsed = seconds - self._anchor[0]
        if elapsed > 0:
            self._rate = (step - self._anchor[1]) / elapsed
        if elapsed > _RATE_SECONDS:
            self._anchor = (seconds, step)
        left = (status.total - step) / self._rate if self._rate > 0 else None
        if any(phase.start > step for phase in status.phases):
            left = None  # how fast a later phase will be nobody knows
        return Progress(
            job=self.job,
            step=reached,
            total=status.total,
            steps_per_second=self._rate,
            seconds_left=left,
            memory=_memory(status.pid),
            seconds=status.seconds,
            phases=status.phases,
        )


def _memory(pid: int) -> int:
    """Resident bytes of a process, 0 if it is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def background_runs(project: Path) -> list[Path]:
    """The runs of a project that a process outside any studio trains now."""
    from pushforward.studio.store.project import Project

    found = []
    for run in Project.open(project).runs():
        if run.status().background and run.alive():
            found.append(run.path)
    return found
