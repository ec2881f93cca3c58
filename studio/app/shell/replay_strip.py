"""Above the lenses while a branch replays its parent: what is going on, how far, how long still."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QProgressBar

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.design.basic import Elided, column, label, row

__all__ = ["ReplayStrip"]

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
        line = row(self.text, self.facts, gap=10)
        line.setStretch(1, 1)
        line.setContentsMargins(14, 7, 14, 6)
        page = column(gap=0)
        page.addLayout(line)
        page.addWidget(self.bar)
        self.setLayout(page)
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
