"""A recorded training that can be played and scrubbed within a page of the help."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.charts.recorded_motion import Recording
from pushforward.studio.app.charts.transition import Transition
from pushforward.studio.app.design.basic import column, icon_button, label, row
from pushforward.studio.app.design.clock_slider import ClockSlider
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import theme

__all__ = ["RecordedCanvas"]

SECONDS = 5.0  # that a recording plays
ARROW = 0.02  # of the recording, by a key


class _Picture(QWidget):
    """The particles; a click opens the recipe."""

    clicked = Signal()

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording, self.share = recording, 1.0

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.colors().background))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._recording.paint(painter, QRectF(self.rect()), self.share)


class RecordedCanvas(QFrame):
    """Lies over a picture of the page; it shows the end, as the picture does, until it is played.

    Signals:
        opened: the recipe is wanted.
    """

    opened = Signal()

    def __init__(self, recording: Recording, parent: QWidget) -> None:
        super().__init__(parent)
        self._recording = recording
        self.setProperty("surface", "canvas")  # opaque: the picture of the page is below
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.picture = _Picture(recording)
        self.picture.clicked.connect(self.opened)
        set_tip(self.picture, "Open the recipe of this recording")
        self.play = icon_button("play", "Play the recorded training", self._toggle)
        self.clock = ClockSlider("Training step of the recording", accent=True)
        self.clock.moved.connect(self._scrub)
        self.clock.stepped.connect(lambda by: self._scrub(self.picture.share + by * ARROW))
        self._step = label("", "small")
        self._motion = Transition(self)
        self._motion.ticked.connect(lambda: self.show_at(self._motion.now))
        line = row(self.play, (self.clock, 1), self._step, margins=(8, 0, 10, 4))
        column((self.picture, 1), line, parent=self, gap=0)
        theme.changed.connect(self.update)
        self.show_at(1.0)

    @property
    def step(self) -> float:
        """The training step that is shown."""
        return self._recording.at(self.picture.share)[0]

    def show_at(self, share: float) -> None:
        """Show a share of the recording, in [0, 1]."""
        self.picture.share = min(1.0, max(0.0, share))
        text = f"step {self.step:,.0f} of {self._recording.steps[-1]:,}"
        self._step.setText(text)
        self.clock.show_state(self.picture.share, 1.0, text)
        self.picture.update()

    def _scrub(self, share: float) -> None:
        self._motion.stop()
        self.show_at(share)

    def _toggle(self) -> None:
        if self._motion.active:
            self._motion.stop()
        else:
            self._motion.start(SECONDS)
