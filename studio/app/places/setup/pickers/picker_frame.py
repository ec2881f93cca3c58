"""The frame of all pickers: a search above, the choices below it, a closer look at the right.

It lies over the window, which is dimmed meanwhile, and has the keyboard until it is left: Enter
uses what is highlighted, Escape keeps what was chosen before.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLineEdit, QWidget
from shiboken6 import isValid

from pushforward.studio.app.design.basic import (
    button,
    column,
    label,
    restyle,
    row,
    scrolled,
    separator,
)
from pushforward.studio.app.design.tab_order import in_order, next_stop
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.places.setup.pickers.option import Option

__all__ = ["Body", "Look", "Picker"]

NARROW = 1200  # of a window: below it the closer look stands under the choices
LOOK, LOW_LOOK = 308, 210  # its width beside them, its height under them
EDGE = 16  # pixels that are always left around
DIM = {"dark": 120, "light": 72}  # of 255
ANY = 16_777_215  # pixels: as many as there are


class Body(QWidget):
    """The choices. One of them is highlighted.

    Signals:
        highlighted: another one is.
        used: it is to be chosen.
        typed: letters that were typed on a choice, for the search.
    """

    highlighted = Signal()
    used = Signal()
    typed = Signal(str)

    @property
    def current(self) -> Option | None:
        """What is highlighted, None where there is nothing."""
        raise NotImplementedError

    def seek(self, search: str) -> int:
        """Show what a search finds; return how many that are."""
        raise NotImplementedError

    def go(self, key: Qt.Key) -> bool:
        """Go where a key of the search line leads; False where it leads nowhere."""
        raise NotImplementedError


class Look(QWidget):
    """A closer look at what is highlighted."""

    def show_option(self, option: Option | None) -> None:
        """Show it."""
        raise NotImplementedError

    def lie(self, low: bool) -> None:
        """Move below the choices if ``low``, else to the side."""


class Picker(QWidget):
    """Opens over the window of a widget; deletes itself when it is left."""

    def __init__(
        self,
        anchor: QWidget,
        body: Body,
        look: Look,
        choose: Callable[[Option], None],
        *,
        hint: str,
        keeps: str = "",
        size: tuple[int, int] = (820, 520),
    ) -> None:
        """Args:
        anchor: what it belongs to, which has the keyboard afterwards.
        body, look: the choices, and the closer look at one.
        choose: is called with what is chosen.
        hint: what can be searched for.
        keeps: what stays where nothing is chosen.
        size: width and height at most, in pixels.
        """
        host = anchor.window()
        super().__init__(host)
        self.body, self.look = body, look
        self._anchor, self._choose, self._most, self._keeps = anchor, choose, size, keeps
        self.setAccessibleName(hint)
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(hint)
        self.line.setClearButtonEnabled(True)
        self.line.textChanged.connect(self._find)
        self.line.installEventFilter(self)
        self.nothing = label("No match.", "muted", wrap=True)
        self.nothing.setContentsMargins(16, 8, 16, 8)
        self.count = label("", "small")
        self.use = button("Use", self._take, kind="primary", tip="Enter")
        self.use.setDefault(False)
        self._lay_out()
        body.highlighted.connect(self._highlighted)
        body.used.connect(self._use)
        body.typed.connect(self._typed)
        host.installEventFilter(self)

    def _lay_out(self) -> None:
        self.panel = QFrame(self)
        self.panel.setProperty("role", "palette")
        self.head = row(self.line, gap=10, margins=(16, 12, 16, 12))
        side = QFrame()
        inside = column((scrolled(self.look), 1), parent=side, gap=0)
        below = self.below = row(self.use, gap=8)
        below.setStretch(0, 1)
        below.setContentsMargins(16, 10, 16, 12)
        inside.addLayout(below)
        self._side = side
        choices = column(self.nothing, (self.body, 1), gap=0)
        self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._middle.setSpacing(0)
        self._middle.addLayout(choices, 1)
        self._middle.addWidget(side)
        keeps = f"keep {self._keeps}" if self._keeps else "leave"
        foot = row(margins=(16, 8, 16, 8))
        for key, does in (("↑ ↓", "choices"), ("↵", "use"), ("Esc", keeps)):
            foot.addWidget(label(key, "key"))
            foot.addWidget(label(does, "small"))
            foot.addSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.count)
        column(
            self.head,
            separator(),
            (self._middle, 1),
            separator(),
            foot,
            parent=self.panel,
            gap=0,
            margins=1,
        )

    def open(self, letters: str = "") -> None:
        """Show it, with what was typed already."""
        self._fit()
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)
        self.line.setText(letters)
        if not letters:
            self._find("")

    def dismiss(self) -> None:
        """Leave it, and give the keyboard back."""
        if self.isHidden():
            return
        self.window().removeEventFilter(self)
        # Before it hides: Qt would hand the keyboard on inside it.
        if isValid(self._anchor):
            self._anchor.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()
        self.deleteLater()

    def _find(self, search: str) -> None:
        count = self.body.seek(search)
        self.nothing.setVisible(not count)
        self._highlighted()

    def _highlighted(self) -> None:
        option = self.body.current
        self.look.show_option(option)
        self.use.setEnabled(option is not None and option.usable)
        self.use.setText((option.instead if option is not None else "") or "Use")
        self.use.setAccessibleName(self.use.text())

    def _use(self) -> None:
        """Apply the highlighted choice; if it changes more than requested, focus the button that
        says so.
        """
        option = self.body.current
        if option is not None and option.usable and option.why_not:
            self.use.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._take()

    def _take(self) -> None:
        option = self.body.current
        if option is None or not option.usable or self.isHidden():
            return
        self.dismiss()
        self._choose(option)

    def _typed(self, letters: str) -> None:
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.insert(letters)

    # Where it is

    def _fit(self) -> None:
        """Lie over the window, and below what it belongs to where there is room."""
        host = self.window()
        self.setGeometry(host.rect())
        beside = host.width() >= NARROW
        direction = QBoxLayout.Direction
        self._middle.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        restyle(self._side, rule="left" if beside else "top")
        self._side.setMinimumSize(*((LOOK, 0) if beside else (0, LOW_LOOK)))
        self._side.setMaximumSize(*((LOOK, ANY) if beside else (ANY, LOW_LOOK)))
        self.look.lie(not beside)
        room = host.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        width, height = min(self._most[0], room.width()), min(self._most[1], room.height())
        at = self._anchor.mapTo(host, QPoint(0, self._anchor.height() + 8))
        x = max(room.left(), min(at.x(), room.right() - width))
        y = max(room.top(), min(at.y(), room.bottom() - height))
        self.panel.setGeometry(QRect(x, y, width, height))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and self._key(event)
        if watched is self.window() and event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._use()
            return True
        return key != Qt.Key.Key_Escape and self.body.go(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()  # nothing of what lies below has a part in it

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab stays in it."""
        order = list(in_order(self.panel))
        to = next_stop(order, self.window().focusWidget(), 1 if next else -1)
        if to is not None:
            to.setFocus(Qt.FocusReason.TabFocusReason)
        return to is not None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(0, 0, 0, DIM[theme.colors().name]))
