"""Lines of a name and what is known of it, as panels of the inspector have them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from pushforward.studio.app.design.basic import clear, label

__all__ = ["Facts"]

NAMES = 118  # pixels


class Facts(QWidget):
    """Lines of a dim name and a value, both wrapped; without a name, the value takes the whole
    line.
    """

    def __init__(self, facts: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._shown: list[tuple[str, str]] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, NAMES)
        self._grid.setColumnStretch(1, 1)
        self.show_facts(facts)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these, and nothing else."""
        if list(facts) == self._shown:
            return
        self._shown = list(facts)
        clear(self._grid)
        if not facts:
            self.hide()
        elif self.parentWidget() is not None:
            self.show()  # alone it would be a window
        for line, (name, known) in enumerate(facts):
            if not name:
                self._grid.addWidget(label(known, wrap=True), line, 0, 1, 2)
                continue
            title = label(name, "muted", wrap=True)
            title.setFixedWidth(NAMES)
            self._grid.addWidget(title, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(known, wrap=True), line, 1, Qt.AlignmentFlag.AlignTop)
