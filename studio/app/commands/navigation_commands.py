"""Commands that lead somewhere: the four destinations, the drawers, and the parts of the window."""

from collections.abc import Callable
from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.engine.actions import Actions

__all__ = ["go_commands"]


def go_commands(
    actions: Actions, toggle: Callable[[str], None], turn: Callable[[int], None]
) -> list[Command]:
    """Return them; ``toggle`` opens or closes what the drawer holds, ``turn`` goes to the next part
    of the window or to the one before.
    """
    menu, visit = "Go", actions.places.visit
    return [
        Command(
            id="discover", title="Discover recipes", menu=menu, shortcut="Ctrl+1",
            run=partial(visit, "discover"), aliases=("discover", "start page", "home", "welcome"),
        ),
        Command(
            id="data", title="Browse data", menu=menu, shortcut="Ctrl+2",
            run=partial(visit, "data"), aliases=("data sets", "datasets", "files"),
        ),
        Command(
            id="runs", title="Go to the runs", menu=menu, shortcut="Ctrl+3",
            run=partial(visit, "runs"), aliases=("trainings", "models", "back"),
        ),
        Command(
            id="learn", title="Learn", menu=menu, shortcut="Ctrl+4",
            run=partial(visit, "learn"), aliases=("help", "manual", "documentation"),
        ),
        Command(
            id="queue", title="Show or hide the queue", menu=menu, shortcut="Ctrl+Shift+J",
            run=partial(toggle, "queue"), aliases=("jobs", "waiting", "drawer"),
        ),
        Command(
            id="log", title="Show or hide the log", menu=menu, shortcut="Ctrl+Shift+L",
            run=partial(toggle, "log"), aliases=("messages", "console", "drawer"),
        ),
        Command(
            id="next-pane", title="Next part of the window", menu=menu, shortcut="F6",
            run=partial(turn, 1), aliases=("pane", "keyboard", "focus"),
        ),
        Command(
            id="previous-pane", title="Previous part of the window", menu=menu,
            shortcut="Shift+F6", run=partial(turn, -1), aliases=("pane", "keyboard", "focus"),
        ),
    ]  # fmt: skip
