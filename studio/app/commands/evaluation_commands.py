"""The command that asks what the selected run is to be measured by; each metric finds it."""

from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.evaluation_options import fitting
from pushforward.studio.app.engine.actions import Actions

__all__ = ["evaluate_commands"]


def evaluate_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the command of the selected run; none where no metric fits it."""
    run = state.runs.current
    metrics = fitting(run, state.catalog)
    if run is None or not metrics:
        return []

    def why_not() -> str:
        if not state.engine.ready:
            return "The engine is not ready."
        return "" if run.checkpoints else "The run has no checkpoint yet."

    names = [name for entry in metrics for name in (entry.slug, entry.title)]
    return [
        Command(
            id="evaluate-by", title="Evaluate…", menu="Run",
            run=partial(actions.training.ask_evaluation, run.key),
            aliases=("metrics", "measure", "quality", *names), why_not=why_not,
        )
    ]  # fmt: skip
