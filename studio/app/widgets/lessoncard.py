"""Slow motion on the canvas: the stages of a training step, each with its formula and source."""

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.state.session import AppState
from studio.app.theme import font, theme
from studio.app.widgets.basic import button, icon_button, label, row, section
from studio.app.widgets.formula import Formula
from studio.app.widgets.layerpanel import paint_chip
from studio.protocol.catalog import StageSpec

__all__ = ["LessonCard"]

WIDTH = 372
INDENT = 30  # of what is said of a stage
LOW = 560  # of the canvas, in pixels; below it only the present stage is listed
BETWEEN_MS = 1600  # from a stage that was drawn to the next
_KEY = "○ data    ● particles    ╱ where they go"
_KERNEL = "○ data    ● particles    ╱ smoothed by the kernel    ◦ a gradient step"


class _Number(QWidget):
    """The number of a stage in a circle: filled once it is done, ringed while it is looked at."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number, self._state = number, "coming"
        self.setFixedSize(22, 22)
        theme.changed.connect(self.update)

    def set_state(self, state: str) -> None:
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        circle = QRectF(2, 2, 18, 18)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            now, done = self._state == "now", self._state == "done"
            painter.setPen(QColor(tokens.accent if now or done else tokens.muted))
            painter.setBrush(QColor(tokens.accent) if now else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(circle)
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.on_accent if now else tokens.muted))
            painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), str(self._number))


class _Stage:
    """The widgets of one stage."""

    def __init__(self, number: int, spec: StageSpec) -> None:
        self.number = _Number(number)
        self.title = label(spec.title, wrap=True)
        self.formula = Formula(15)
        self.formula.setFixedWidth(WIDTH - 26 - INDENT)
        self.formula.set_text(spec.formula)
        self.source = label(spec.source, "small", wrap=True)
        self.line = QWidget()
        self.line.setLayout(row(self.number, self.title, gap=8))
        self.below = QWidget()
        inner = QVBoxLayout(self.below)
        inner.setContentsMargins(INDENT, 0, 0, 4)
        inner.setSpacing(2)
        inner.addWidget(self.formula)
        inner.addWidget(self.source)

    def show_state(self, state: str) -> None:
        self.number.set_state(state)
        self.below.setVisible(state == "now")
        self.title.setProperty("role", "" if state == "now" else "muted")
        self.title.style().unpolish(self.title)
        self.title.style().polish(self.title)


class LessonCard(QWidget):
    """Explains one step after the other; hidden while nothing is explained.

    Signals:
        resized: it came, went, or is higher than before.
    """

    resized = Signal()

    def __init__(self, parent: QWidget, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self._stages: dict[str, _Stage] = {}
        self._corner = (0, 0)
        self._low = False
        self.highest = 0  # pixels that it has taken: stages have different heights
        self._specs: list[StageSpec] = []
        self._step = label("", "small")
        self._legend = label(_KEY, "small", wrap=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(3)
        self.next = button("Next stage", actions.lesson.next_stage, kind="primary", icon="step")
        self.play = button("Play slowly", self._toggle, icon="play")
        self.end = icon_button("close", "Stop explaining", actions.lesson.end)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BETWEEN_MS)
        self._timer.timeout.connect(actions.lesson.next_stage)
        body = QVBoxLayout(self)
        body.setContentsMargins(14, 10, 12, 12)
        body.setSpacing(8)
        body.addLayout(row(section("Explain this moment"), None, self._step, self.end))
        body.addLayout(self._list)
        body.addWidget(self._legend)
        body.addLayout(row(self.next, self.play, None))
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Explain this moment")
        state.lesson.changed.connect(self.refresh)
        state.runs.staged.connect(self._staged)
        state.runs.changed.connect(self._changed)
        self.hide()

    @property
    def stage(self) -> StageSpec | None:
        """The stage that was done last."""
        run = self._state.runs.by_key.get(self._state.lesson.run)
        done = run.stage if run is not None else ""
        return next((spec for spec in self._specs if spec.name == done), None)

    def set_kernel(self, error: float | None) -> None:
        """Say how well the generator's kernel predicts a small step; None where it is not shown."""
        words = _KEY if error is None else f"{_KERNEL}\nThey differ by {error:.1%}."
        if words != self._legend.text():
            self._legend.setText(words)
            self.refresh()

    def anchor(self, left: int, bottom: int) -> None:
        """Stand on this place, whatever the height; where there is little room, be short."""
        low = bottom < LOW
        self._corner = (left, bottom)
        self.move(left, bottom - self.height())
        if low != self._low:
            self._low = low
            self.refresh()

    def set_stages(self, specs: list[StageSpec]) -> None:
        """Show the stages of a family."""
        if specs == self._specs:
            return
        self._specs = list(specs)
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._stages = {}
        for number, spec in enumerate(specs, 1):
            made = _Stage(number, spec)
            self._list.addWidget(made.line)
            self._list.addWidget(made.below)
            self._stages[spec.name] = made
        self.refresh()

    def refresh(self) -> None:
        """Show where the lesson is."""
        lesson = self._state.lesson
        run = self._state.runs.by_key.get(lesson.run)
        shown = run is not None and run is self._state.runs.current and bool(self._specs)
        self.setVisible(shown)
        if not shown or run is None:
            self._timer.stop()
            self._measure(0)
            return
        names = [spec.name for spec in self._specs]
        at = names.index(run.stage) if run.stage in names else -1
        for place, name in enumerate(names):
            state = "now" if place == at else "done" if place < at else "coming"
            self._stages[name].show_state(state)
            self._stages[name].line.setVisible(not self._low or place == max(at, 0))
        self._step.setText(f"step {run.step + 1:,}, stage {at + 1} of {len(names)}")
        self.next.setEnabled(run.state == "paused")
        self.play.setText("Stop" if lesson.playing else "Play slowly")
        self.play.setAccessibleName(self.play.text())
        self.adjustSize()
        self.anchor(*self._corner)
        self._measure(max(self.highest, self.height()))

    def _measure(self, highest: int) -> None:
        if highest != self.highest:
            self.highest = highest
            self.resized.emit()

    def _toggle(self) -> None:
        self._timer.stop()
        self._actions.lesson.play(not self._state.lesson.playing)

    def _staged(self, key: str) -> None:
        lesson = self._state.lesson
        if key == lesson.run:
            self.refresh()
            if lesson.playing:
                self._timer.start()

    def _changed(self, key: str) -> None:
        run = self._state.runs.by_key.get(key)
        if key != self._state.lesson.run or run is None:
            return
        if not run.job:
            self._state.lesson.set(run="")  # it ended, or its engine did
        else:
            self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)
