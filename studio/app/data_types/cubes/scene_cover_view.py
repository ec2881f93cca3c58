"""A set of data at a glance, where some of its tiles do not show it: a scene as a whole."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["CoverView"]

LEAST, MOST = 96, 240  # its height


class CoverView(QWidget):
    """Hidden where the kind has no cover."""

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind | None = None
        self._arrays: Arrays = {}
        self.setMinimumHeight(LEAST)
        self.setMaximumHeight(MOST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("All of it at a glance")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(2 * MOST, MOST)

    def show_data(self, kind: Kind, arrays: Arrays) -> None:
        """Show what `Kind.cover` paints of the arrays of a preview."""
        able = kind.cover is not None and all(name in arrays for name in kind.cover.needs)
        self._kind, self._arrays = kind, arrays
        self.setVisible(able)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._kind is not None and self._kind.cover is not None:
            with QPainter(self) as painter:
                area = QRectF(self.rect())
                self._kind.cover.paint(painter, area, self._arrays, theme.colors())
