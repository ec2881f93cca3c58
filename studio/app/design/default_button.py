"""The button that Enter presses next, also where it cannot be pressed yet."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.basic import dressed
from pushforward.studio.app.design.literal_text import PushButton

__all__ = ["EagerButton"]


class EagerButton(PushButton):
    """A button that keeps the keyboard focus while disabled, so that Qt does not move it to a
    neighbour; Enter is kept until the button is enabled, unless the focus moves.
    """

    def __init__(self, text: str, clicked: Callable[[], None], holder: QWidget, icon: str) -> None:
        super().__init__(text)
        self._holder = holder
        self._kept = self._waits = False
        holder.installEventFilter(self)
        dressed(self, clicked, kind="primary", icon=icon)

    def offer(self, on: bool, *, waits: bool) -> None:
        """Let it be pressed or not; ``waits`` says that it soon can be, without anybody's doing:
        only then an Enter is kept.
        """
        if not on and self._focused() is self:
            self._holder.setFocus(Qt.FocusReason.OtherFocusReason)
        self._waits = waits
        self._kept = self._kept and (on or waits)
        self.setEnabled(on)
        if on and self._focused() is self._holder:
            kept = self._kept
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            if kept:
                self.click()

    def take_keyboard(self) -> None:
        """Take the keyboard focus, or reserve it until enabled."""
        taker = self if self.isEnabled() else self._holder
        taker.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Discard a kept Enter."""
        self._kept = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._holder and event.type() == QEvent.Type.FocusOut:
            self._kept = False
        if (
            watched is self._holder
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            if self._focused() is self._holder and not event.isAutoRepeat():
                self._kept = self._waits
            return True
        return super().eventFilter(watched, event)

    def _focused(self) -> QWidget | None:
        return self.window().focusWidget()
