"""The editor for each kind of setting."""

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from pushforward.studio.app.design.basic import icon_button
from pushforward.studio.app.design.forms.editors import (
    ChoiceEditor,
    Editor,
    LineEditor,
    SwitchEditor,
)
from pushforward.studio.app.design.forms.reference_editors import (
    DataChoiceEditor,
    FileEditor,
    PartEditor,
    RunEditor,
)
from pushforward.studio.app.design.literal_text import keyless
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["make"]

_EDITORS: dict[str, type[Editor]] = {
    "int": LineEditor,
    "float": LineEditor,
    "text": LineEditor,
    "list": LineEditor,
    "bool": SwitchEditor,
    "choice": ChoiceEditor,
    "file": FileEditor,
    "run": RunEditor,
    "data-choice": DataChoiceEditor,
    "part": PartEditor,
}


class SeveralEditor(LineEditor):
    """A line of titles with a menu of tickable options, in their order."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.pick = icon_button("chevron-down", f"Choose {field.title}", self.ask)
        self.put_beside(self.pick)

    def ask(self) -> None:
        """Open the menu."""
        self.options().popup(self.mapToGlobal(QPoint(0, self.height())))

    def options(self) -> QMenu:
        """Return the menu: what is ticked in it is taken at once."""
        menu = _Staying(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for choice in self.field.choices:
            action = menu.addAction(keyless(choice.title))
            action.setCheckable(True)
            action.setChecked(choice.value in (self._value or []))
            action.toggled.connect(lambda on, value=choice.value: self._tick(value, on))
        return menu

    def _tick(self, value: Any, on: bool) -> None:
        chosen = [*(self._value or []), value] if on else [v for v in self._value if v != value]
        text = setting_values.format_value(
            self.field, [c.value for c in self.field.choices if c.value in chosen]
        )
        self.line.setText(text)
        self._typed(text)
        self._finished()


class _Staying(QMenu):
    """A menu that a click on an option does not close."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is None or not action.isCheckable():
            super().mouseReleaseEvent(event)
            return
        action.setChecked(not action.isChecked())


def make(field: FieldSpec) -> Editor:
    """Return the editor for a setting.

    Raises:
        ValueError: the kind is not known.
    """
    if field.kind not in _EDITORS:
        raise ValueError(f"{field.path}: no editor for the kind {field.kind!r}")
    if field.kind == "list" and field.choices:
        return SeveralEditor(field)
    return _EDITORS[field.kind](field)
