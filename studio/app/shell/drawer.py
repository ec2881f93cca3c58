"""The drawer above the status bar: what is looked at now and then, from wherever one is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QStackedWidget, QWidget

from pushforward.studio.app.design.basic import column, icon_button, label, row
from pushforward.studio.app.design.literal_text import PushButton, set_tip

__all__ = ["Drawer", "DrawerContent", "Opener"]


@dataclass(frozen=True)
class DrawerContent:
    """Something that the drawer holds; it is made when it is first looked at."""

    title: str
    make: Callable[[], QWidget]


class Drawer(QFrame):
    """Shows one of the things it holds, or is closed.

    Signals:
        turned: the name of what it shows now, "" where it was closed.
        left: the name of what was shown, where it was closed from inside.
    """

    turned = Signal(str)
    left = Signal(str)

    def __init__(self, held: Mapping[str, DrawerContent]) -> None:
        super().__init__()
        self._held = held
        self._made: dict[str, QWidget] = {}
        self.shown = ""
        self.setProperty("surface", "panel")
        self.setMinimumHeight(120)
        self._title = label("", "strong")
        self.close_button = icon_button("close", "Close (Esc)", lambda: self.show_held(""))
        self._stack = QStackedWidget()
        head = row(self._title, None, self.close_button, margins=(16, 6, 10, 2))
        column(head, (self._stack, 1), parent=self, gap=0)
        self.hide()

    def show_held(self, name: str) -> None:
        """Open at what is called so; "" closes it, and the keyboard goes back to what opens it if
        it was inside.
        """
        before, at = self.shown, QApplication.focusWidget()
        inside = at is not None and self.isAncestorOf(at)
        if name and name not in self._made:
            self._made[name] = self._held[name].make()
            self._stack.addWidget(self._made[name])
        self.shown = name
        if name:
            self._title.setText(self._held[name].title)
            self.setAccessibleName(self._held[name].title)
            self._stack.setCurrentWidget(self._made[name])
        self.setVisible(bool(name))
        self.turned.emit(name)
        if inside and not name:
            self.left.emit(before)

    def toggle(self, name: str) -> None:
        """Open at what is called so, or close where that is shown."""
        self.show_held("" if self.shown == name else name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.show_held("")
        else:
            super().keyPressEvent(event)


class Opener(PushButton):
    """A button of the status bar that opens something in the drawer, and closes it."""

    def __init__(self, drawer: Drawer, name: str, title: str) -> None:
        super().__init__(title)
        self.setProperty("kind", "status")
        self.setCheckable(True)
        set_tip(self, f"Show or hide the {name}")
        self._drawer, self._name = drawer, name
        self.clicked.connect(lambda: drawer.toggle(name))
        drawer.turned.connect(lambda shown: self.setChecked(shown == name))
        drawer.left.connect(self._take_keyboard)

    def _take_keyboard(self, name: str) -> None:
        if name == self._name:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes what the button has just opened."""
        if event.key() == Qt.Key.Key_Escape and self._drawer.shown == self._name:
            self._drawer.show_held("")
        else:
            super().keyPressEvent(event)
