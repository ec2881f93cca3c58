"""A heading that opens and closes what is below it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.basic import button, column
from pushforward.studio.app.design.icons import IconWearer

__all__ = ["Fold"]


class Fold(QWidget):
    """Closed at first. Put things into `body`."""

    toggled = Signal(bool)

    def __init__(self, title: str, *, opened: bool = False) -> None:
        super().__init__()
        self._title = title
        self.head = button(title, lambda: self.open(not self.opened), kind="quiet")
        self.head.setStyleSheet("text-align: left; padding-left: 0")
        self._icon = IconWearer(self.head, "chevron-right", "muted")
        self._content = QWidget()
        self.body = column(parent=self._content, gap=6)
        layout = column(parent=self, gap=4)
        layout.addWidget(self.head, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._content)
        self._opened = not opened
        self.open(opened)

    @property
    def opened(self) -> bool:
        """Whether its content is shown."""
        return self._opened

    def settle(self) -> None:
        """Tell the layouts around it at once that what is in `body` takes other room."""
        self._content.updateGeometry()
        self.updateGeometry()

    def open(self, opened: bool) -> None:
        """Open or close it."""
        if opened == self._opened:
            return
        self._opened = opened
        self._content.setVisible(opened)
        self._icon.wear("chevron-down" if opened else "chevron-right")
        self.head.setAccessibleName(f"{self._title}, {'open' if opened else 'closed'}")
        self.toggled.emit(opened)
