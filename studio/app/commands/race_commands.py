"""Commands about several runs: races, comparisons, branches."""

from collections.abc import Callable

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core import races, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["race_commands"]

MENU, RACE = "Run", "Race"


def race_commands(
    state: AppState, actions: Actions, ask_save_recipe: Callable[[], None]
) -> list[Command]:
    """Return the commands of race mode and of the time machine."""
    return [*_setting_up(state, actions), *_looking(state, actions, ask_save_recipe)]


def _setting_up(state: AppState, actions: Actions) -> list[Command]:
    def addable() -> str:
        if state.place != "setup" or state.draft is None:
            return "Open a recipe or set up a run first."
        return races.why_not_added(state.race, state.draft)

    def startable() -> str:
        if state.starting:
            return "A run is being started."
        if not state.race.entries:
            return "No participants yet: add a run from a setup."
        if not state.engine.ready:
            return "The engine is not ready."
        return state.race.reasons[0].message if state.race.reasons else ""

    def raced() -> str:
        run = state.runs.current
        return "" if run is not None and run.race else "The selected run was in no race."

    return [
        Command(
            id="add-to-race", title="Add to race", menu=MENU, within=RACE, shortcut="Ctrl+Shift+A",
            run=actions.race.add_draft, why_not=addable,
            aliases=("race", "compare methods", "participant"),
        ),
        Command(
            id="start-race", title="Start the race", menu=MENU, within=RACE,
            shortcut="Ctrl+Shift+Return", run=actions.race.start, why_not=startable,
            aliases=("race", "compare methods"),
        ),
        Command(
            id="race-again", title="Race again", menu=MENU, within=RACE, why_not=raced,
            run=lambda: _race_again(state, actions), aliases=("repeat the race",),
        ),
    ]  # fmt: skip


def _looking(
    state: AppState, actions: Actions, ask_save_recipe: Callable[[], None]
) -> list[Command]:
    def comparing() -> str:
        runs = [state.runs.by_key[key] for key in state.runs.chosen if key in state.runs.by_key]
        return run_comparison.why_not(runs or run_comparison.compared(state.runs), state.catalog)

    def branchable() -> str:
        run = state.runs.current
        if run is None:
            return "No run is selected."
        return "" if run.stops else "The run has no snapshot yet."

    def why_no_run() -> str:
        run = state.runs.current
        return "" if run is not None and run.spec is not None else "No run is selected."

    return [
        Command(
            id="compare", title="Compare runs", menu=MENU, shortcut="Ctrl+Shift+V",
            run=actions.comparing.show_chosen, why_not=comparing, aliases=("side by side", "race"),
        ),
        Command(
            id="branch", title="Branch from this step…", menu=MENU, shortcut="Ctrl+Shift+B",
            run=actions.branching.ask_here, why_not=branchable,
            aliases=("time machine", "fork", "go back", "what if"),
        ),
        Command(
            id="save-recipe", title="Save as recipe…", menu="Project", run=ask_save_recipe,
            why_not=why_no_run, aliases=("toml", "reproduce", "export settings"),
        ),
    ]  # fmt: skip


def _race_again(state: AppState, actions: Actions) -> None:
    run = state.runs.current
    if run is not None and run.race:
        actions.race.again(run.race)
