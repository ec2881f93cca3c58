"""A dialog that is as high as what it shows."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialog

__all__ = ["GrowingDialog"]


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
