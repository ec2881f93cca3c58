"""What a run in the queue waits for, in words. Pure."""

from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.protocol.messages import JobInfo

__all__ = ["held_up", "waits_for"]


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
    return f"waits for {job.title}, which is paused{where}"
