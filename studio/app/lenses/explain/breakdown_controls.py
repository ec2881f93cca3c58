"""Freezing a moment of a training, and walking along its stages: the buttons of two lenses."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.step_breakdown import Moment
from pushforward.studio.app.design.basic import button, icon_button
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.lenses.explain.stage_list import StageList

__all__ = ["Freezing"]

BETWEEN_MS = 1600  # from a stage to the next, where they follow by themselves


class Freezing(QObject):
    """Holds the buttons, and knows which moment is frozen of the run that a lens follows.

    Signals:
        turned: another stage is looked at, or the moment has changed.
    """

    turned = Signal()

    def __init__(
        self,
        lens: QWidget,
        state: AppState,
        actions: Actions,
        following: Following,
        stages: StageList,
    ) -> None:
        super().__init__(lens)
        self._lens, self._state, self._actions = lens, state, actions
        self._following, self._stages = following, stages
        self.play = QTimer(self)
        self.play.setInterval(BETWEEN_MS)
        self.play.timeout.connect(self._played)
        self.freeze = button("Explain this step", self._freeze, icon="explain")
        self.frozen = button("", actions.moment.let_go, kind="chip", icon="close")
        self.back = icon_button("chevron-left", "The stage before", lambda: self._turn(-1))
        self.next = button("Next stage", lambda: self._turn(1))
        self.slowly = button("Play", self._toggle, icon="play")
        set_tip(self.slowly, "Play one training step stage by stage")
        state.moment.changed.connect(self._moved)
        stages.chosen.connect(self._choose)

    @property
    def moment(self) -> Moment | None:
        """The moment that is frozen, if it is one of the run that is shown."""
        run, moment = self._following.run, self._state.moment
        return moment if run is not None and moment.run == run.key else None

    def why_not(self) -> str:
        """Say why no moment can be frozen now, "" where one can."""
        run = self._following.run
        if run is None or (run.here and run.state not in ("running", "paused")):
            return "Available once the training has started"
        if not run.here and not run.checkpoints:
            return "Available while the run trains in this window, or from a checkpoint"
        return "Loading stages…" if self._state.moment.walking else ""

    def tell(self) -> None:
        """Let the buttons say what they do now."""
        run, moment, why = self._following.run, self.moment, self.why_not()
        self.freeze.setEnabled(not why)
        tip = "Run the next step stage by stage and record the inputs of each stage"
        if run is not None and not run.here:
            tip = "Repeat the step after a checkpoint stage by stage; the run is unchanged"
        set_tip(self.freeze, why or tip)
        self.freeze.setText("Another step" if moment is not None else "Explain this step")
        self.frozen.setVisible(moment is not None)
        self.slowly.setText("Stop" if self.play.isActive() else "Play")
        at, last = self._stages.currentRow(), self._stages.count() - 1
        self.back.setEnabled(at > 0)
        self.next.setEnabled(at < last)
        if run is not None and moment is not None:
            after = f"Step after {moment.step:,}"
            self.frozen.setText(f"Frozen: step {moment.step + 1:,}" if moment.live else after)
            back = "Follow the training again" if moment.live else "Back to the run"
            set_tip(self.frozen, back)

    def going(self, run: RunState) -> str:
        """Say what the training does while a moment stands still."""
        if self._state.moment.walking:
            return "Walking through the step"
        return "The training continues" if run.job and run.state == "running" else ""

    def _freeze(self) -> None:
        run = self._following.run
        if run is not None:
            self._actions.moment.freeze(run.key)

    def _choose(self, stage: str) -> None:
        if self.moment is not None:
            self._state.moment.look(stage)
        self.turned.emit()

    def _turn(self, by: int) -> None:
        self.play.stop()
        self._stages.turn(by)
        self.turned.emit()

    def _toggle(self) -> None:
        if self.play.isActive():
            self.play.stop()
        else:
            if self.moment is None and not self.why_not():
                self._freeze()
            self._stages.setCurrentRow(0)
            self.play.start()
        self.turned.emit()

    def _played(self) -> None:
        moment = self.moment
        if moment is not None and moment.walking:
            return  # the step is being recorded
        if not self._lens.isVisible() or not self._stages.turn(1):
            self.play.stop()
        self.turned.emit()

    def _moved(self) -> None:
        """Follow the moment to the stage that is looked at."""
        self._following.watch()
        moment = self.moment
        if moment is not None and moment.at:
            self._stages.select(moment.at)
        self.turned.emit()
