"""A card of the setup page: a title with a fact, and its content."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pushforward.studio.app.design.basic import Elided, label, row, separator

__all__ = ["Card"]


class Card(QFrame):
    """Put things into ``body``."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.title = label(title, "strong")
        self.fact = Elided("", "muted")
        self._head = row(self.title, self.fact, gap=10)
        self._head.setStretch(1, 1)
        self._head.setContentsMargins(12, 7, 12, 7)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(12, 12, 12, 12)
        self.body.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._head)
        layout.addWidget(separator())
        layout.addLayout(self.body, 1)

    def put_right(self, widget: QWidget) -> None:
        """Put a widget at the right of the title."""
        self._head.addWidget(widget)
