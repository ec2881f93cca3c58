"""A field for a user's identifier, to be typed, or walked through with the arrows."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

__all__ = ["UserField"]

NARROW, WIDE = 84, 200  # pixels


class UserField(QLineEdit):
    """One of some identifiers; the up and down keys go to the next and the previous one. Text that
    is none of them is refused.

    Signals:
        chosen(int): another user, by place in the list.
        refused(str): why the typed text was not taken, as a sentence.
    """

    chosen = Signal(int)
    refused = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._place = 0
        self._name = name
        self.setAccessibleName(name)
        self.setFixedWidth(NARROW)
        self.editingFinished.connect(self._typed)

    @property
    def place(self) -> int:
        """The place of the user in the list."""
        return self._place

    @property
    def user(self) -> str:
        """The identifier; "" where there is no list."""
        return self._names[self._place] if self._names else ""

    def set_users(self, names: Sequence[str], name: str) -> None:
        """Change the identifiers and what one is called; the first is chosen, without a signal."""
        self._names, self._place, self._name = names, 0, name
        longest = max(names, key=len, default="")
        self.setFixedWidth(
            min(WIDE, max(NARROW, self.fontMetrics().horizontalAdvance(longest) + 24))
        )
        self.setAccessibleName(name)
        self.setAccessibleDescription(self.range)
        self._show()

    @property
    def range(self) -> str:
        """The first and the last identifier as words."""
        return f"{self._names[0]} to {self._names[-1]}" if self._names else ""

    def step(self, by: int) -> None:
        """Move by ``by`` users, at most to the first or the last."""
        self._choose(max(0, min(len(self._names) - 1, self._place + by)))

    def _typed(self) -> None:
        text = self.text().strip()
        if not self._names or text == self.user:
            return
        known = [name.casefold() for name in self._names]
        if text.casefold() in known:
            self._choose(known.index(text.casefold()))
            return
        self._show()
        self.selectAll()
        why = f"There is no {self._name} {text}" if text else f"No {self._name} was typed"
        numbers = all(name.isdecimal() for name in (self._names[0], self._names[-1]))
        there = f"They go from {self.range}" if numbers else f"Such as {', '.join(self._names[:3])}"
        self.refused.emit(f"{why}. {there}.")

    def _choose(self, place: int) -> None:
        changed = place != self._place
        self._place = place
        self._show()
        if changed:
            self.chosen.emit(place)

    def _show(self) -> None:
        self.setText(self.user)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
