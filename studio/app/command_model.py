"""Commands about the model that is set up: the switch, and each model by its name."""

from functools import partial

from studio.app.actions import Actions
from studio.app.commands import Command
from studio.app.state import drafts, switch
from studio.app.state.session import AppState

__all__ = ["found_models", "model_commands"]


def model_commands(state: AppState, actions: Actions) -> list[Command]:
    """Return the commands that exchange field and carrier."""
    menu = "Model"

    def setting_up() -> str:
        ready = state.place == "setup" and state.draft is not None and state.catalog is not None
        return "" if ready else "Open a recipe or set up a run first."

    def in_grid() -> str:
        draft = state.draft
        entry = drafts.entry_of(draft.spec, "family", state.catalog) if draft else None
        if entry is None or entry.field not in switch.FIELDS:
            return setting_up() or "This model is not made of a field and a carrier."
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
            for field, title in switch.FIELDS.items()
        ),
    ]  # fmt: skip


def found_models(state: AppState, actions: Actions) -> list[Command]:
    """Return a command for each model, by which a search finds it."""
    catalog = state.catalog
    if catalog is None:
        return []

    def why_not() -> str:
        ready = state.engine.state in ("ready", "busy")
        return "" if ready else "The engine is not ready."

    return [
        Command(
            id=f"model-{entry.slug}",
            title=f"Set up {entry.title}",
            menu="Model",
            run=partial(actions.setup.open_model, entry.slug),
            aliases=(entry.title, entry.slug),
            why_not=why_not,
        )
        for entry in catalog.of("family")
    ]
