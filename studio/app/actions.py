"""Everything that a person can want from the studio, as methods: what views and commands call.

An action writes the state or sends a command; what the engine makes of it comes back as events.
"""

from studio.app.intents.background import BackgroundIntents
from studio.app.intents.base import Link
from studio.app.intents.branching import BranchingIntents
from studio.app.intents.data import DataIntents
from studio.app.intents.edits import EditIntents
from studio.app.intents.engine import EngineIntents
from studio.app.intents.export import ExportIntents
from studio.app.intents.hand import HandIntents
from studio.app.intents.lessons import LessonIntents
from studio.app.intents.looking import LookingIntents
from studio.app.intents.racing import RacingIntents
from studio.app.intents.setup import SetupIntents
from studio.app.state.session import AppState

__all__ = ["Actions"]


class Actions(
    EngineIntents,
    RacingIntents,
    SetupIntents,
    HandIntents,
    LessonIntents,
    EditIntents,
    BackgroundIntents,
    DataIntents,
    ExportIntents,
    LookingIntents,
    BranchingIntents,
):
    """All intents together; see the groups in `studio.app.intents`."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        state.job_ended.connect(self.job_ended)
        state.runs.listed.connect(self.follow_background)
        for signal in (state.draft_changed, state.draft_checked):
            signal.connect(self.race_follows_draft)

    def start_recipe(self, slug: str) -> None:
        """Open a recipe and start it at once."""
        recipe = next((r for r in self.state.recipes if r.slug == slug), None)
        if recipe is not None:
            self.open_recipe(recipe)
            self.start()
