"""Commands about the training under way: explain it, and change its target by hand."""

from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.canvas_tools import ToolName, standing
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.undo_history import Table
from pushforward.studio.app.engine.actions import Actions

__all__ = ["hand_commands"]

_TOOLS: tuple[tuple[ToolName, str, str], ...] = (
    ("look", "Pan and zoom the flow", "cursor"),
    ("add", "Add target points", "plus"),
    ("move", "Move target points", "move"),
    ("remove", "Remove target points", "eraser"),
)


def hand_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the commands; they need a run that is under way in this studio."""
    menu = "Run"

    def under_way() -> str:
        run = state.runs.current
        here = run is not None and run.job and not run.background
        return (
            "" if here and state.place == "run" else "Select a run that is training in this window."
        )

    def explainable() -> str:
        run, catalog = state.runs.current, state.catalog
        if run is None or state.place != "run":
            return "Select a run."
        if run.spec is None or catalog is None:
            return "The engine is not ready."
        if not run.here and not run.checkpoints:
            return "Select a run that is training in this window or has a checkpoint."
        kind = kind_of_run(run, catalog)
        if kind.layout != "plane" and kind.scene is None:
            return (
                f"The stages of a step are drawn for points only; for {kind.many} they are listed."
            )
        entry = family_of_run(run, catalog)
        return (
            ""
            if entry is not None and entry.stages
            else "The training steps of this model are not divided into stages."
        )

    def explain() -> None:
        run = state.runs.current
        if run is not None:
            flat = kind_of_run(run, state.catalog).layout == "plane"
            # The view that looks at what comes.
            state.window.show_lens.emit("explain/moment" if flat else "explain/steps")
            actions.moment.freeze(run.key)

    def edited_run() -> str:
        """The run whose target was changed by hand and can be changed back, "" for none."""
        run = state.runs.current
        return run.key if run is not None and not under_way() and standing(run.edits) else ""

    def on_table() -> Table | None:
        """What is edited by hand and seen, if something of it can be taken back."""
        table = state.table
        return table if table is not None and table.edits.can_undo else None

    def undo() -> None:
        if (table := on_table()) is not None:
            table.undo()
        elif edited_run():
            actions.edits.undo_points(edited_run())
        else:
            state.notices.undo()

    def undoable() -> str:
        able = on_table() is not None or edited_run() or state.notices.can_undo
        return "" if able else "Nothing to undo."

    def paste() -> None:
        if state.paste is not None:
            state.paste()

    return [
        Command(
            id="paste-picture", title="Paste a picture", menu=menu, shortcut="Ctrl+V", run=paste,
            why_not=lambda: "" if state.paste is not None else "Open an image lab first.",
            aliases=("clipboard", "image", "own"),
        ),
        Command(
            id="explain", title="Explain this step", menu=menu, shortcut="Ctrl+M",
            run=explain, why_not=explainable, icon="explain",
            aliases=("slow motion", "stages", "step by step"),
        ),
        Command(
            id="undo", title="Undo", menu=menu, shortcut="Ctrl+Z", run=undo, why_not=undoable,
            aliases=("take back", "restore", "last change of the target"), icon="undo",
        ),
        *(
            Command(
                id=f"hand-{tool}", title=title, menu=menu, within="Target points",
                run=partial(state.hand.take, tool), why_not=under_way,
                aliases=("brush", "hand", "edit data"), icon=icon,
            )
            for tool, title, icon in _TOOLS
        ),
    ]  # fmt: skip
