"""F6 goes from one part of the window to the next, and Tab through all of them as the eye does."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from pushforward.studio.app.design.tab_order import in_order, next_stop
from pushforward.studio.app.shell.side_columns import Flank

__all__ = ["Panes"]


class Panes:
    """``parts`` returns the parts of the window in order; those that are hidden are passed over,
    but for the ``flanks`` that float: F6 shows one when it comes there, and takes it away again
    when it goes on. Each is entered where it was left.
    """

    def __init__(self, parts: Callable[[], Sequence[QWidget]]) -> None:
        self._parts = parts
        self.flanks: Sequence[Flank] = ()
        self._left: dict[QWidget, QWidget] = {}

    @property
    def _seen(self) -> list[QWidget]:
        return [part for part in self._parts() if part.isVisible()]

    def turn(self, by: int) -> None:
        """Bring the keyboard to the next part (1), or to the one before (-1)."""
        focused, parts = QApplication.focusWidget(), list(self._parts())
        at = next((i for i, p in enumerate(parts) if focused and p.isAncestorOf(focused)), None)
        if at is not None and focused is not None:
            self._left[parts[at]] = focused
        start = (-1 if by > 0 else 0) if at is None else at
        for further in range(1, len(parts) + 1):
            part = parts[(start + by * further) % len(parts)]
            flank = next((each for each in self.flanks if each.part is part), None)
            called = flank is not None and flank.call()
            target = self._entry(part) if part.isVisible() else None
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                self._pass(flank)
                return
            if called and flank is not None:
                flank.dismiss()

    def _pass(self, entered: Flank | None) -> None:
        """Take away what was shown in passing only."""
        for flank in self.flanks:
            if flank is not entered:
                flank.dismiss(passing=True)

    def enter(self, part: QWidget) -> None:
        """Bring the keyboard to a part."""
        target = self._entry(part)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    def _entry(self, part: QWidget) -> QWidget | None:
        """Return what gets the keyboard in a part, None where nothing takes it."""
        left = self._left.get(part)
        if left is not None and isValid(left) and left.isVisible() and part.isAncestorOf(left):
            return left
        return next_stop(list(in_order(part)), None, 1)

    def step(self, by: int) -> bool:
        """Bring the keyboard to the next stop of all parts (1), or to the one before (-1)."""
        order = [widget for part in self._seen for widget in in_order(part)]
        to = next_stop(order, QApplication.focusWidget(), by)
        if to is not None:
            reason = Qt.FocusReason.TabFocusReason if by > 0 else Qt.FocusReason.BacktabFocusReason
            to.setFocus(reason)
        return to is not None
