"""What every plot lies on: a view of the library that behaves like any other widget."""

import pyqtgraph as pg
from PySide6.QtCore import QSize
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QWidget

__all__ = ["Sheet"]

# Each move of the mouse counts: a lasso drawn through every other one would cut corners.
pg.setConfigOptions(mouseRateLimit=0)


class Sheet(pg.GraphicsView):  # type: ignore[misc]
    """A view on a scene of its own, in logical pixels from its top left corner."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        # The ground of the widget below is seen: a copy of it would stay when the theme changes.
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setRenderHint(self.renderHints().TextAntialiasing)

    def close(self) -> bool:
        """Close like any widget: the library's own way takes the scene away, and may crash."""
        return bool(QWidget.close(self))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()  # it belongs to the card or the lens around
