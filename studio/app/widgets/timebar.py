"""The time bar: training time and flow time, each with its track; play, step, live, speed, loop.

Playing moves the flow clock. Training is paused elsewhere: this bar only looks.
"""

from bisect import bisect_left

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QHBoxLayout

from studio.app.actions import Actions
from studio.app.edit_words import edit_notes
from studio.app.kinds.registry import moves_in
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.theme import theme
from studio.app.widgets.basic import button, icon_button, label, row
from studio.app.widgets.clockslider import ClockSlider
from studio.app.widgets.flowclock import FlowClock
from studio.app.widgets.literal import set_tip

__all__ = ["SPEEDS", "TimeBar", "TransportButton"]

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)
FLOW_STEP = 1 / 24


class TransportButton(QAbstractButton):
    """A round button with a glyph: "play", "pause", "back" or "forward"."""

    def __init__(self, glyph: str, name: str, size: int, *, primary: bool = False) -> None:
        super().__init__()
        self._glyph, self._primary = glyph, primary
        self.setFixedSize(QSize(size, size))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_glyph(glyph, name)
        theme.changed.connect(self.update)

    def set_glyph(self, glyph: str, name: str) -> None:
        """Change what the button shows and is called."""
        self._glyph = glyph
        self.setAccessibleName(name)
        set_tip(self, name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        on = self.isEnabled()
        ground = tokens.accent if self._primary and on else tokens.raised
        if self.underMouse() and on:
            ground = tokens.accent_hover if self._primary else tokens.hover
        ink = tokens.on_accent if self._primary and on else tokens.text if on else tokens.muted
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = QColor(tokens.text if self._primary else tokens.accent)
            rest = QColor(tokens.line) if not self._primary else QColor(ground)
            painter.setPen(QPen(edge, 2) if self.hasFocus() else QPen(rest, 1))
            painter.setBrush(QColor(ground))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ink))
            painter.translate(self.width() / 2, self.height() / 2)
            painter.scale(self.width() / 32, self.width() / 32)
            _glyph(painter, self._glyph)


def _glyph(painter: QPainter, glyph: str) -> None:
    """Draw a glyph around the origin, for a button of 32 pixels."""
    if glyph == "pause":
        painter.drawRoundedRect(QRectF(-5, -5.5, 3.6, 11), 1, 1)
        painter.drawRoundedRect(QRectF(1.4, -5.5, 3.6, 11), 1, 1)
        return
    if glyph == "play":
        painter.drawPolygon(QPolygonF([QPointF(-4, -6), QPointF(6, 0), QPointF(-4, 6)]))
        return
    side = 1 if glyph == "forward" else -1
    tip = [QPointF(-4 * side, -5), QPointF(3 * side, 0), QPointF(-4 * side, 5)]
    painter.drawPolygon(QPolygonF(tip))
    painter.drawRect(QRectF(min(3.4 * side, 5.2 * side), -5, 1.8, 10))


class TimeBar(QFrame):
    """Both clocks of the selected run. Commands call `toggle_play`, `step_training`,
    `step_flow` and `go_live`.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._clock = FlowClock(state.playback, self)
        self.setProperty("surface", "panel")
        self.setFixedHeight(88)
        self._back = TransportButton("back", "Earlier kept step", 30)
        self._play = TransportButton("play", "Play the flow", 38, primary=True)
        self._forward = TransportButton("forward", "Later kept step", 30)
        self._live = button("Live", self.go_live, tip="Follow the newest training step")
        self._live.setCheckable(True)
        self._branch = icon_button("branch", "Branch from this step", actions.branching.ask_here)
        self._branch.setFixedSize(QSize(30, 30))
        self.training = ClockSlider("Training step", accent=True)
        set_tip(
            self.training,
            "Grey marks: steps whose particles are kept. Orange marks: checkpoints, from which the "
            "training can go on or branch. Diamonds: what was changed.",
        )
        self.flow = ClockSlider("Flow time", accent=False)
        self._step, self._time = label(), label()
        self._speed = button("", self._next_speed, kind="quiet")
        self._loop = button("", self._toggle_loop, kind="quiet")
        self._lay_out()
        self._connect()
        self._sync()

    def _lay_out(self) -> None:
        transport = row(self._back, self._play, self._forward, self._live, self._branch, gap=8)
        tracks = QGridLayout()
        tracks.setHorizontalSpacing(12)
        tracks.setVerticalSpacing(4)
        for line, (name, slider, words) in enumerate(
            (("Training", self.training, self._step), ("Flow", self.flow, self._time))
        ):
            title = label(name, "muted")
            tracks.addWidget(title, line, 0)
            tracks.addWidget(slider, line, 1)
            words.setMinimumWidth(136)
            tracks.addWidget(words, line, 2)
        self._flow_parts = (self._play, title, self.flow, self._time, self._speed, self._loop)
        tracks.setColumnMinimumWidth(0, 72)
        tracks.setColumnStretch(1, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 8, 16, 8)
        whole.setSpacing(32)
        whole.addLayout(transport)
        whole.addLayout(tracks, 1)
        whole.addLayout(row(self._speed, self._loop, gap=2))

    def _connect(self) -> None:
        runs = self._state.runs
        self._back.clicked.connect(lambda: self.step_training(-1))
        self._forward.clicked.connect(lambda: self.step_training(1))
        self._play.clicked.connect(self.toggle_play)
        self.training.moved.connect(self._scrub)
        self.training.stepped.connect(self.step_training)
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

    def go_live(self) -> None:
        """Follow the newest training step."""
        self._state.playback.set(step=None)
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
        self._state.playback.set(step=None if live else nearest)

    def _next_speed(self) -> None:
        speed = self._state.playback.speed
        later = [s for s in SPEEDS if s > speed]
        self._state.playback.set(speed=later[0] if later else SPEEDS[0])

    def _toggle_loop(self) -> None:
        self._state.playback.set(loop=not self._state.playback.loop)

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
        for widget in (self._back, self._play, self._forward, self._live, self.training, self.flow):
            widget.setEnabled(run is not None)
        moves = moves_in(run, self._state.catalog)
        for part in self._flow_parts:
            part.setVisible(moves)
        playing = playback.playing
        self._play.set_glyph(
            "pause" if playing else "play", "Pause the flow" if playing else "Play the flow"
        )
        self._live.setChecked(playback.live)
        self._live.setText("● Live" if playback.live else "○ Live")
        t = f"t = {playback.flow:.2f}"
        self._time.setText(t)
        self.flow.show_state(playback.flow, playback.flow, t)
        self._speed.setText(f"speed {playback.speed:g}×")
        set_tip(self._speed, "How fast the flow plays: flow times a second")
        self._speed.setAccessibleName(f"Speed {playback.speed:g} flow times a second")
        self._loop.setText("loop on" if playback.loop else "loop off")
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
        words = f"step {at:,} / {total:,}"
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
