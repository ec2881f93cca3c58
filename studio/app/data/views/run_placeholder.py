"""Placeholder of a run without pictures: queued, starting, or ended before the first snapshot."""

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.queue_status import held_up, waits_for
from pushforward.studio.app.core.runs import RESUMABLE, RunState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["tell_none", "tell_waiting"]


def tell_none(
    empty: EmptyState, state: AppState, actions: Actions, run: RunState, many: str
) -> None:
    """Say why a run has none of the ``many`` that are recorded of it, as in "particles"."""
    if run.kept or run.unread:
        empty.tell(f"Reading the {many}", "Loading the snapshots of this run…")
    elif run.state == "queued":
        then = f"{many.capitalize()} appear when this run starts."
        tell_waiting(empty, state, actions, run, then)
    elif run.job:
        _tell_starting(empty, state, run, many.capitalize())
    elif run.state in RESUMABLE:
        _tell_ended(empty, state, actions, run, many)
    else:
        empty.tell("Nothing was kept", f"This run has no recorded {many}.")


def _tell_ended(
    empty: EmptyState, state: AppState, actions: Actions, run: RunState, many: str
) -> None:
    """Say that a run ended before its turn, or before it had any; it can be gone on with, after
    what is trained now.
    """
    key, queues = run.key, state.under_way is not None
    if run.state == "dropped":
        title = "Removed from the queue"
        why = "The studio or its engine ended before this run started."
        way = "Queue it again" if queues else "Start it"
    else:
        title = "No snapshot yet"
        why = f"This run ended before its {many} were recorded."
        way = "Queue the run" if queues else "Resume the run"
    empty.tell(title, why, way, lambda: actions.training.resume(key))


def tell_waiting(
    empty: EmptyState, state: AppState, actions: Actions, run: RunState, then: str
) -> None:
    """Say that a run waits; ``then`` is a sentence of what comes when it starts."""
    job, waits = held_up(state, run), waits_for(state, run)
    if job is None:
        empty.tell("Waiting in the queue", then)
        return
    steer, name = actions.training.steer, job.job
    empty.tell(
        "Waiting in the queue",
        f"It {waits}. {then}",
        "Resume it",
        lambda: steer(name, "resume"),
        other=("Stop and keep", lambda: steer(name, "cancel")),
    )


def _tell_starting(empty: EmptyState, state: AppState, run: RunState, many: str) -> None:
    """Say that a run starts, what it is at as far as the engine says so, and that ``many`` appear
    after that.
    """
    doing = state.doing.get(run.job, "")
    now = f"It is {doing}. " if doing else ""
    empty.tell("Starting", f"{now}{many} appear with the first training steps.")
