"""A modal dialog that is as high as what it shows."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QWidget

from pushforward.studio.app.design.basic import column, label, row
from pushforward.studio.app.design.literal_text import set_title

__all__ = ["Dialog"]


class Dialog(QDialog):
    """A heading, a body and a line of buttons. It deletes itself when it closes.

    It grows where a line is added or wraps: Qt gives a window the least height of its layout, but
    does not ask how high lines are at the width that it has.

    Attributes:
        body: the layout below the heading.
    """

    def __init__(
        self, parent: QWidget | None, title: str, width: int, *, heading: str = ""
    ) -> None:
        """Create a dialog, at least ``width`` pixels wide, whose heading is by default its title.

        It is opened by its owner, never executed.
        """
        super().__init__(parent)
        set_title(self, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.setMinimumWidth(width)
        self.body = column(
            label(heading or title, "heading"), parent=self, gap=12, margins=(20, 18, 20, 18)
        )

    def add_buttons(self, *buttons: QWidget, left: QWidget | None = None) -> None:
        """Add a line of buttons at the right, and a widget at its left end."""
        before = () if left is None else (left,)
        self.body.addLayout(row(*before, None, *buttons))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show, QEvent.Type.Resize):
            self._grow()
        return done

    def _grow(self) -> None:
        layout = self.layout()
        if layout is None:
            return
        needed = layout.minimumSize().height()
        if layout.hasHeightForWidth():
            needed = max(needed, layout.minimumHeightForWidth(self.width()))
        needed = min(needed, self.screen().availableGeometry().height())
        if self.height() < needed:
            self.resize(self.width(), needed)
