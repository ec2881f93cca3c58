"""Writing a file that shows runs: their flow, or a report."""

import time
from collections.abc import Iterator
from pathlib import Path

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.run_job import RunJob
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.sharing.report import ReportPlan, write_report
from pushforward.studio.engine.sharing.share_flow import Shared, SharePlan, share_flow
from pushforward.studio.protocol.messages import Progress, ResultWritten, ShareFlow, WriteReport
from pushforward.studio.store.run import RunFolder

__all__ = ["ShareJob"]

POLL = 0.002  # seconds that a training step waits for the work
TICK = 0.1


class ShareJob(RunJob):
    """Job that writes a page, a film or a report; nothing is left if it is cancelled."""

    kind = "export"
    lane = "files"

    def __init__(self, job: str, command: ShareFlow | WriteReport, sink: Sink) -> None:
        """Check what can be known before anything is read.

        Raises:
            Refused: a value is not possible; the path names the field.
            StoreError: a run cannot be read.
        """
        if not command.runs:
            raise Refused("No run is chosen.", path="runs")
        runs = [RunFolder(Path(run)) for run in command.runs]
        plan = _plan(command, runs)
        plan.check()
        what = "Share" if isinstance(plan, SharePlan) else "Report"
        super().__init__(job, f"{what}: {plan.title}", runs[0], sink)
        self._plan = plan
        self._sent = 0.0
        self.size = 0
        """Bytes of the file, once it is there."""

    def work(self) -> Work:
        """Read, draw and write, each part in a thread: a training may be going on."""
        plan = self._plan
        parts = share_flow(plan) if isinstance(plan, SharePlan) else write_report(plan)
        try:
            while True:
                part = Background(lambda: next(parts, None))
                while not part.done(POLL):
                    yield False
                progress = part.result()
                if progress is None:
                    break
                self._send_progress(progress)
                yield False
        finally:
            _close(parts, part)
        self.say(f"{plan.title} is shown in {plan.file}.")
        self.sink.send(
            ResultWritten(
                job=self.job, run=str(self.folder.path), operator="", step=-1, file=str(plan.file)
            )
        )

    def _send_progress(self, progress: Shared) -> None:
        self.step, self.total, self.size = progress.done, progress.total, progress.size
        if time.monotonic() - self._sent < TICK:
            return
        self._sent = time.monotonic()
        self.sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=0.0,
                seconds_left=None,
                memory=process_memory(),
                doing=progress.doing,
            )
        )


def _close(parts: "Iterator[Shared]", last: "Background[Shared | None]") -> None:
    """End the work where it was cancelled: after the part that is being done."""
    while not last.done(1.0):
        pass
    close = getattr(parts, "close", None)
    if close is not None:
        close()


def _plan(command: ShareFlow | WriteReport, runs: list[RunFolder]) -> SharePlan | ReportPlan:
    if isinstance(command, WriteReport):
        return ReportPlan(
            runs=runs, file=Path(command.file), theme=command.theme, overwrite=command.overwrite
        )
    return SharePlan(
        runs=runs,
        file=Path(command.file),
        particles=command.particles,
        clock=command.clock,
        theme=command.theme,
        size=command.size,
        seconds=command.seconds,
        step=command.step,
        overwrite=command.overwrite,
    )
