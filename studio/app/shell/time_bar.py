"""The time bar: training time and flow time, each with its track and what plays it.

Training is paused elsewhere: this bar only looks.
"""

from bisect import bisect_left

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import flows_in, has_history, moves_in
from pushforward.studio.app.core.run_edit_text import edit_notes
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import button, icon_button, label, row
from pushforward.studio.app.design.clock_slider import ClockSlider
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.shell.flow_clock import FlowClock
from pushforward.studio.app.shell.training_clock import TrainingClock

__all__ = ["SPEEDS", "PlayButton", "TimeBar"]

SPEEDS = (0.125, 0.25, 0.5, 1.0, 2.0)
FLOW_STEP = 1 / 24
BUTTON = 28  # pixels
ONE_STEP = "one step: no flow time"
FINISHED = "finished: t\u00a0=\u00a01"


class PlayButton(QAbstractButton):
    """A round button that plays a clock, or pauses it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._playing = name, False
        self.setFixedSize(QSize(BUTTON, BUTTON))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_playing(False)
        repaint_on_theme(self)

    def show_playing(self, playing: bool) -> None:
        """Show what a press would do."""
        self._playing = playing
        name = f"{'Pause' if playing else 'Play'} the {self._name}"
        self.setAccessibleName(name)
        set_tip(self, name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, on = theme.colors(), self.isEnabled()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 1))
            painter.setBrush(QColor(tokens.hover if self.underMouse() and on else tokens.raised))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.text if on else tokens.muted))
            painter.translate(self.width() / 2, self.height() / 2)
            if self._playing:
                painter.drawRoundedRect(QRectF(-4, -4.5, 3, 9), 1, 1)
                painter.drawRoundedRect(QRectF(1, -4.5, 3, 9), 1, 1)
            else:
                painter.drawPolygon(QPolygonF([QPointF(-3, -5), QPointF(5, 0), QPointF(-3, 5)]))


class TimeBar(QFrame):
    """Both clocks of the selected run. Commands call `toggle_play`, `step_training`,
    `step_flow` and `go_live`.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._clock = FlowClock(state.playback, self)
        self._tours = TrainingClock(state.playback, self._stops, self.step_training, self)
        self.setProperty("surface", "panel")
        self.setFixedHeight(80)
        self._tour = PlayButton("training snapshots")
        self._play = PlayButton("flow")
        self._live = button("Live", self.go_live, tip="Follow the newest training step")
        self._live.setCheckable(True)
        self._branch = icon_button("branch", "Branch from this step", actions.branching.ask_here)
        self._branch.setFixedSize(QSize(30, 30))
        self.training = ClockSlider("Training step", accent=True)
        set_tip(
            self.training,
            "Grey marks: snapshots. Orange marks: checkpoints, from which the training can "
            "continue or branch. Diamonds: changes.",
        )
        self.flow = ClockSlider("Flow time", accent=False)
        self._step, self._time = label(), label()
        self._speed = button("", self._next_speed, kind="quiet")
        self._loop = button("", self._state.playback.next_repeat, kind="quiet")
        self._lay_out()
        self._connect()
        self._sync()

    def _lay_out(self) -> None:
        live = row(self._live, self._branch, None, gap=6)
        manner = row(self._speed, self._loop, None, gap=2)
        tracks = QGridLayout(self)
        tracks.setContentsMargins(16, 4, 16, 4)
        tracks.setHorizontalSpacing(12)
        tracks.setVerticalSpacing(2)
        lines = (
            (self._tour, "Training", self.training, self._step, live),
            (self._play, "Flow", self.flow, self._time, manner),
        )
        for line, (play, name, slider, said, more) in enumerate(lines):
            title = label(name)
            said.setMinimumWidth(136)
            for place, part in enumerate((play, title, slider, said)):
                tracks.addWidget(part, line, place)
            tracks.addLayout(more, line, 4)
        self._clock_name = title
        self._flow_parts = (self._play, title, self.flow, self._time, self._speed, self._loop)
        tracks.setColumnMinimumWidth(1, 64)
        tracks.setColumnMinimumWidth(4, 150)
        tracks.setColumnStretch(2, 1)

    def _connect(self) -> None:
        runs = self._state.runs
        self._tour.clicked.connect(self.toggle_tour)
        self._play.clicked.connect(self.toggle_play)
        self.training.moved.connect(self._scrub)
        self.training.stepped.connect(self.step_training)
        self.training.noted.connect(lambda n: self._state.looked.look("event", str(n)))
        self.flow.moved.connect(lambda t: self._state.playback.set(flow=t, playing=False))
        self.flow.stepped.connect(self.step_flow)
        self._state.playback.changed.connect(self._sync)
        runs.selected.connect(self._sync)
        self._state.catalog_changed.connect(self._sync)
        news = (runs.progressed, runs.kept_changed, runs.changed, runs.record_arrived, runs.edited)
        for signal in news:
            signal.connect(self._of_run)

    # Intents

    def toggle_play(self) -> None:
        """Let the flow clock run, or stop it."""
        self._state.playback.set(playing=not self._state.playback.playing)

    def toggle_tour(self) -> None:
        """Let the training clock run from one kept step to the next, or stop it."""
        self._state.playback.set(touring=not self._state.playback.touring)

    def go_live(self) -> None:
        """Follow the newest training step."""
        self._state.playback.set(step=None, touring=False)
        self._sync()

    def step_training(self, n: int) -> None:
        """Go n stops on (or back); past the last one is live."""
        run, playback = self._state.runs.current, self._state.playback
        if run is None or not run.stops:
            return
        stops = run.stops
        place = len(stops)  # live comes after all stops
        if playback.step is not None:
            place = bisect_left(stops, playback.step)
            if n > 0 and playback.step not in stops:  # it was thinned out
                place -= 1
        elif n < 0 and stops[-1] == self._newest(run):
            place -= 1  # the last stop is what live shows: go to one that differs
        place += n
        live = place >= len(stops)
        playback.set(step=None if live else stops[max(0, place)])

    def step_flow(self, n: int) -> None:
        """Move the flow clock by n steps of 1/24."""
        playback = self._state.playback
        playback.set(flow=playback.flow + n * FLOW_STEP, playing=False)

    def _scrub(self, place: float) -> None:
        """Look at the stop nearest to a place on the track; its end is live."""
        run = self._state.runs.current
        if run is None or not run.stops:
            return
        step = place * self._total(run)
        nearest = min(run.stops, key=lambda stop: abs(stop - step))
        newest = self._newest(run)
        live = step >= newest or (abs(newest - step) < abs(nearest - step))
        self._state.playback.set(step=None if live else nearest, touring=False)

    def _stops(self) -> list[int]:
        run = self._state.runs.current
        return run.stops if run is not None else []

    def _next_speed(self) -> None:
        speed = self._state.playback.speed
        later = [s for s in SPEEDS if s > speed]
        self._state.playback.set(speed=later[0] if later else SPEEDS[0])

    # State to screen

    def _of_run(self, key: str) -> None:
        run = self._state.runs.current
        if run is not None and run.key == key:
            self._sync()

    @staticmethod
    def _newest(run: RunState) -> int:
        """Return the step that live shows: that of the newest record there is."""
        shown = [*run.kept[-1:], *([run.live.step] if run.live is not None else [])]
        return max(shown, default=run.step)

    @staticmethod
    def _total(run: RunState) -> int:
        return max(1, run.total, run.step, run.kept[-1] if run.kept else 0)

    def _sync(self, _key: str = "") -> None:
        playback, run = self._state.playback, self._state.runs.current
        for widget in (self._live, self.training):
            widget.setEnabled(run is not None)
        self._tour.setEnabled(run is not None and len(run.stops) > 1)
        catalog = self._state.catalog
        compared = run_comparison.compared(self._state.runs) if playback.compares else []
        driven: list[RunState | None] = [*compared] or [run]
        moves = any(moves_in(each, catalog) for each in driven)
        # Of a recommender the clock goes through the history of a user.
        history = not moves and has_history(run, catalog)
        flows = history or any(flows_in(each, catalog) for each in driven)
        for part in self._flow_parts:
            part.setVisible(moves or history)
            part.setEnabled(flows and not playback.idle)
        self._clock_name.setText("History" if history else "Flow")
        self.flow.setAccessibleName("History clock" if history else "Flow time")
        self._speed.setVisible(flows)
        self._loop.setVisible(flows)
        self._tour.show_playing(playback.touring)
        self._play.show_playing(playback.playing and not playback.idle)
        self._live.setChecked(playback.live)
        self._live.setText("● Live" if playback.live else "○ Live")
        flow = 1.0 if playback.idle else playback.flow
        t = f"{100 * flow:.0f} % of items" if history else f"t = {flow:.2f}"
        said = FINISHED if playback.idle else t
        self._time.setText(said if flows or not moves else ONE_STEP)
        for part in (self._time, self.flow):
            set_tip(part, playback.idle if flows else "")
        self.flow.show_state(flow, flow, t)
        self._speed.setText(f"{1 / playback.speed:g} s")
        ends = "the first item to the last" if history else "noise to data"
        set_tip(self._speed, f"Playback duration from {ends}")
        self._speed.setAccessibleName(f"Playback takes {1 / playback.speed:g} seconds")
        repeat = "ping-pong" if playback.ping_pong else "loop"
        self._loop.setText(repeat if playback.loop else "play once")
        set_tip(self._loop, "Repeat: loop, ping-pong (back to the noise) or play once")
        self._loop.setAccessibleName(self._loop.text())
        self._sync_training(run)

    def _sync_training(self, run: RunState | None) -> None:
        self._branch.setEnabled(run is not None and bool(run.stops))
        if run is None:
            self._step.setText("")
            self.training.show_state(0.0, 0.0, "No run is selected")
            return
        total, step = self._total(run), self._state.playback.step
        at = run.step if step is None else step
        words = f"step {at:,} of {total:,}"
        self._step.setText(words)
        if run.phases:
            words += f", {run.phases[run.phase_at(at)].title.lower()}"
        self._offer_branch(run)
        notes = edit_notes(run, self._state.catalog) if run.edits else []
        self.training.show_state(
            at / total,
            run.step / total,
            f"{words}, {'kept' if step is not None else 'live' if run.job else 'the newest'}",
            tuple(step / total for step in run.kept),
            tuple(step / total for step in run.checkpoints),
            tuple((note.step / total, f"Step {note.step:,}. {note.text}") for note in notes),
            tuple((phase.start / total, phase.title) for phase in run.phases),
        )

    def _offer_branch(self, run: RunState) -> None:
        step = self._state.playback.step
        if run.stops:
            at = run.stops[-1] if step is None else step
            words = f"Branch from step {at:,}…"
            set_tip(self._branch, words)
            self._branch.setAccessibleName(words)

    # Seen or not

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowStateChange:
            self._look()
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        self._clock.set_seen(self.isVisible() and not self.window().isMinimized())
