"""A layout that goes on in the next line where a line is full, as words do."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem

__all__ = ["Wrapping"]


class Wrapping(QLayout):
    """Lines of widgets from left to right, each as wide as it wants to be, or as the line is, and
    in the middle of its height.
    """

    def __init__(self, gap: int, leading: int) -> None:
        """``gap`` are the pixels between two widgets, ``leading`` those between two lines."""
        super().__init__()
        self._gap, self._leading = gap, leading
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        edge = self.contentsMargins()
        inside = QRect(0, 0, width - edge.left() - edge.right(), 0)
        return self._place(inside, move=False) + edge.top() + edge.bottom()

    def sizeHint(self) -> QSize:
        """As wide as all of it is in one line."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        edge = self.contentsMargins()
        wide = sum(s.width() for s in sizes) + self._gap * max(0, len(sizes) - 1)
        high = max((s.height() for s in sizes), default=0)
        return QSize(wide + edge.left() + edge.right(), high + edge.top() + edge.bottom())

    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self._items if not item.isEmpty()]
        edge = self.contentsMargins()
        wide = max((s.width() for s in sizes), default=0)
        return QSize(wide + edge.left() + edge.right(), edge.top() + edge.bottom())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect.marginsRemoved(self.contentsMargins()), move=True)

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Return how high the lines are in a width; put the widgets there if asked to."""
        y = rect.y()
        for line in self._lines(rect.width()):
            x, high = rect.x(), max(size.height() for _, size in line)
            for item, size in line:
                if move:
                    item.setGeometry(QRect(QPoint(x, y + (high - size.height()) // 2), size))
                x += size.width() + self._gap
            y += high + self._leading
        return max(0, y - self._leading - rect.y())

    def _lines(self, room: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        """Return the items of each line in a width, with their sizes."""
        lines: list[list[tuple[QLayoutItem, QSize]]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            width = min(item.sizeHint().width(), room)
            if not lines or used + width > room:
                lines.append([])
                used = 0
            tall = item.heightForWidth(width) if item.hasHeightForWidth() else 0
            lines[-1].append((item, QSize(width, tall if tall > 0 else item.sizeHint().height())))
            used += width + self._gap
        return lines
