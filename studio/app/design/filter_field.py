"""A line that asks for some of many, and leaves the keys of the window alone."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

__all__ = ["FilterLine"]


class FilterLine(QLineEdit):
    """Ctrl+E exports what is shown, also while the keyboard is in the line: on some systems Qt
    would take it to go to the end, which End does.
    """

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_E
            and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()
            return True
        return super().event(event)
