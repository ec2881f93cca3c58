"""Editors of settings that are values: a number, a text, a list of them, on or off, an option.

All behave alike: `edited` carries a value that the setting's bounds allow, `rejected` what was
typed and cannot be taken. Such a text stays, marked, wherever the keyboard goes, until it is
mended, or given up with Escape. `show_value` never touches an editor that the person is typing a
good value in, and the mouse wheel changes no value: it scrolls the form, wherever it stands.
"""

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QStandardItemModel,
    QWheelEvent,
)  # fmt: skip
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFrame,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.setting_options import Offers
from pushforward.studio.app.design.basic import restyle, row
from pushforward.studio.app.design.disabled_reasons import WHY_NOT, WithReasons, width_of
from pushforward.studio.app.design.literal_text import Label, PushButton, set_tip, tip_text
from pushforward.studio.app.design.switch import Switch
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = [
    "ChoiceEditor",
    "ChoiceList",
    "Editor",
    "LineEditor",
    "NumberLine",
    "Segments",
    "SwitchEditor",
]

SEGMENTS = 3  # so many short options are shown side by side, more in a list
SEGMENT_LETTERS = 22
LARGE, LARGE_EDGES = 19, 28  # pixels of the type in a sentence, and around it
TEXT_MARGINS = 4  # pixels that the style keeps around a list's text


class Editor(QWidget):
    """Base: shows one setting and says what the person makes of it.

    Its ``heir`` is what has the keyboard in it. It is no focus proxy: Tab would stop where the
    editor itself once came into the window, wherever it has been put since.
    """

    edited = Signal(object)
    rejected = Signal(object)  # a `Typed`

    def __init__(self, field: FieldSpec) -> None:
        super().__init__()
        self.field = field
        self.heir: QWidget = self
        self.setAccessibleName(field.title)

    def take_keyboard(self) -> None:
        """Give it the keyboard."""
        heir = self.heir.heir if isinstance(self.heir, Segments) else self.heir
        heir.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_value(self, value: Any) -> None:
        """Show a value, unless the person is typing."""
        raise NotImplementedError

    def show_typed(self, typed: Typed) -> None:
        """Show a text that was typed and cannot be taken; only lines can hold one."""

    def show_offers(self, offers: Offers) -> None:
        """Learn what can be referred to; only settings that refer to something care."""

    @property
    def busy(self) -> bool:
        """Whether the person is in the middle of typing here."""
        return False

    def settle(self) -> None:
        """Discard half-typed text; the next value is shown."""

    def _host(self, widget: QWidget) -> None:
        layout = row((widget, 1), parent=self, gap=4)
        self._beside = layout
        self.heir = widget
        widget.setAccessibleName(self.field.title)
        widget.setAccessibleDescription(self.field.help)

    def put_beside(self, widget: QWidget) -> None:
        """Put a widget to the right of the one that is hosted."""
        self._beside.addWidget(widget)


class NumberLine(QLineEdit):
    """A line for a number or a text; Up and Down step a number, and Escape gives up what cannot be
    taken.
    """

    stepped = Signal(int)
    given_up = Signal()

    def __init__(self, unit: str, zero: str = "") -> None:
        """``zero`` stands in place of the unit where the value 0 is not a quantity."""
        super().__init__()
        self._words = {True: zero or unit, False: unit}
        self._unit = Label(unit, self)
        self._unit.setProperty("role", "muted")
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.textChanged.connect(self._say_unit)
        self._say_unit("")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(90, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())

    def _say_unit(self, text: str) -> None:
        word = self._words[text.strip() == "0"]
        self._unit.setText(word)
        self._unit.setVisible(bool(word))
        self.setTextMargins(0, 0, self._unit.sizeHint().width() + 6 if word else 0, 0)
        self._place_unit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_unit()

    def _place_unit(self) -> None:
        size = self._unit.sizeHint()
        self._unit.setGeometry(self.width() - size.width() - 9, 0, size.width(), self.height())

    @property
    def invalid(self) -> bool:
        """Whether its text is marked as one that cannot be taken."""
        return bool(self.property("invalid") == "true")

    def mark(self, why: str) -> None:
        """Mark the text as one that cannot be taken, "" for a good one."""
        restyle(self, invalid="true" if why else "false")
        set_tip(self, why)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.invalid:
            self.given_up.emit()
            event.accept()
            return
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10}
        by = -10 if event.key() == Qt.Key.Key_PageDown else steps.get(Qt.Key(event.key()), 0)
        if by:
            self.stepped.emit(by)
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls on


