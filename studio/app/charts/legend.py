"""Which line of several plots is which: names with their pens, in as many rows as they need."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.charts.line_styles import Named, key_lines, paint_key
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["LineKey"]

ROW = 20  # pixels


class LineKey(QWidget):
    """Names of lines, as wide as there is room and as high as they need."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[Named] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def show_names(self, names: Sequence[Named]) -> None:
        """Show names with their pens."""
        self.names = list(names)
        self.setAccessibleName("Drawn: " + ", ".join(name for name, _ in self.names))
        self._fit()
        self.update()

    def _fit(self) -> None:
        self.setFixedHeight(ROW * len(key_lines(self.names, self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            ink = QColor(theme.colors().text)
            for line, names in enumerate(key_lines(self.names, self.width())):
                paint_key(painter, QPointF(0, ROW * (line + 0.5)), names, ink)
