"""Commands for what the selected run can do: one an operator, as the catalogue has them."""

from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.operator_groups import grouped
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.engine.actions import Actions

__all__ = ["MENU", "operate_commands"]

MENU = "Run"


def operate_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the commands of the selected run; none without one."""
    run = state.runs.current
    if run is None:
        return []

    def why_not() -> str:
        if not state.engine.ready:
            return "The engine is not ready."
        return "" if run.checkpoints or run.job else "The run has no checkpoint yet."

    many = kind_of_run(run, state.catalog).many
    return [
        Command(
            id=f"operate-{entry.slug}",
            title=f"{entry.title}…",
            menu=MENU,
            run=partial(actions.operating.open, run.key, entry.slug),
            aliases=(entry.slug, "operate", entry.summary),
            why_not=why_not,
            within=title,
        )
        for title, entries in grouped(offered(run, state.catalog), many)
        for entry in entries
    ]