class LineEditor(Editor):
    """Whole numbers, numbers (plain or 2e-4), texts, and lists of them with commas between."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.line = NumberLine(field.unit, field.zero)
        self._host(self.line)
        if field.optional or field.meant:
            self.line.setPlaceholderText(field.meant or "automatic")
        self._value: Any = field.default
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finished)
        self.line.stepped.connect(self._step)
        self.line.given_up.connect(self._give_up)
        self.show_value(field.default)

    @property
    def busy(self) -> bool:
        return self.line.hasFocus() and self.line.isModified()

    def settle(self) -> None:
        self.line.setModified(False)

    def show_value(self, value: Any) -> None:
        self._value = value
        if self.busy and not self.line.invalid:
            return
        text = setting_values.format_value(self.field, value)
        if text != self.line.text():
            self.line.setText(text)
        self.line.mark("")

    def show_typed(self, typed: Typed) -> None:
        if typed.text != self.line.text():
            self.line.setText(typed.text)
        self.line.mark(f"{typed.title} {typed.why}")

    def _typed(self, text: str) -> None:
        try:
            value = setting_values.parse(self.field, text)
        except setting_values.Invalid as error:
            typed = Typed(self.field.title, text, str(error))
            self.show_typed(typed)
            self.rejected.emit(typed)
            return
        self.line.mark("")
        self._value = value
        self.edited.emit(value)

    def _give_up(self) -> None:
        """Return to the last good value."""
        self.settle()
        self.show_value(self._value)
        self.edited.emit(self._value)

    def _finished(self) -> None:
        """Write a good value in its usual form; leave a bad one to be mended."""
        if not self.line.invalid:
            self.line.setModified(False)
            self.show_value(self._value)

    def _step(self, by: int) -> None:
        if self.field.kind not in ("int", "float"):
            return
        start = self._value if isinstance(self._value, int | float) else 0
        value = _stepped(self.field, start, by)
        text = setting_values.format_value(self.field, value)
        try:
            value = setting_values.parse(self.field, text)
        except setting_values.Invalid:
            return  # at the end of its range
        self.line.setText(text)
        self.line.setModified(False)
        self.line.mark("")
        self._value = value
        self.edited.emit(value)


def _stepped(field: FieldSpec, value: float, by: int) -> float:
    """Return the next round number: one more, or along 1-2-5-10 on a logarithmic scale."""
    if field.log and value > 0:
        ladder = (1.0, 2.0, 5.0)
        exponent = math.floor(math.log10(value) + 1e-9)
        place = exponent * 3 + max(
            i for i, m in enumerate(ladder) if m <= value / 10.0**exponent * (1 + 1e-9)
        )
        place += by
        stepped = float(f"{ladder[place % 3]:g}e{place // 3}")
        return round(stepped) if field.kind == "int" else stepped
    if field.kind == "int":
        return value + by
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.1
    return float(f"{value + by * size:.10g}")


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.switch = Switch(field.title)
        row(self.switch, None, parent=self, gap=None)
        self.heir = self.switch
        self.switch.setAccessibleDescription(field.help)
        self.switch.setChecked(bool(field.default))
        self.switch.clicked.connect(self._switched)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(bool(value))

    def _switched(self, on: bool) -> None:
        self.edited.emit(bool(on))


class _Segment(PushButton):
    """One option. Enter chooses it; of the one that is chosen it is the dialog's around it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isChecked() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Segments(QFrame):
    """A few options side by side, one of them chosen; arrows move between them."""

    chosen = Signal(int)

    def __init__(self, titles: list[str], name: str, *, large: bool = False) -> None:
        """In a sentence they are ``large``, as its words are."""
        super().__init__()
        self.setProperty("role", "segments")
        if large:
            self.setProperty("type", "large")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = row(parent=self, gap=2, margins=2)
        self._group = QButtonGroup(self)
        for index, title in enumerate(titles):
            button = _Segment(title)
            button.setProperty("kind", "segment")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setMinimumWidth(24)
            button.setAccessibleName(f"{name}: {title}")
            self._group.addButton(button, index)
            layout.addWidget(button, 1)
            if large:
                bold = QFontMetrics(font(LARGE, QFont.Weight.DemiBold))
                button.setMinimumWidth(bold.horizontalAdvance(title) + LARGE_EDGES)
        self._group.idClicked.connect(self.chosen)
        self._group.idToggled.connect(lambda *_: self._guide_tab())

    def widen(self) -> None:
        """Leave room for each title in bold, as the chosen one is written."""
        for each in self._group.buttons():
            each.setMinimumWidth(each.sizeHint().width() + 6)

    @property
    def checked(self) -> QAbstractButton | None:
        """The button of the option that is chosen."""
        return self._group.checkedButton()

    def select(self, index: int) -> None:
        """Show an option as chosen, without saying so."""
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)

    def _guide_tab(self) -> None:
        """Tab stops at the option that is chosen, and at no other."""
        chosen = self._group.checkedButton()
        for button in self._group.buttons():
            stop = button is chosen or chosen is None
            policy = Qt.FocusPolicy.StrongFocus if stop else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(policy)

    @property
    def heir(self) -> QWidget:
        """What has the keyboard in it: the option that is chosen, or the first."""
        return self._group.checkedButton() or self._group.button(0)

    def retitle(self, index: int, title: str) -> None:
        """Change what an option is called."""
        button = self._group.button(index)
        if button is not None and button.text() != title:
            button.setText(title)
            button.setAccessibleName(f"{self.accessibleName()}: {title}")

    def allow(self, index: int, reason: str = "", tip: str = "") -> None:
        """Let an option be chosen, or say in its tip why it cannot be."""
        button = self._group.button(index)
        if button is not None:
            button.setEnabled(not reason)
            set_tip(button, reason or tip)
            button.setAccessibleDescription(reason or tip)


