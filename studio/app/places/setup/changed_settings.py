"""What was changed in a setup, below its settings: what each was, and the way back."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.setup_changes import Change, changes
from pushforward.studio.app.design.basic import button, clear, column, icon_button, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import setting_values

__all__ = ["Changed"]

MOST = 6  # so many are listed; the rest is counted


class Line(RowButton):
    """A changed setting; Enter leads to it, Backspace resets it.

    Signals: undone: reset it. walked: move the focus by a number of lines.
    """

    undone = Signal()
    walked = Signal(int)

    def __init__(self, change: Change) -> None:
        super().__init__(change.field.title)
        self.setCheckable(False)
        now, was = (
            setting_values.title_of(change.field, each) for each in (change.value, change.was)
        )
        unit = f" {change.field.unit}"
        self.show_facts(text=change.field.title, note=f"{now}, was {was.removesuffix(unit)}")
        set_tip(self, f"{change.field.title}: {now}, was {was}\nBackspace: reset")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.undone.emit()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.walked.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class Changed(QFrame):
    """Hidden while everything is as it was."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.lines: list[Line] = []
        self._shown: list[Change] | None = None
        self.setProperty("surface", "changed")
        self.setAccessibleName("Changed settings")
        self.count = label("", "muted")
        self.reset = button("Reset all", actions.setup.reset_all, kind="link")
        set_tip(self.reset, "Reset all settings")
        self._list = column(gap=0)
        column(
            row(label("Changed", "strong"), self.count, None, self.reset),
            self._list,
            parent=self,
            gap=2,
            margins=(14, 8, 14, 8),
        )
        self.hide()

    def show_draft(self, draft: Draft) -> None:
        """Show what was changed in a draft."""
        found = changes(draft, self._state.catalog)
        if found == self._shown:
            return
        held = next((i for i, line in enumerate(self.lines) if line.hasFocus()), None)
        self._shown = found
        self.count.setText(str(len(found)))
        clear(self._list)
        self.lines = []
        for change in found[:MOST]:
            self._list.addWidget(self._line(change))
        if len(found) > MOST:
            self._list.addWidget(label(f"and {len(found) - MOST} more", "small"))
        self.setVisible(bool(found))
        if held is not None and self.lines:  # the one that had the keyboard is not there any more
            self.lines[min(held, len(self.lines) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def _line(self, change: Change) -> QWidget:
        made = Line(change)
        put_back = partial(self._actions.setup.put_back, change)
        made.undone.connect(put_back)
        made.clicked.connect(lambda: self._state.window.show_setting.emit(change.path))
        place = len(self.lines)
        made.walked.connect(lambda by: self._walk(place + by))
        self.lines.append(made)
        undo = icon_button("reset", f"Put {change.field.title} back", put_back)
        undo.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Backspace does the same
        undo.setFixedSize(QSize(22, 22))
        holder = QWidget()
        row((made, 1), undo, parent=holder, gap=2)
        return holder

    def _walk(self, place: int) -> None:
        if 0 <= place < len(self.lines):
            self.lines[place].setFocus(Qt.FocusReason.OtherFocusReason)
