"""A text that is as high as it needs, up to a few lines: more of it is scrolled."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea

from pushforward.studio.app.design.basic import label

__all__ = ["LongText"]


class LongText(QScrollArea):
    """Tab leads to it where it is longer than shown, and the arrows scroll it then."""

    def __init__(self, name: str, role: str, lines: int) -> None:
        super().__init__()
        self._label = label("", role, wrap=True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lines = lines
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._label)
        self._fit()

    def text(self) -> str:
        """Return all of the text."""
        return str(self._label.text())

    def setText(self, text: str) -> None:
        """Show a text from its beginning."""
        if text != self.text():
            self._label.setText(text)
            self.verticalScrollBar().setValue(0)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        needed = self._label.heightForWidth(max(self.viewport().width(), 1))
        most = self._lines * self._label.fontMetrics().lineSpacing()
        self.setFixedHeight(max(min(needed, most), 0))
        longer = Qt.FocusPolicy.StrongFocus if needed > most else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(longer)
