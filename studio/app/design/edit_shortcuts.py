"""The keys of an edit lab: there Ctrl+Z is about what is edited, and not about runs."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

__all__ = ["take_key"]

Deed = Callable[[], object]


def take_key(
    event: QKeyEvent,
    *,
    undo: Deed | None = None,
    redo: Deed | None = None,
    go: Deed | None = None,
    paste: Deed | None = None,
) -> bool:
    """Do what a key means, before it is a shortcut of the window, and say whether it means
    something: undo and redo, as long as there is something of each, pasting, and Ctrl+Enter.
    """
    pressed = event.type() == QEvent.Type.KeyPress
    if not pressed and event.type() != QEvent.Type.ShortcutOverride:
        return False
    does = _find_action(event, undo, redo, go, paste)
    if does is None:
        return False
    if pressed:
        does()
    event.accept()
    return True


def _find_action(
    event: QKeyEvent, undo: Deed | None, redo: Deed | None, go: Deed | None, paste: Deed | None
) -> Deed | None:
    if event.matches(QKeySequence.StandardKey.Undo):
        return undo
    control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    # Ctrl+Y is a standard key of Windows alone, and people type it everywhere.
    if event.matches(QKeySequence.StandardKey.Redo) or (control and event.key() == Qt.Key.Key_Y):
        return redo
    if event.matches(QKeySequence.StandardKey.Paste):
        return paste
    return go if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else None
