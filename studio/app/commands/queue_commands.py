"""Commands for the selected run while it waits in the queue."""

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.queue_status import queued_job
from pushforward.studio.app.engine.actions import Actions

__all__ = ["queue_commands"]


def queue_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the commands; each says why not while the selected run does not wait."""

    def job() -> str:
        run = state.runs.current
        return queued_job(state, run) if run is not None else ""

    def waits() -> str:
        if state.runs.current is None:
            return "No run is selected."
        return "" if job() else "The selected run is not in the queue."

    def movable() -> str:
        return waits() or ("The run is already next." if state.queue[0] == job() else "")

    return [
        Command(
            id="run-next", title="Run next in the queue", menu="Run", within="Queue",
            why_not=movable, run=lambda: actions.training.move_job(job(), 0),
            aliases=("first", "move up"),
        ),
        Command(
            id="remove-from-queue", title="Remove from the queue", menu="Run", within="Queue",
            why_not=waits, run=lambda: actions.training.move_job(job(), -1),
            aliases=("cancel", "unqueue"),
        ),
    ]  # fmt: skip
