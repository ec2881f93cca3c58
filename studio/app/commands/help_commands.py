"""Commands that open the help: where one is, each page that was written, diagnostics, and About."""

from collections.abc import Callable
from functools import partial

from pushforward.studio.app.commands.command_registry import Command
from pushforward.studio.app.core import draft_spec, help_pages
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["help_commands"]


def help_commands(
    state: AppState,
    actions: Actions,
    show_diagnostics: Callable[[], None],
    show_about: Callable[[], None],
) -> list[Command]:
    """Return the commands of the menu Help that show pages, diagnostics, and About."""
    menu = "Help"

    def here() -> None:
        """Show what is known of the model on the screen, else the first page."""
        run = state.runs.current if state.place == "run" else None
        spec = run.spec if run is not None else None
        if state.place == "setup" and state.draft is not None:
            spec = state.draft.spec
        entry = draft_spec.entry_of(spec, "family", state.catalog) if spec is not None else None
        state.show_help(
            help_pages.family_slug(entry.slug) if entry is not None else state.help_page
        )

    return [
        Command(
            id="help", title="Help", menu=menu, shortcut="F1", run=here, icon="help",
            aliases=("manual", "documentation", "learn", "model", "settings"),
        ),
        *(
            Command(
                id=f"help-{page.slug}", title=page.title, menu=menu,
                run=partial(state.show_help, page.slug), aliases=("help", "learn"),
            )
            for page in help_pages.written()
        ),
        Command(
            id="diagnostics", title="Diagnostics…", menu=menu, run=show_diagnostics,
            aliases=("log", "crash", "bug report", "zip", "versions", "support"),
        ),
        Command(
            id="about", title="About…", menu=menu, run=show_about,
            aliases=("version", "licences", "licenses", "updates", "check for updates", "commit"),
        ),
    ]  # fmt: skip
