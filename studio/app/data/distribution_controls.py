"""What of data a lens of distributions looks at, and how: a class, numbers, axes."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from pushforward.studio.app.design.basic import button, discard, row
from pushforward.studio.app.design.flow_layout import Wrapping
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.literal_text import keyless, set_tip

__all__ = ["ALL", "DistributionTools", "PartChoice"]

ALL = "All"
SEGMENTS, LETTERS = 7, 34  # that classes side by side may be
SIDES = ("Generated", "Real")


class PartChoice(QWidget):
    """Which class is looked at: side by side where they are few and short, else a list.

    Signals:
        chosen: the name of a class, "" for all data.
    """

    chosen = Signal(str)

    def __init__(self, *, short: bool = False) -> None:
        """With ``short`` names are written by the first letter of their last word, where these tell
        them apart.
        """
        super().__init__()
        self._names: list[str] = []
        self._short = short
        self._box: Segments | ChoiceList | None = None
        self._line = row(parent=self)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()

    def offer(self, word: str, names: Sequence[str], at: str) -> None:
        """Set the classes to choose from and the current one, "" for all."""
        if list(names) != self._names:
            self._names = list(names)
            self._make(word)
        self.setVisible(len(names) > 1)
        place = self._names.index(at) + 1 if at in self._names else 0
        if isinstance(self._box, Segments):
            self._box.select(place)
        elif self._box is not None:
            self._box.setCurrentIndex(place)

    def _make(self, word: str) -> None:
        if self._box is not None:
            self._line.removeWidget(self._box)
            discard(self._box)
        letters = [each.split()[-1][:1] for each in self._names if each.split()]
        apart = self._short and len(set(letters)) == len(self._names)
        titles = [ALL, *(letters if apart else self._names)]
        name = f"{word} shown"
        if len(titles) <= SEGMENTS and sum(map(len, titles)) <= LETTERS:
            self._box = Segments(titles, name)
            self._box.widen()
            for place, each in enumerate(self._names if apart else (), 1):
                self._box.allow(place, tip=each)
            self._box.chosen.connect(self._choose)
        else:
            self._box = ChoiceList(titles, name)
            self._box.activated.connect(self._choose)
        set_tip(self._box, f"{name}; All for their mixture")
        self._line.addWidget(self._box)

    def _choose(self, place: int) -> None:
        self.chosen.emit(self._names[place - 1] if place else "")


class DistributionTools(QWidget):
    """A line of controls that wraps where it is narrow.

    Signals:
        part: a class was chosen, "" for all.
        numbers: others are to be shown, a list of names.
        axes: an axis became logarithmic, or no more.
        side: what a brush selects, 1 for real data.
    """

    part = Signal(str)
    numbers = Signal(list)
    axes = Signal()
    side = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._all: list[str] = []
        self._shown: list[str] = []
        self.choice = PartChoice()
        self.choice.chosen.connect(self.part)
        self.which = button("Numbers", self._ask, kind="chip", tip="Quantities shown")
        every = (
            "Logarithmic axes for all positive quantities; those that span decades always have one"
        )
        self.log_x = button("log x", self.axes.emit, kind="chip", tip=every)
        self.log_y = button("log y", self.axes.emit, kind="chip", tip="Logarithmic shares")
        for chip in (self.log_x, self.log_y):
            chip.setCheckable(True)
        self.sides = Segments(list(SIDES), "What a brush selects")
        self.sides.select(0)
        self.sides.widen()
        self.sides.chosen.connect(self.side)
        set_tip(self.sides, "Samples selected by the brush: generated or real")
        line = Wrapping(8, 6)
        for part in (self.choice, self.which, self.log_x, self.log_y, self.sides):
            line.addWidget(part)
        self.setLayout(line)

    def offer(self, names: Sequence[str], shown: Sequence[str]) -> None:
        """Set the quantities to choose from and those shown."""
        self._all, self._shown = list(names), list(shown)
        self.which.setText(f"{len(shown)} of {len(names)} numbers")
        self.which.updateGeometry()
        self.which.setMinimumWidth(self.which.sizeHint().width())  # while others are laid out, too
        self.which.setAccessibleName(f"Numbers, {len(shown)} of {len(names)} shown")
        self.which.setVisible(len(names) > 1)

    def _ask(self) -> None:
        menu = self.menu()
        menu.popup(self.which.mapToGlobal(self.which.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """Return the menu of all numbers, those checked that are shown."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in self._all:
            action = menu.addAction(keyless(name))
            action.setCheckable(True)
            action.setChecked(name in self._shown)
            action.triggered.connect(lambda on, name=name: self._turn(name, on))
        return menu

    def _turn(self, name: str, on: bool) -> None:
        """Show a number, or no more; the last one stays."""
        shown = [each for each in self._all if (each in self._shown and each != name) or
                 (each == name and on)]  # fmt: skip
        if shown:
            self.numbers.emit(shown)
