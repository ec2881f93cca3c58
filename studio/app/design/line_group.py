"""A titled list of lines in the sidebar."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QWidget

from pushforward.studio.app.design.basic import clear, column, label, section
from pushforward.studio.app.design.row_button import RowButton

__all__ = ["Group"]


class Group(QWidget):
    """A heading, lines below it, and perhaps a word on them."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.lines = column(gap=1)
        head: QLabel = section(title)
        layout = column(parent=self, gap=2)
        head.setContentsMargins(8, 0, 4, 0)
        layout.addWidget(head)
        layout.addLayout(self.lines)
        self._said = label("", "small", wrap=True)
        self._said.setContentsMargins(8, 2, 8, 0)
        self._said.hide()
        layout.addWidget(self._said)

    def fill(self, rows: Sequence[RowButton]) -> None:
        """Replace the lines."""
        clear(self.lines)
        for each in rows:
            self.lines.addWidget(each)

    def say(self, text: str) -> None:
        """Say something below the lines, "" for nothing."""
        self._said.setText(text)
        self._said.setVisible(bool(text))
