"""The command that leads to where a datum is edited by hand and completed by the model."""

from collections.abc import Mapping

from studio.app.actions import Actions
from studio.app.commands import Command
from studio.app.kinds.registry import kind_of_run
from studio.app.state.operators import offered
from studio.app.state.session import AppState

__all__ = ["edit_commands"]

LABS: Mapping[str, frozenset[str]] = {
    "graph-edit": frozenset(),
    "edit": frozenset({"inpaint"}),
}
"""The views in which data are edited, with the operators of which one is needed, () for none."""


def edit_commands(state: AppState, _: Actions) -> list[Command]:
    """Return it; it needs a run of graphs or of images whose model can do it."""

    def lab() -> str:
        """The view in which the data of the selected run are edited, "" for none."""
        views = kind_of_run(state.runs.current, state.catalog).views
        return next((view for view in LABS if view in views), "")

    def why_not() -> str:
        run = state.runs.current
        if run is None:
            return "Select a run of graphs or images."
        kind, able = kind_of_run(run, state.catalog), offered(run, state.catalog)
        if not lab():
            return f"Graphs and images are edited by hand, and no {kind.many}."
        needed = LABS[lab()]
        if needed and not needed & {each.slug for each in able}:
            return f"The model of this run can complete no {kind.one}; one that denoises can."
        return ""

    def edit() -> None:
        state.go("run")
        state.lens_wanted.emit(f"samples/{lab()}")

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
