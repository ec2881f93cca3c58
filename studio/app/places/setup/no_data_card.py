"""Placeholder without data, with a drop target."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.design.basic import button, column, label, row

__all__ = ["NoData"]


class NoData(QFrame):
    """A zone that files are dropped on, as anywhere in the window, with the two other ways."""

    def __init__(self, choose: Callable[[], None], bring: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.title = label("", "heading")
        words = label("Drop data files or a folder here.", "muted")
        for each in (self.title, words):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = button("Choose data", choose, kind="primary")
        self.choose.setDefault(False)
        self.bring = button("Import files…", bring)
        ways = row(None, self.choose, self.bring, None, gap=8)
        body = column(None, self.title, words, 6, gap=6, margins=24)
        body.addLayout(ways)
        body.addStretch(1)
        self.setLayout(body)

    def show_name(self, name: str) -> None:
        """Say which data are not there."""
        self.title.setText(f"No data set {name} in this project")
