"""One training in the current process, without a screen: the command line, background runs.

The job is the very one that the engine steps, so that the losses are the same.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from pushforward.studio.engine.jobs.job import Job
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import describe
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.protocol.messages import Event
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.run import PATIENCE, RunFolder, RunStatus

__all__ = ["create", "drive", "planned_total", "run"]


def create(
    spec: RunSpec, project: Path, trial: Trial | None = None, elsewhere: bool = False
) -> RunFolder:
    """Check a spec and make its run folder in a project (made if absent). The device of a run that
    is trained ``elsewhere`` need not be here.

    Raises:
        Refused: the spec has a problem; it names the dotted setting.
        StoreError: the disk refused.
    """
    discover()
    resolved = check(spec, any_device=elsewhere, project=project)
    folder = new_run(resolved, project, trial=trial, elsewhere=elsewhere)
    folder.update_status(state="queued", total=resolved.training.steps)
    return folder


def run(
    target: Path | RunSpec,
    *,
    project: Path | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
    steps: int | None = None,
    background: bool = False,
    devices: int | None = None,
) -> RunStatus:
    """Train to the end, or until ``stop()``, and return the final status. A failure of the training
    is part of the status and does not raise.

    Args:
        target: a run folder, resumed from its newest intact checkpoint, or a spec.
        project: where the run of a spec is created.
        on_event: called with metrics, progress, checkpoints and log lines, in this thread.
        stop: called between steps; if true, the run is saved as "paused".
        steps: a new total number of steps for a run folder.
        background: marks the run as trained without a window.
        devices: processes that share each batch, by default as the run says.

    Raises:
        Refused: the spec has a problem, or the run has completed ``steps``.
        StoreError: the run folder cannot be read, or another process trains the run.
        ValueError: a spec without a project.
    """
    discover()
    if isinstance(target, RunSpec):
        if project is None:
            raise ValueError("a spec needs a project to run in")
        folder = create(target, project)
    else:
        folder = RunFolder(target)
    # The studio hands a training over as it closes: its engine may need a moment to leave.
    with folder.owned(PATIENCE):
        total = planned_total(folder, steps)
        job = TrainingJob(
            folder.name,
            folder,
            CallbackSink(on_event),
            total=total,
            background=background,
            devices=devices,
        )
        drive(job, stop)
    # The folder may be gone: the job knows how it went.
    return msgspec.structs.replace(
        folder.status(), state=job.state, step=job.step, total=job.total, error=job.error
    )


def planned_total(folder: RunFolder, steps: int | None = None) -> int:
    """Return the total number of steps of a run: the requested, or the recorded one.

    Raises:
        Refused: it has completed the requested steps.
    """
    if steps is None:
        return max(int(folder.record.spec.training["steps"]), folder.status().total)
    done = max(folder.checkpoints.steps(), default=0)
    if steps <= done:
        raise Refused(
            f"{folder.name} has done {done:,} steps and cannot end at {steps:,}.",
            f"Request more than {done:,}, or branch from an earlier step.",
        )
    return steps


def drive(job: Job, stop: Callable[[], bool]) -> None:
    """Do the work of a job until it ends or until ``stop()``; its state says how it went."""
    work = job.work()
    job.state = "running"
    job.settle()
    final = "finished"
    try:
        # Closed also where the person interrupts: what it has begun to write is its own to remove.
        with closing(work):
            for _ in work:
                if stop():
                    final = "paused"
                    break
    except Exception as error:
        # The boundary of a job, as in the queue: any failure becomes the status of the run.
        job.error = describe(error)
        final = "failed"
    job.state = final
    job.settle()
