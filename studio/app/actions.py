"""Everything that a person can want from the studio, by concern: what views and commands call.

An action writes the state or sends a command; what the engine makes of it comes back as events.
"""

from studio.app.intents.background import BackgroundIntents
from studio.app.intents.base import Link
from studio.app.intents.branching import BranchingIntents
from studio.app.intents.comparing import ComparingIntents
from studio.app.intents.covers import CoverIntents
from studio.app.intents.data import DataIntents
from studio.app.intents.dropped import DroppedIntents
from studio.app.intents.edits import EditIntents
from studio.app.intents.engine import EngineIntents
from studio.app.intents.export import ExportIntents
from studio.app.intents.folder import FolderIntents
from studio.app.intents.hand import HandIntents
from studio.app.intents.keeping import KeepingIntents
from studio.app.intents.labels import LabelIntents
from studio.app.intents.looking import LookingIntents
from studio.app.intents.moments import MomentIntents
from studio.app.intents.operating import OperatingIntents
from studio.app.intents.places import PlaceIntents
from studio.app.intents.project import ProjectIntents
from studio.app.intents.racing import RacingIntents
from studio.app.intents.rules import RuleIntents
from studio.app.intents.runs import RunIntents
from studio.app.intents.setup import SetupIntents
from studio.app.intents.training import TrainingIntents
from studio.app.intents.windows import WindowIntents
from studio.app.state.session import AppState

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
