"""A whole number to be typed, or walked through with the arrows."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QLineEdit

__all__ = ["NumberField"]


class NumberField(QLineEdit):
    """From 0 to a highest number; the up and down keys go to the next and the one before.

    Signals:
        chosen: another number.
    """

    chosen = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__("0")
        self._highest = self._value = 0
        self._validator = QIntValidator(0, 0, self)
        self.setValidator(self._validator)
        self.setAccessibleName(name)
        self.setFixedWidth(84)
        self.editingFinished.connect(lambda: self.choose(int(self.text() or 0)))

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    def set_highest(self, highest: int) -> None:
        """Change the highest number; a number beyond it becomes it, and nothing is said."""
        self._highest = highest
        self._validator.setTop(highest)
        self._value = min(self._value, highest)
        self.setText(str(self._value))

    def choose(self, value: int) -> None:
        """Go to a number, or the nearest there is."""
        value = max(0, min(self._highest, value))
        self.setText(str(value))
        if value != self._value:
            self._value = value
            self.chosen.emit(value)

    def step(self, by: int) -> None:
        """Go so many numbers on."""
        self.choose(self._value + by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
