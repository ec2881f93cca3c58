"""Which part of a scene is seen: one zoom and one centre for every map of it."""

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal

__all__ = ["MapCamera"]

CLOSEST = 24.0  # times the whole scene


class MapCamera(QObject):
    """Zoom (1 shows the whole scene) and centre in columns and rows.

    Signals:
        changed: another part is seen.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns, self.rows = 1, 1
        self.zoom = 1.0
        self.centre = QPointF(0.5, 0.5)

    def set_size(self, columns: int, rows: int) -> None:
        """Show a scene of another size as a whole."""
        if (columns, rows) != (self.columns, self.rows):
            self.columns, self.rows = columns, rows
            self.show_all()

    def show_all(self) -> None:
        """Show the whole scene."""
        self._set(1.0, QPointF(self.columns / 2, self.rows / 2))

    def side(self, size: QSizeF) -> float:
        """Return the side of a pixel on a map of a size in logical pixels."""
        return self.zoom * min(size.width() / self.columns, size.height() / self.rows)

    def box(self, size: QSizeF) -> QRectF:
        """Return where the whole scene lies on a map of a size; most of it may be outside."""
        side = self.side(size)
        left = size.width() / 2 - self.centre.x() * side
        top = size.height() / 2 - self.centre.y() * side
        return QRectF(left, top, self.columns * side, self.rows * side)

    def visible(self, size: QSizeF) -> QRectF:
        """Return the part of a map that the scene covers."""
        return self.box(size).intersected(QRectF(QPointF(0, 0), size))

    def to_scene(self, at: QPointF, size: QSizeF) -> QPointF:
        """Return column and row, with fractions, of a place on a map."""
        box, side = self.box(size), self.side(size)
        return QPointF((at.x() - box.left()) / side, (at.y() - box.top()) / side)

    def to_map(self, column: float, row: float, size: QSizeF) -> QPointF:
        """Return the place on a map of a column and a row."""
        box, side = self.box(size), self.side(size)
        return QPointF(box.left() + column * side, box.top() + row * side)

    def zoom_at(self, at: QPointF, size: QSizeF, factor: float) -> None:
        """Zoom so that the scene under a place on a map stays there."""
        fixed = self.to_scene(at, size)
        zoom = min(max(self.zoom * factor, 1.0), CLOSEST)
        share = self.zoom / zoom
        self._set(zoom, fixed + (self.centre - fixed) * share)

    def pan(self, by: QPointF, size: QSizeF) -> None:
        """Move the scene by a distance on a map."""
        self._set(self.zoom, self.centre - by / self.side(size))

    def fly_to(self, row: int, column: int, zoom: float = 0.0) -> None:
        """Put a pixel in the middle, at least ``zoom`` close."""
        self._set(max(self.zoom, zoom), QPointF(column + 0.5, row + 0.5))

    def _set(self, zoom: float, centre: QPointF) -> None:
        half_x, half_y = self.columns / 2 / zoom, self.rows / 2 / zoom
        centre = QPointF(
            min(max(centre.x(), half_x), self.columns - half_x),
            min(max(centre.y(), half_y), self.rows - half_y),
        )
        if zoom != self.zoom or centre != self.centre:
            self.zoom, self.centre = zoom, centre
            self.changed.emit()
