"""The command that leads to where a datum is edited by hand and completed by the model."""

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.edit_views import editor_of, lacks
from pushforward.studio.app.engine.actions import Actions

__all__ = ["edit_commands"]


def edit_commands(state: AppState, _: Actions) -> list[Command]:
    """Return it; it needs a run of graphs or of images whose model can do it."""

    def why_not() -> str:
        run = state.runs.current
        if run is None:
            return "Select a run of graphs or images."
        kind = kind_of_run(run, state.catalog)
        if not editor_of(run, state.catalog):
            return f"Only graphs and images can be edited by hand, not {kind.many}."
        if lacks(run, state.catalog):
            return f"The model of this run cannot complete a {kind.one}; this needs a denoiser."
        return ""

    def edit() -> None:
        state.go("run")
        state.window.show_lens.emit(f"samples/{editor_of(state.runs.current, state.catalog)}")

    return [
        Command(
            id="edit-lab", title="Edit by hand and complete", menu="Run", run=edit,
            why_not=why_not, icon="brush",
            aliases=(
                *("completion of a graph or molecule", "fill in", "inpainting", "translate"),
                *("draw a graph", "edit lab", "add edges or bonds", "partial", "missing part"),
            ),
        ),
    ]  # fmt: skip
