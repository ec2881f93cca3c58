"""The middle of the window: Discover, the setup, data, or the lenses of a run."""

import importlib
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedWidget, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.design.basic import Elided, column, label, row
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.data_page import DataView
from pushforward.studio.app.places.discover.discover_page import Discover
from pushforward.studio.app.places.learn.help_page import HelpView
from pushforward.studio.app.places.setup.setup_page import SetupView
from pushforward.studio.app.shell.banners import Banners
from pushforward.studio.app.shell.job_strip import JobStrip
from pushforward.studio.app.shell.lens_tabs import Lenses
from pushforward.studio.app.shell.welcome_strip import WelcomeStrip

__all__ = ["Canvas"]


PARTS = 1000  # of the bar
THICK = 3  # pixels


class ReplayStrip(QFrame):
    """Hidden unless the run on the canvas replays."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label("", "strong")
        self.facts = Elided("", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, PARTS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(THICK)
        self.bar.setAccessibleName("Replay")
        line = row(self.text, (self.facts, 1), gap=10, margins=(14, 7, 14, 6))
        column(line, self.bar, parent=self, gap=0)
        runs = state.runs
        for changed in (runs.changed, runs.progressed, runs.selected):
            changed.connect(lambda _: self.refresh())
        state.place_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show where the replay is."""
        run = self._state.runs.current if self._state.place == "run" else None
        replay = replay_of(run) if run is not None else None
        self.setVisible(replay is not None)
        if replay is None or run is None:
            return
        self.text.setText(replay.text)
        how = "paused" if run.state == "paused" else replay.left
        facts = [how, f"step {replay.step:,}", replay.origin]
        self.facts.set_text(" · ".join(filter(None, facts)))
        self.bar.setValue(round(PARTS * replay.share))


class Canvas(QWidget):
    """Shows the page of the state's place, with lasting messages above it."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._actions = actions
        self.setProperty("surface", "canvas")
        self.setAccessibleName("Canvas")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        layout = column(parent=self, gap=0)
        self.pages = QStackedWidget(self)
        self.discover = Discover(state, actions, self.pages)
        self.setup = SetupView(state, actions, self.pages)
        self.data = DataView(state, actions, self.pages)
        self.help = HelpView(state, actions, self.pages)
        self.lenses = Lenses(state, actions, self.pages)
        self._pages: dict[str, QWidget] = {
            "discover": self.discover,
            "setup": self.setup,
            "data": self.data,
            "help": self.help,
            "run": self.lenses,
        }
        for page in self._pages.values():
            self.pages.addWidget(page)
        layout.addWidget(Banners(state))
        self.replay = ReplayStrip(state)
        layout.addWidget(self.replay)
        self.welcome = WelcomeStrip(state, actions)
        layout.addWidget(self.welcome)
        self.jobs = JobStrip(state, actions)  # lies over it, where toasts do
        self.jobs.setParent(self)
        layout.addWidget(self.pages, 1)
        self._recorder: Any = None  # built when it is first used
        self.lenses.record_wanted.connect(self.toggle_record)
        state.place_changed.connect(self.refresh)
        state.catalog_changed.connect(self.refresh)
        state.engine_changed.connect(self._follow_engine)
        state.runs.selected.connect(lambda _: self.refresh())
        state.runs.compared.connect(self.refresh)
        state.window.show_lens.connect(self.lenses.want)
        self.refresh()

    def toggle_record(self) -> None:
        """Record the lens in front, or end that."""
        if self._recorder is None:
            module = importlib.import_module("pushforward.studio.app.shell.record_strip")
            self._recorder = module.RecordStrip(self._state, lambda: self.lenses.scene)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._recorder)
        self._recorder.toggle()

    def _make_runs(self) -> QWidget:
        module = importlib.import_module("pushforward.studio.app.places.runs.runs_page")
        page: QWidget = module.RunsPage(self._state, self._actions)
        self.pages.addWidget(page)
        return page

    def _follow_engine(self) -> None:
        """Until the engine has named the models, say whether it is still to be waited for."""
        if self._state.catalog is None:
            self.refresh()

    def refresh(self) -> None:
        """Show the page of the place."""
        if self._state.place == "runs" and "runs" not in self._pages:
            self._pages["runs"] = self._make_runs()
        self.pages.setCurrentWidget(self._pages[self._state.place])
        if self._state.place == "run":
            self.lenses.refresh()
