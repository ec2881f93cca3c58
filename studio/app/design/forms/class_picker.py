"""One of some classes: side by side where they are few, in a list where they are many."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from pushforward.studio.app.design.basic import clear, row
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.literal import one_line

__all__ = ["ClassChoice"]

MOST = 10  # classes that stand side by side
LETTERS = 48  # of their names together, which a lens beside the inspector has room for


class ClassChoice(QWidget):
    """Class picker with replaceable choices.

    Signals: chosen: another class, by index.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.place = 0
        self._names: tuple[str, ...] = ()
        self._few: Segments | None = None
        self._many: QComboBox | None = None
        self._line = row(parent=self, gap=0)

    @property
    def name(self) -> str:
        """The class that is chosen, "" where there are none."""
        return self._names[self.place] if self._names else ""

    def offer(self, names: Sequence[str], place: int = 0) -> None:
        """Set the classes and the chosen one, without a signal."""
        clear(self._line)
        self._few = self._many = None
        self._names, self.place = tuple(names), place
        titles = [one_line(name) for name in names]
        if len(titles) > MOST or sum(map(len, titles)) > LETTERS:
            box = QComboBox()
            box.setAccessibleName("Class")
            box.addItems(titles)
            box.setCurrentIndex(place)
            box.activated.connect(self.choose)
            self._line.addWidget(box)
            self._many = box
        elif titles:
            self._few = Segments(titles, "Class")
            self._few.widen()
            self._few.select(place)
            self._few.chosen.connect(self.choose)
            self._line.addWidget(self._few)

    def choose(self, place: int) -> None:
        """Take another class."""
        before, self.place = self.place, place
        if self._few is not None:
            self._few.select(place)
        if self._many is not None:
            self._many.setCurrentIndex(place)
        if place != before:
            self.chosen.emit(place)
