"""The rail at the left edge: the four destinations, one below the other."""

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame

from pushforward.studio.app.commands.command_registry import Registry
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.destinations import (
    DESTINATIONS,
    TITLES,
    Destination,
    destination_of,
)
from pushforward.studio.app.design import icons
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS
from pushforward.studio.app.shell.top_bar import native

__all__ = ["Rail", "RailButton"]

WIDTH, HEIGHT = 72, 54
ICON = 18
INSET, AIR = 2.5, 4.0  # pixels from the edge to the frame, and from there to the word at least


def fitting_font(text: str, room: float) -> QFont:
    """Return the font of a word, smaller where it would touch its frame."""
    sizes = (11, 10, 9)
    fits = (size for size in sizes if QFontMetricsF(font(size)).horizontalAdvance(text) <= room)
    return font(next(fits, sizes[-1]))


class RailButton(QAbstractButton):
    """An icon with a word below it; a bar at its left where one is."""

    def __init__(self, icon: str, title: str) -> None:
        super().__init__()
        self._icon = icon
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        icons.repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def nextCheckState(self) -> None:
        """A click asks; only the place decides which is shown as chosen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave all but Space to the rail, which knows what is above and below."""
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, here = theme.colors(), self.isChecked()
        area = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            if here or self.underMouse() or self.hasFocus():
                painter.setBrush(QColor(tokens.raised if here else tokens.hover))
                painter.drawRoundedRect(area.adjusted(INSET, 1.5, -INSET, -1.5), RADIUS, RADIUS)
            if here:
                painter.fillRect(QRectF(0, 4, 2, area.height() - 8), QColor(tokens.accent))
            color = tokens.text if here or self.underMouse() else tokens.muted
            place = QRectF((area.width() - ICON) / 2, 9, ICON, ICON)
            icons.paint(painter, self._icon, place, color)
            room = area.width() - 2 * (INSET + AIR)
            painter.setFont(fitting_font(self.text(), room))
            painter.setPen(QColor(color))
            words = area.adjusted(0, 30, 0, -6)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())


class Rail(QFrame):
    """The destinations, and at the foot the preferences. One of them is a stop of Tab; the arrows
    go on from there.
    """

    def __init__(self, state: AppState, registry: Registry) -> None:
        super().__init__()
        self._state, self._registry = state, registry
        self.setProperty("surface", "panel")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Destinations")
        self.buttons: dict[Destination, RailButton] = {}
        layout = column(parent=self, gap=0, margins=(0, 6, 0, 6))
        for destination in DESTINATIONS:
            made = self._button(destination, TITLES[destination], destination)
            self.buttons[destination] = made
            layout.addWidget(made)
        layout.addStretch(1)
        self.preferences = self._button("settings", "Preferences", "preferences")
        layout.addWidget(self.preferences)
        state.place_changed.connect(self.refresh)
        self.refresh()

    def _button(self, icon: str, title: str, command: str) -> RailButton:
        made = RailButton(icon, title)
        known = self._registry[command]
        set_tip(made, f"{known.title} ({native(known.shortcut)})")
        made.clicked.connect(partial(self._registry.trigger, command))
        return made

    def refresh(self) -> None:
        """Show where one is."""
        here = destination_of(self._state.place)
        for destination, each in self.buttons.items():
            each.setChecked(destination == here)
            stop = Qt.FocusPolicy.StrongFocus if destination == here else Qt.FocusPolicy.ClickFocus
            each.setFocusPolicy(stop)
        self.preferences.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go up and down with the arrows; Return goes there."""
        every = [*self.buttons.values(), self.preferences]
        focused = self.focusWidget()
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if by and isinstance(focused, RailButton):
            every[(every.index(focused) + by) % len(every)].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(
            focused, RailButton
        ):
            focused.click()
        else:
            super().keyPressEvent(event)
