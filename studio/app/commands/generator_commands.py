"""Commands that have new data made by other programs: one a maker, as the catalogue has them."""

from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState

__all__ = ["MENU", "make_commands"]

MENU = "Project"


def make_commands(state: AppState) -> list[Command]:
    """Return them; none before the catalogue is there."""

    def why_not() -> str:
        ready = state.engine.ready
        return "" if ready else "The engine is not ready."

    return [
        Command(
            id=f"make-{entry.slug}",
            title=f"{entry.title}…",
            menu=MENU,
            run=partial(state.window.generate_data.emit, entry.slug),
            aliases=("new data", "simulate", "generate", entry.summary),
            why_not=why_not,
            icon="plus",
        )
        for entry in (state.catalog.entries if state.catalog is not None else [])
        if entry.kind == "maker"
    ]
