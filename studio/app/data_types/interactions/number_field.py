"""A number of a list of numbers, to be typed, or walked through with the arrows."""

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

__all__ = ["NumberField"]


class NumberField(QLineEdit):
    """One of some numbers; the up and down keys go to the next and the one before. What is none of
    them is not taken, and the field says so.

    Signals:
        chosen: another number, by its place in the list.
        refused: what was typed and is none of them, in a sentence.
    """

    chosen = Signal(int)
    refused = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._numbers: Sequence[int] = ()
        self._place = 0
        self._name = name
        self.setAccessibleName(name)
        self.setFixedWidth(84)
        self.editingFinished.connect(self._typed)

    @property
    def place(self) -> int:
        """The place of the number in the list."""
        return self._place

    @property
    def number(self) -> int | None:
        """The number; None where there is no list."""
        return self._numbers[self._place] if self._numbers else None

    def set_numbers(self, numbers: Sequence[int], name: str) -> None:
        """Change the numbers (ascending) and what one is called; the first of them is chosen, and
        nothing is said.
        """
        self._numbers, self._place, self._name = numbers, 0, name
        self.setAccessibleName(name)
        self.setAccessibleDescription(self.range)
        self._show()

    @property
    def range(self) -> str:
        """From which number to which it goes, in words."""
        return f"{self._numbers[0]} to {self._numbers[-1]}" if self._numbers else ""

    def step(self, by: int) -> None:
        """Move by ``by`` numbers, at most to the first or the last."""
        self._choose(max(0, min(len(self._numbers) - 1, self._place + by)))

    def _typed(self) -> None:
        text = self.text().strip()
        if not self._numbers or text == str(self.number):
            return
        number = int(text) if text.isdecimal() and len(text) < 19 else None
        if number is None:
            self._refuse(f"{text!r} is no number" if text else "No number was typed")
            return
        place = bisect_left(self._numbers, number)
        if place < len(self._numbers) and self._numbers[place] == number:
            self._choose(place)
            return
        near = [str(each) for each in self._numbers[max(0, place - 1) : place + 1]]
        told = f"; the nearest are {' and '.join(near)}" if len(near) > 1 else ""
        self._refuse(f"There is no {self._name} {number}{told}")

    def _refuse(self, why: str) -> None:
        self._show()
        self.selectAll()
        self.refused.emit(f"{why}. They go from {self.range}.")

    def _choose(self, place: int) -> None:
        changed = place != self._place
        self._place = place
        self._show()
        if changed:
            self.chosen.emit(place)

    def _show(self) -> None:
        self.setText("" if self.number is None else str(self.number))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
