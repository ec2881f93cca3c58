"""The frame of the window, painted before what fills it is imported."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.core.destinations import DESTINATIONS, TITLES
from pushforward.studio.app.design.basic import Dot, column, label, row, separator, upright
from pushforward.studio.app.design.rail_button import WIDTH, RailButton
from pushforward.studio.app.design.theme import theme

__all__ = ["OpeningPage"]

TOP, STATUS = 44, 28  # pixels of the bars
RAIL = (*((each, TITLES[each]) for each in DESTINATIONS), ("settings", "Preferences"))


class OpeningPage(QWidget):
    """The bars, the rail and an empty sidebar, where the window has them. It takes no input: what
    is clicked while the window is filled goes to what comes in its place.

    Signals: painted: the first picture is on the screen.
    """

    painted = Signal()

    def __init__(self, sidebar: int) -> None:
        """``sidebar`` is the width of the sidebar in pixels."""
        super().__init__()
        self._seen = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        state = Dot(8)
        state.set_color(theme.colors().warm)
        top = _bar(label("Pushforward", "strong"))
        top.setFixedHeight(TOP)
        status = _bar(state, label("Opening…"), gap=6)
        status.setFixedHeight(STATUS)
        rail = QFrame()
        rail.setProperty("surface", "panel")
        rail.setFixedWidth(WIDTH)
        buttons = [RailButton(icon, title) for icon, title in RAIL]
        buttons[0].setChecked(True)
        column(*buttons[:-1], None, buttons[-1], parent=rail, gap=0, margins=(0, 6, 0, 6))
        column_left, canvas = QFrame(), QFrame()
        column_left.setProperty("surface", "panel")
        column_left.setFixedWidth(sidebar)
        canvas.setProperty("surface", "canvas")
        middle = row(rail, upright(), column_left, upright(), (canvas, 1), gap=0)
        column(top, separator(), (middle, 1), separator(), status, parent=self, gap=0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self, self.painted.emit)


def _bar(*parts: QWidget, gap: int = 12) -> QFrame:
    made = QFrame()
    made.setProperty("surface", "panel")
    row(*parts, None, parent=made, gap=gap, margins=(14, 0, 14, 0))
    return made
