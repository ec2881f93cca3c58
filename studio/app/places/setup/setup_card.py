"""A card of the setup page: a title with a fact, and its content."""

from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.design.basic import Elided, column, label, row, separator

__all__ = ["Card"]


class Card(QFrame):
    """Put things into ``body``."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.title = label(title, "strong")
        self.fact = Elided("", "muted")
        self._head = row(self.title, (self.fact, 1), gap=10, margins=(12, 7, 12, 7))
        self.body = column(margins=12)
        column(self._head, separator(), (self.body, 1), parent=self, gap=0)

    def put_right(self, widget: QWidget) -> None:
        """Put a widget at the right of the title."""
        self._head.addWidget(widget)
