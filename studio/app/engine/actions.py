"""Everything that a person can want from the studio, by concern: what views and commands call.

An action writes the state or sends a command; what the engine makes of it comes back as events.
"""

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.engine_link import EngineLink
from pushforward.studio.app.engine.requests.background_training import BackgroundIntents
from pushforward.studio.app.engine.requests.branch_requests import BranchingIntents
from pushforward.studio.app.engine.requests.breakdown_requests import MomentIntents
from pushforward.studio.app.engine.requests.comparison_requests import ComparingIntents
from pushforward.studio.app.engine.requests.computer_requests import ComputerIntents
from pushforward.studio.app.engine.requests.cover_requests import CoverIntents
from pushforward.studio.app.engine.requests.data_requests import DataIntents
from pushforward.studio.app.engine.requests.draft_storage import KeepingIntents
from pushforward.studio.app.engine.requests.engine_status import EngineIntents
from pushforward.studio.app.engine.requests.export_requests import ExportIntents
from pushforward.studio.app.engine.requests.folder_watcher import FolderIntents
from pushforward.studio.app.engine.requests.label_requests import LabelIntents
from pushforward.studio.app.engine.requests.lost_queue import DroppedIntents
from pushforward.studio.app.engine.requests.navigation import PlaceIntents
from pushforward.studio.app.engine.requests.operator_requests import OperatingIntents
from pushforward.studio.app.engine.requests.project_requests import ProjectIntents
from pushforward.studio.app.engine.requests.race_requests import RacingIntents
from pushforward.studio.app.engine.requests.real_samples import RealSamples
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.app.engine.requests.setup_requests import SetupIntents
from pushforward.studio.app.engine.requests.target_edits import HandIntents
from pushforward.studio.app.engine.requests.training_edits import EditIntents
from pushforward.studio.app.engine.requests.training_requests import TrainingIntents
from pushforward.studio.app.engine.requests.validity_rules import RuleIntents
from pushforward.studio.app.engine.requests.view_requests import LookingIntents
from pushforward.studio.app.engine.requests.welcome_requests import WelcomeIntents
from pushforward.studio.app.engine.requests.window_registry import WindowIntents

__all__ = ["Actions"]


class Actions:
    """All intents; each group is given the others that it needs (`studio.app.engine.requests`).

    What only the lens of one kind of data wants, it makes itself of the ``link``.
    """

    def __init__(self, state: AppState, link: EngineLink) -> None:
        self.link = link
        self.computers = ComputerIntents(state, link)
        self.runs = RunIntents(state, link)
        self.labels = LabelIntents(state, link)
        self.looking = LookingIntents(state, link)
        self.real_samples = RealSamples(state, link)
        self.rules = RuleIntents(state, link, self.real_samples)
        self.operating = OperatingIntents(state, link)
        self.comparing = ComparingIntents(state, link, self.runs)
        self.training = TrainingIntents(state, link, self.runs)
        self.welcome = WelcomeIntents(state, link, self.runs, self.training)
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
        self.project = ProjectIntents(state, link, self.runs, self.data, self.computers.prepare)
        self.computers.opens_with(self.project.open)
        self.background = BackgroundIntents(state, link, self.project)
        self.folder = FolderIntents(state, link)
        self.windows = WindowIntents(state, link)
        self.export = ExportIntents(state, link)
        state.job_ended.connect(self.project.job_ended)
        state.runs.listed.connect(self.background.follow)
        for signal in (state.draft_changed, state.draft_checked):
            signal.connect(self.race.follow_draft)
