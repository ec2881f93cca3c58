"""What can be done with what waits in the queue, as entries of a menu."""

from functools import partial

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.menu import Entries
from pushforward.studio.app.engine.actions import Actions

__all__ = ["queue_entries"]


def queue_entries(state: AppState, actions: Actions, job: str) -> Entries:
    """Return what can be done with a job of the queue; none where it does not wait any more."""
    if job not in state.queue:
        return []
    move, place = actions.training.move_job, state.queue.index(job)
    first, last = place == 0, place == len(state.queue) - 1
    return [
        ("Run next", None if first else partial(move, job, 0)),
        ("Up", None if first else partial(move, job, place - 1)),
        ("Down", None if last else partial(move, job, place + 1)),
        ("Remove from the queue", partial(move, job, -1)),
    ]
