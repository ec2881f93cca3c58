"""What a run in the queue waits for, and how far a short job is, in words. Pure."""

from pathlib import Path

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import called
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.messages import JobInfo

__all__ = [
    "describe_queue",
    "engine_task",
    "held_up",
    "how_far",
    "queue_title",
    "queued_job",
    "waits_for",
]


def queued_job(state: AppState, run: RunState) -> str:
    """Return the job of the queue that a run is, or takes part in; "" where it does not wait."""
    job = state.jobs.get(run.job)
    waits = job.race or job.job if job is not None else ""
    return waits if waits in state.queue else ""


def queue_title(info: JobInfo) -> str:
    """Return what a job is called in the queue: a training like its run, whose number tells it
    from another one of the same name.
    """
    if info.kind == "training" and info.run:
        return called(Path(info.run).name)
    return info.title


def how_far(info: JobInfo, doing: str, left: float | None) -> str:
    """Say how far a job is, and for how long it takes yet: "187 of 1,500, 2 min left"; ``doing`` is
    what it says that it is at.
    """
    if info.state == "queued":
        return "Waiting"
    known = info.total > 0 and info.state == "running"
    said = ""
    if known and info.step:
        said = f"{min(info.step, info.total):,} of {info.total:,}"
    elif info.step and not doing:
        said = f"{info.step:,} so far"
    return ", ".join(
        filter(None, [said, number_format.left(left) if info.state == "running" else ""])
    )


def describe_queue(state: AppState, job: str = "") -> str:
    """Say for which of the short jobs all else waits that is asked of the engine, such as another
    ``job`` of them, and how long that takes yet; "" where none is done just now.
    """
    runs = (info for info in state.short if info.state == "running" and info.job != job)
    now = next(runs, None)
    if now is None:
        return ""
    left = number_format.left(state.left.get(now.job))
    return ", ".join(filter(None, [f"Waits for {now.title}", left]))


def engine_task(state: AppState) -> str:
    """Return what keeps the engine busy, such as "Training 4 edm"; "" while it is free."""
    job = state.under_way
    if job is not None and job.state == "running":
        return f"Training {queue_title(job)}"
    running = next((info for info in state.short if info.state == "running"), None)
    return running.title if running is not None else ""


def held_up(state: AppState, run: RunState) -> JobInfo | None:
    """Return what is paused and keeps a run in the queue, None where it waits for nothing else."""
    job = state.under_way
    return job if run.state == "queued" and job is not None and job.state == "paused" else None


def waits_for(state: AppState, run: RunState) -> str:
    """Say that a run waits for something that is paused, and in which project that is where it is
    another; "" where nothing paused keeps it.
    """
    job = held_up(state, run)
    if job is None:
        return ""
    project = state.project_of(job) if job is state.elsewhere else None
    where = f" (project {state.name_of(project)})" if project is not None else ""
    return f"waits for {queue_title(job)}, which is paused{where}"
