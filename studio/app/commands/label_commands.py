"""Commands about the list of runs, and what a person says of the selected one."""

from collections.abc import Callable
from typing import Literal

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["Said", "label_commands"]

MENU, SAID = "Run", "Name, tags and note"
Said = Literal["name", "tags", "note"]


def label_commands(
    state: AppState, actions: Actions, ask: Callable[[str, Said], None]
) -> list[Command]:
    """Return the commands; ``ask`` asks what is to be said of a run, by its key."""

    def why_not() -> str:
        return "" if state.runs.current is not None else "No run is selected."

    def say(what: Said) -> Callable[[], None]:
        return lambda: ask(state.runs.selection, what)

    def project() -> str:
        return "" if state.project is not None else "No project is open."

    def why_no_table() -> str:
        return "" if state.place == "runs" else "Show all runs in a table first."

    return [
        Command(
            id="run-table", title="Show all runs in a table", menu="View", shortcut="Ctrl+Shift+R",
            run=actions.runs.show_table, why_not=project, aliases=("list", "filter", "group"),
        ),
        Command(
            id="export-runs", title="Export the table of runs…", menu="Project",
            run=state.finding.export_wanted.emit, why_not=why_no_table,
            aliases=("csv", "save", "spreadsheet"), icon="export",
        ),
        Command(
            id="rename-run", title="Rename the selected run…", menu=MENU, within=SAID,
            run=say("name"), why_not=why_not, aliases=("name", "title", "call"),
        ),
        Command(
            id="tag-run", title="Tag the selected run…", menu=MENU, within=SAID,
            run=say("tags"), why_not=why_not, aliases=("label", "group", "mark"),
        ),
        Command(
            id="note-run", title="Write a note on the selected run…", menu=MENU, within=SAID,
            run=say("note"), why_not=why_not, aliases=("comment", "remark", "describe"),
        ),
        Command(
            id="pin-baseline", title="Pin or unpin the selected run as baseline",
            menu=MENU, within=SAID, why_not=why_not,
            run=lambda: actions.labels.pin(state.runs.selection),
            aliases=("reference", "unpin"),
        ),
    ]  # fmt: skip
