"""The command that leads to the search of a page."""

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["find_commands"]


def find_commands(state: AppState, _: Actions) -> list[Command]:
    """Return it: Discover and Data have a search of their own."""

    def why_not() -> str:
        searched = state.place == "discover" or (state.place == "data" and not state.dataset)
        return "" if searched else "This page has no search."

    return [
        Command(
            id="find-here", title="Search this page", menu="View", shortcut="/",
            run=state.window.focus_search.emit, aliases=("find", "filter"), why_not=why_not,
            icon="search",
        ),
    ]  # fmt: skip
