"""Commands about the model that is set up: the switch, and each model by its name."""

from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["model_commands"]


def model_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the commands that exchange field and carrier."""
    menu = "Model"

    def setting_up() -> str:
        ready = state.place == "setup" and state.draft is not None and state.catalog is not None
        return "" if ready else "Open a recipe or set up a run first."

    def in_grid() -> str:
        draft = state.draft
        entry = draft_spec.entry_of(draft.spec, "family", state.catalog) if draft else None
        if entry is None or entry.field not in field_carrier_switch.FIELDS:
            return setting_up() or "This model has neither a field nor a carrier to switch."
        return setting_up()

    return [
        Command(
            id="switch-generator", title="Switch the generator on or off", menu=menu,
            shortcut="Ctrl+Shift+G", run=actions.setup.switch_generator, why_not=in_grid,
            aliases=("network", "carrier", "free particles"),
        ),
        *(
            Command(
                id=f"field-{field}", title=f"Field: {title.lower()}", menu=menu,
                run=partial(actions.setup.switch, field=field), why_not=setting_up,
                aliases=("switch field", "velocity"),
            )
            for field, title in field_carrier_switch.FIELDS.items()
        ),
    ]  # fmt: skip
