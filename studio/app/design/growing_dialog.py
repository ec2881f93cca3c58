"""A dialog that is as high as what it shows."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from pushforward.studio.app.design.basic import label
from pushforward.studio.app.design.literal_text import set_title

__all__ = ["GrowingDialog", "buttons", "framed"]


class GrowingDialog(QDialog):
    """It grows where a line comes or wraps: Qt gives a window the least height of its layout, but
    does not ask how high lines are at the width that it has, and what has no room is painted over.
    """

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


def framed(parent: QWidget, title: str, width: int) -> tuple[QDialog, QVBoxLayout]:
    """Return a modal dialog that deletes itself when it closes, and its layout below the title."""
    made = GrowingDialog(parent)
    set_title(made, title)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.setModal(True)
    made.setMinimumWidth(width)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(20, 18, 20, 18)
    layout.setSpacing(12)
    layout.addWidget(label(title, "heading"))
    return made, layout


def buttons(*each: QWidget) -> QHBoxLayout:
    """Return a line of buttons at the right."""
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addStretch(1)
    for one in each:
        line.addWidget(one)
    return line
