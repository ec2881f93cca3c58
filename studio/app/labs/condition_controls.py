"""Controls of the conditions of a model: a class, or a number by a slider."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSlider, QWidget

from pushforward.studio.app.design.basic import button, clear, label
from pushforward.studio.app.design.forms.class_picker import ClassChoice
from pushforward.studio.figures import short
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.capabilities import Condition

__all__ = ["Conditions"]

STOPS = 100  # of a slider of numbers that are not whole
ANY = "Any"


class _Number:
    """A numeric condition: a switch, a slider between the limits of the data, a value."""

    def __init__(self, condition: Condition, *, on: bool) -> None:
        self._of, name = condition, condition.name
        low, high = condition.low, condition.high
        # A law keeps whole numbers as floats where they are standardised.
        self._whole = condition.whole or (low.is_integer() and high.is_integer() and high > 1)
        self._stops = int(high - low) if self._whole else STOPS
        tip = f"Ask for it; without, {name} is as in the data"
        self.tick = button(one_line(name).capitalize(), kind="chip", tip=tip)
        self.tick.setCheckable(True)
        self.tick.setChecked(on)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(name)
        self.slider.setRange(0, max(1, self._stops))
        self.slider.setPageStep(max(1, self._stops // 10))
        self.slider.setValue(max(1, self._stops) // 2)
        self.value = label("", "strong")
        self.value.setMinimumWidth(48)
        self.tell()

    @property
    def number(self) -> float:
        """What the slider says, in the units of the data."""
        found = self._of.low + self.slider.value() / max(1, self._stops) * (
            self._of.high - self._of.low
        )
        return round(found) if self._whole else found

    def tell(self) -> None:
        """Show the number, "any" if it is not a condition."""
        on = self.tick.isChecked()
        unit = f" {self._of.unit}" if self._of.unit else ""
        self.value.setText(f"{short(self.number, 3)}{unit}" if on else ANY.lower())


class Conditions(QWidget):
    """Controls of all conditions.

    Signals:
        changed: the requested conditions changed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.classes: dict[str, ClassChoice] = {}
        self.numbers: dict[str, _Number] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setColumnStretch(1, 1)

    def offer(self, conditions: Sequence[Condition], off: Sequence[str] = ()) -> None:
        """Show other conditions; those in ``off`` are switched off at first."""
        clear(self._grid)
        self.classes, self.numbers = {}, {}
        for place, each in enumerate(conditions):
            if each.names:
                choice = ClassChoice()
                choice.offer([ANY, *each.names], min(1, len(each.names)))
                choice.chosen.connect(lambda _: self.changed.emit())
                self.classes[each.name] = choice
                self._grid.addWidget(label(one_line(each.name).capitalize(), "muted"), place, 0)
                self._grid.addWidget(choice, place, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
            else:
                number = _Number(each, on=each.name not in off)
                number.tick.toggled.connect(lambda _: self._update_texts())
                number.slider.valueChanged.connect(partial(self._moved, number))
                self.numbers[each.name] = number
                for column, part in enumerate((number.tick, number.slider, number.value)):
                    self._grid.addWidget(part, place, column)

    def _moved(self, number: _Number, _value: int) -> None:
        """Moving a slider switches its condition on."""
        if number.tick.isChecked():
            self._update_texts()
        else:
            number.tick.setChecked(True)

    def _update_texts(self) -> None:
        for number in self.numbers.values():
            number.tell()
        self.changed.emit()

    @property
    def conditions(self) -> Mapping[str, Any]:
        """The requested conditions in the form of an operator's settings."""
        found: dict[str, Any] = {
            name: choice.name for name, choice in self.classes.items() if choice.place
        }
        found |= {name: each.number for name, each in self.numbers.items() if each.tick.isChecked()}
        return found
