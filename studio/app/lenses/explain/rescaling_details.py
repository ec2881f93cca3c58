"""What is known of the h that was picked to compare, its shift, and the ways to use it."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.rescaling_shape import Verdict
from pushforward.studio.app.core.rescaling_choice import ChosenH
from pushforward.studio.app.design.basic import button, column, label, restyle, row
from pushforward.studio.app.design.forms.editors import NumberLine
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["HChoice"]

ROLES = {"good": "good", "warm": "warm", "danger": "danger"}


class HChoice(QWidget):
    """Details below the list.

    Signals:
        shifted: the C that was typed.
    """

    shifted = Signal(float)

    def __init__(self, use: Callable[[], None], branch: Callable[[], None]) -> None:
        super().__init__()
        self._field: FieldSpec | None = None
        self._h = Formula(15)
        self._slope = Formula(15, "muted")
        self._word = label("", "strong")
        self._verdict = label("", "muted", wrap=True)
        self._reason = label("", "warm", wrap=True)
        self._source = label("", "small", wrap=True)
        self.shift = NumberLine("", "None")
        self.shift.setAccessibleName("Shift C")
        self.shift.textEdited.connect(self._typed)
        self.shift.stepped.connect(self._step)
        self._shift_line = QWidget()
        self._shift_line.setLayout(row(label("Shift C"), self.shift))
        set_tip(self._shift_line, "C in h(d + C).")
        self._why = label("", "muted", wrap=True)
        self.use = button("Use from the next step", use, kind="primary")
        self.branch = button("Branch from here with this h", branch)
        column(
            self._h,
            self._slope,
            self._word,
            self._verdict,
            self._reason,
            self._source,
            4,
            self._shift_line,
            self._why,
            self.use,
            self.branch,
            parent=self,
            gap=4,
            margins=(8, 10, 8, 10),
        )

    def show_h(self, h: ChosenH | None, verdict: Verdict | None) -> None:
        """Show what is known of an h, and what it does to the present particles."""
        self._h.set_text(h.formula if h is not None else "")
        self._slope.set_text(f"h′(u) = {h.spec.slope_formula}" if h is not None else "")
        self._reason.setText(h.spec.reason if h is not None else "")
        self._reason.setVisible(bool(self._reason.text()))
        self._source.setText(h.spec.source if h is not None else "")
        self._word.setVisible(verdict is not None)
        self._verdict.setVisible(verdict is not None)
        if verdict is not None:
            self._word.setText(f"With this h: {verdict.word}")
            self._verdict.setText(verdict.text)
            restyle(self._word, role=ROLES[verdict.level])

    def offer(self, use: str, branch: str, why: str) -> None:
        """Offer the ways to use it: titles of the buttons, "" for none, and why there is none."""
        for each, text in ((self.use, use), (self.branch, branch)):
            each.setVisible(bool(text))
            each.setText(text)
            each.setAccessibleName(text)
        self._why.setText(why)
        self._why.setVisible(bool(why))

    def show_shift(self, field: FieldSpec | None, value: float) -> None:
        """Show the shift, where the family has one."""
        self._field = field
        self._shift_line.setVisible(field is not None)
        if field is None or (self.shift.hasFocus() and self.shift.isModified()):
            return
        self.shift.setText(setting_values.format_value(field, value))
        restyle(self.shift, invalid="false")

    def _typed(self, text: str) -> None:
        if self._field is None:
            return
        try:
            value = float(setting_values.parse(self._field, text))
        except setting_values.Invalid as error:
            restyle(self.shift, invalid="true")
            set_tip(self.shift, f"Shift C {error}")
            return
        restyle(self.shift, invalid="false")
        set_tip(self.shift, "")
        self.shifted.emit(value)

    def _step(self, by: int) -> None:
        if self._field is None:
            return
        try:
            value = float(setting_values.parse(self._field, self.shift.text() or "0")) + by
            setting_values.parse(self._field, str(value))
        except setting_values.Invalid:
            return
        self.shift.setText(setting_values.format_value(self._field, value))
        self.shifted.emit(value)
