"""In the place of a picture: that a run waits in the queue, and the way on where it waits for
something that is paused.
"""

from studio.app.actions import Actions
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.state.waiting import held_up, waits_for
from studio.app.widgets.overlays import EmptyState

__all__ = ["tell_starting", "tell_waiting"]


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


def tell_starting(empty: EmptyState, state: AppState, run: RunState, many: str) -> None:
    """Say that a run starts, what it is at as far as the engine says so, and that ``many`` appear
    after that.
    """
    doing = state.doing.get(run.job, "")
    now = f"It is {doing}. " if doing else ""
    empty.tell("Starting", f"{now}{many} appear with the first training steps.")