class ChoiceList(QComboBox):
    """A list to drop down; the wheel passes over it, or a form that is scrolled would choose."""

    def __init__(self, titles: list[str], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(20)
        self.view().setTextElideMode(Qt.TextElideMode.ElideNone)
        self.view().setItemDelegate(WithReasons(self.view()))
        self.offer(titles)

    def offer(self, titles: list[str], tips: Sequence[str] = ()) -> None:
        """Offer these options, each with what there is to know of it; none is chosen."""
        if titles != [self.itemText(index) for index in range(self.count())]:
            self.hidePopup()  # what is under the mouse would be another one
            self.clear()
            self.addItems(titles)
            view = self.view()
            widest = max((view.fontMetrics().horizontalAdvance(t) for t in titles), default=0)
            view.setMinimumWidth(widest + 36)
        for index, tip in enumerate(tips):
            self.setItemData(index, tip_text(tip), Qt.ItemDataRole.ToolTipRole)

    def refuse(self, index: int, reason: str) -> None:
        """Show an option that cannot be chosen, with why not below it; neither keys nor the mouse
        take it.
        """
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(index).setEnabled(False)
        self.setItemData(index, tip_text(reason), Qt.ItemDataRole.ToolTipRole)
        self.setItemData(index, reason, WHY_NOT)
        self.view().setMinimumWidth(max(self.view().minimumWidth(), width_of(reason)))

    def allow(self, index: int, tip: str = "") -> None:
        """Let an option be chosen that could not be."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(index).setEnabled(True)
        self.setItemData(index, tip_text(tip), Qt.ItemDataRole.ToolTipRole)
        self.setItemData(index, None, WHY_NOT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt would cut a long text off in the middle of a letter."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, field, self).width() - TEXT_MARGINS
        option.currentText = self.fontMetrics().elidedText(
            self.currentText() or self.placeholderText(), Qt.TextElideMode.ElideRight, room
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls on


class ChoiceEditor(Editor):
    """One of several options: side by side where they are few and short, else a list."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self._values = [choice.value for choice in field.choices]
        titles = [choice.title for choice in field.choices]
        self._tips = [choice.help for choice in field.choices]
        if field.optional:
            self._values.insert(0, None)
            titles.insert(0, "automatic")
            self._tips.insert(0, "")
        self.box: Segments | ChoiceList
        refused = {place: each.refused for place, each in enumerate(field.choices) if each.refused}
        few = len(titles) <= SEGMENTS and sum(map(len, titles)) <= SEGMENT_LETTERS
        if few and not refused:
            self.box = Segments(titles, field.title)
            self.box.chosen.connect(self._chosen)
        else:
            self.box = ChoiceList(titles, field.title)
            self.box.offer(titles, self._tips)
            for place, reason in refused.items():
                self.box.refuse(place + int(field.optional), reason)
            self.box.activated.connect(self._chosen)
        self._host(self.box)
        self.show_value(field.default)

    def show_value(self, value: Any) -> None:
        index = self._values.index(value) if value in self._values else -1
        if isinstance(self.box, Segments):
            self.box.select(index)
        else:
            self.box.setPlaceholderText("" if value is None else str(value))
            self.box.setCurrentIndex(index)
            set_tip(self.box, self._tips[index] if index >= 0 else "")

    def _chosen(self, index: int) -> None:
        self.edited.emit(self._values[index])
