"""One choice as a chip, or the reason why there is none, both to be walked to."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

from pushforward.studio.app.design.basic import Link, restyle
from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import PushButton, keyless, set_tip
from pushforward.studio.app.places.setup.pickers.option import Option

__all__ = ["Chip", "Why"]

REST_MS = 120
ICON_GAP = 4  # pixels that Qt leaves between an icon and its text
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class _Walked(PushButton):
    """What can be walked to: the one that is highlighted is the only one that Tab stops at.

    Signals:
        met: the keyboard has come to it, or the mouse rests on it: on its way to the preview of
            another it only passes.
        walked: an arrow was pressed on it, by its key.
        typed: a letter was.
    """

    met = Signal()
    walked = Signal(int)
    typed = Signal(str)
    option: Option

    def highlight(self, on: bool) -> None:
        """Show whether it is highlighted."""
        restyle(self, current="true" if on else "false")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            self.walked.emit(event.key())
        elif event.text().strip() and event.text().isprintable():
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.met.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        QTimer.singleShot(REST_MS, self, self._rest)

    def _rest(self) -> None:
        if self.underMouse():
            self.met.emit()


class Chip(_Walked):
    """A choice."""

    def __init__(self, option: Option, chosen: bool) -> None:
        super().__init__(option.title)
        self.option = option
        self.setProperty("kind", "option")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        said = [option.title, option.note, "in use" if chosen else "", option.why_not]
        self.setAccessibleName(", ".join(filter(None, said)))
        set_tip(self, option.why_not or option.summary)
        restyle(self, dim="true" if option.why_not else "false", chosen=str(chosen).lower())
        if chosen:
            IconWearer(self, "check", "accent")
        elif option.note:
            IconWearer(self, "branch", "muted")
        self.highlight(False)

    @property
    def shown(self) -> str:
        """The title as there is room for it: Qt would cut what is too long on both sides."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_PushButtonContents
        room = self.style().subElementRect(part, option, self).width()
        room -= 0 if option.icon.isNull() else option.iconSize.width() + ICON_GAP
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = keyless(self.shown)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()


class Why(_Walked, Link):
    """A reason instead of a choice, wrapped."""

    def __init__(self, option: Option) -> None:
        Link.__init__(self, option.why_not, lambda: None, wrap=True)
        self.option = option
        self.setProperty("kind", "why")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(f"{option.title}: {option.why_not}")
        self.highlight(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, super().minimumSizeHint().height())
