"""Everything that a person can want from the studio, by concern: what views and commands call.

An action writes the state or sends a command; what the engine makes of it comes back as events.
"""

from pushforward.studio.app.intents.background import BackgroundIntents
from pushforward.studio.app.intents.base import Link
from pushforward.studio.app.intents.branching import BranchingIntents
from pushforward.studio.app.intents.comparing import ComparingIntents
from pushforward.studio.app.intents.covers import CoverIntents
from pushforward.studio.app.intents.data import DataIntents
from pushforward.studio.app.intents.dropped import DroppedIntents
from pushforward.studio.app.intents.edits import EditIntents
from pushforward.studio.app.intents.engine import EngineIntents
from pushforward.studio.app.intents.export import ExportIntents
from pushforward.studio.app.intents.folder import FolderIntents
from pushforward.studio.app.intents.hand import HandIntents
from pushforward.studio.app.intents.keeping import KeepingIntents
from pushforward.studio.app.intents.labels import LabelIntents
from pushforward.studio.app.intents.looking import LookingIntents
from pushforward.studio.app.intents.moments import MomentIntents
from pushforward.studio.app.intents.operating import OperatingIntents
from pushforward.studio.app.intents.places import PlaceIntents
from pushforward.studio.app.intents.project import ProjectIntents
from pushforward.studio.app.intents.racing import RacingIntents
from pushforward.studio.app.intents.rules import RuleIntents
from pushforward.studio.app.intents.runs import RunIntents
from pushforward.studio.app.intents.setup import SetupIntents
from pushforward.studio.app.intents.training import TrainingIntents
from pushforward.studio.app.intents.windows import WindowIntents
from pushforward.studio.app.state.session import AppState

__all__ = ["Actions"]


class Actions:
    """All intents; each group is given the others that it needs (`studio.app.intents`).

    What only the lens of one kind of data wants, it makes itself of the ``link``.
    """

    def __init__(self, state: AppState, link: Link) -> None:
        self.link = link
        self.runs = RunIntents(state, link)
        self.labels = LabelIntents(state, link)
        self.looking = LookingIntents(state, link)
        self.rules = RuleIntents(state, link, self.looking)
        self.operating = OperatingIntents(state, link)
        self.comparing = ComparingIntents(state, link, self.runs)
        self.training = TrainingIntents(state, link, self.runs)
        self.engine = EngineIntents(state, link, self.training)
        self.dropped = DroppedIntents(state, link)
        self.branching = BranchingIntents(state, link, self.runs)
        self.edits = EditIntents(state, link)
        self.hand = HandIntents(state, link, self.edits)
        self.moment = MomentIntents(state, link)
        self.setup = SetupIntents(state, link)
        self.keeping = KeepingIntents(state, link, self.setup)
        self.race = RacingIntents(state, link, self.setup, self.runs, self.comparing)
        self.data = DataIntents(state, link)
        self.covers = CoverIntents(state, link)
        self.places = PlaceIntents(state, link, self.runs, self.data)
        self.project = ProjectIntents(state, link, self.runs, self.data)
        self.background = BackgroundIntents(state, link, self.project)
        self.folder = FolderIntents(state, link)
        self.windows = WindowIntents(state, link)
        self.export = ExportIntents(state, link)
        state.job_ended.connect(self.project.job_ended)
        state.runs.listed.connect(self.background.follow)
        for signal in (state.draft_changed, state.draft_checked):
            signal.connect(self.race.follow_draft)
