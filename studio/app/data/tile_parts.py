"""Hover parts of a tile to see the model's alternatives."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type import Weighed, WeighsParts
from pushforward.studio.app.data.part_weights import WeighedCard, in_words
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.design.theme import theme

__all__ = ["TileParts"]

Part = tuple[int, int]  # a row, and which part of its datum
WAYS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class TileParts(QObject):
    """Follows the mouse over a grid whose tiles are `WeighsParts`, and does nothing over others. A
    part that was clicked stays marked, while what is weighed there changes with the clocks; where
    tiles are not browsed, Shift and the arrows walk from part to part. Esc lets go of it.
    """

    def __init__(self, grid: TileGrid, *, walks: bool = True) -> None:
        super().__init__(grid)
        self._grid, self._walks = grid, walks
        self._under: Part | None = None  # the mouse
        self._held: Part | None = None
        self.card = WeighedCard()
        self._mark = _Mark(grid.viewport())
        grid.viewport().setMouseTracking(True)
        grid.viewport().installEventFilter(self)
        grid.installEventFilter(self)
        grid.arranged.connect(self.refresh)
        grid.destroyed.connect(self.card.deleteLater)

    @property
    def part(self) -> Part | None:
        """The row and the part that are looked at: those under the mouse, else those held."""
        return self._under or self._held

    def hold(self, part: Part | None) -> None:
        """Keep a part marked, None for none."""
        self._held = part
        self.refresh()

    def refresh(self) -> None:
        """Say what is weighed at the part that is looked at now."""
        tiles, part = self._grid.tiles, self.part
        what, area = None, QRectF()
        if part is not None and isinstance(tiles, WeighsParts) and self._grid.isVisible():
            row, place = part
            if row < len(tiles) and place < tiles.parts(row):
                rect = self._grid.area(row)
                area = tiles.part_area(rect, row, place) if not rect.isEmpty() else rect
                what = tiles.weighed(row, place) if not area.isEmpty() else None
        self._mark.put(area if what is not None else QRectF())
        if what is None:
            self.card.hide()
        else:
            self._show(what, area)

    def _show(self, what: Weighed, area: QRectF) -> None:
        viewport, window = self._grid.viewport(), self._grid.window()
        if self.card.parentWidget() is not window:
            self.card.setParent(window)
        self.card.tell(what)
        self.card.put_beside(area, QPointF(viewport.mapTo(window, viewport.rect().topLeft())))
        self.card.show()
        self.card.raise_()
        if self._held is not None and self._under is None:
            self._grid.setAccessibleDescription(in_words(what))

    def _at(self, event: QMouseEvent) -> Part | None:
        tiles = self._grid.tiles
        row = self._grid.row_at(event.position().toPoint())
        if row < 0 or not isinstance(tiles, WeighsParts):
            return None
        part = tiles.part_at(self._grid.area(row), row, event.position())
        return (row, part) if part >= 0 else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Hide:
            self._under = None
            self.card.hide()
        elif watched is self._grid:
            if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._pressed(event)
        elif kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._look(self._at(event))
        elif kind == QEvent.Type.Leave:
            self._look(None)
        elif kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            at = self._at(event)
            self.hold(None if at == self._held else at)
        return False

    def _look(self, part: Part | None) -> None:
        if part != self._under:
            self._under = part
            self.refresh()

    def _pressed(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._held is not None:
            self.hold(None)
            return True
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not (self._walks and shifted and key in WAYS):
            return False
        tiles = self._grid.tiles
        if isinstance(tiles, WeighsParts) and len(tiles):
            self._under = None
            self.hold(self._neighbour(tiles, WAYS[key]))
        return isinstance(tiles, WeighsParts)

    def _neighbour(self, tiles: WeighsParts, way: tuple[int, int]) -> Part:
        """Return the next part in a direction, the first of the tile that is picked at first."""
        picked = max(0, self._grid.selection)
        if self._held is None or (self._grid.selection >= 0 and self._held[0] != picked):
            return picked, 0
        row, part = self._held
        across, down = way
        if across:
            return row, (part + across) % max(1, tiles.parts(row))
        rect = self._grid.area(row)
        area = tiles.part_area(rect, row, part)
        found = tiles.part_at(rect, row, area.center() + QPointF(0.0, down * area.height()))
        return row, found if found >= 0 else part


class _Mark(QWidget):
    """A frame around a part, on the viewport of the grid."""

    def __init__(self, viewport: QWidget) -> None:
        super().__init__(viewport)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def put(self, area: QRectF) -> None:
        """Stand around an area, or nowhere where it is empty."""
        self.setVisible(not area.isEmpty())
        if not area.isEmpty():
            self.setGeometry(area.adjusted(-2, -1, 2, 1).toAlignedRect())
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().accent), 1.6))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
