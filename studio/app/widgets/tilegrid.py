"""A grid of tiles, each a datum: painted by its kind, one selected, each with its own colour."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.kinds.kind import Tiles
from studio.app.plots.raster import Colours
from studio.app.plots.tiles import columns_for
from studio.app.theme import font, theme
from studio.app.widgets.literal import tip_text

__all__ = ["TileGrid"]

GAP = 6
BAR = 3  # of the colour that tells particles apart


class TileGrid(QWidget):
    """Shows tiles in rows; with ``strip`` all in one row.

    Signals:
        picked: the tile that was clicked or walked to, -1 for none.
    """

    picked = Signal(int)

    def __init__(self, name: str, *, strip: bool = False) -> None:
        super().__init__()
        self._tiles: Tiles | None = None
        self._inks: Colours | None = None
        self._words: list[str] = []
        self._strip = strip
        self._message = ""
        self.selection = -1
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 56 if strip else 120))
        repaint_on_theme(self)

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self._tiles) if self._tiles is not None else 0

    def show_tiles(
        self,
        tiles: Tiles | None,
        *,
        noun: str = "tiles",
        inks: Colours | None = None,
        words: list[str] | None = None,
        message: str = "",
    ) -> None:
        """Show tiles, which people call ``noun``; ``inks`` (n,) are their colours, ``words`` stand
        below them, and ``message`` where there are none.
        """
        self._tiles = tiles
        self._inks, self._words, self._message = inks, words or [], message
        self.setAccessibleDescription(f"{self.count} {noun}" if self.count else message)
        self.update()

    def select(self, tile: int) -> None:
        """Mark one tile, -1 for none."""
        if tile != self.selection:
            self.selection = tile
            self.update()

    def _cells(self) -> tuple[int, float, float, float, float]:
        """Return columns, the size of a tile (width, height), and where the first one is."""
        n, aspect = self.count, self._tiles.aspect if self._tiles is not None else 1.0
        words = 15 if self._words else 0
        extra = (BAR + 2 if self._inks is not None else 0) + words
        columns = n if self._strip else columns_for(n, self.width(), self.height(), aspect)
        columns = max(1, columns)
        rows = max(1, math.ceil(n / columns))
        each_w = (self.width() - GAP * (columns + 1)) / columns
        each_h = (self.height() - GAP * (rows + 1)) / rows - extra
        height = max(4.0, min(each_h, each_w / aspect))
        width = height * aspect
        left = (self.width() - columns * (width + GAP) + GAP) / 2
        return columns, width, height, left, extra

    def _cell(self, tile: int) -> QRectF:
        columns, width, height, left, extra = self._cells()
        row, column = divmod(tile, columns)
        top = GAP + row * (height + extra + GAP)
        return QRectF(left + column * (width + GAP), top, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            if not self.count:
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(QRectF(self.rect()).adjusted(16, 8, -16, -8), words, self._message)
                return
            self.paint_tiles(painter)
            if self.hasFocus() and self.selection < 0:
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def paint_tiles(self, painter: QPainter) -> None:
        """Paint the tiles into the widget's rectangle, sharp at any scale."""
        tokens = theme.colors()
        assert self._tiles is not None
        painter.setFont(font(11))
        for tile in range(self.count):
            cell = self._cell(tile)
            self._tiles.paint(painter, cell, tile, tokens)
            below = cell.bottom() + 2
            if self._inks is not None:
                ink = QColor(f"#{int(self._inks[tile]) & 0xFFFFFF:06x}")
                painter.fillRect(QRectF(cell.left(), below, cell.width(), BAR), ink)
                below += BAR
            if tile < len(self._words):
                painter.setPen(QColor(tokens.muted))
                place = QRectF(cell.left() - 20, below, cell.width() + 40, 15)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._words[tile])
            if tile == self.selection:
                painter.setPen(QPen(QColor(tokens.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(cell.adjusted(-2, -2, 2, 2))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self._at(QPointF(event.pos()))
            said = self._tiles.said(tile) if self._tiles is not None and tile >= 0 else ""
            QToolTip.showText(event.globalPos(), tip_text(said) or self.toolTip(), self)
            return True
        return super().event(event)

    def _at(self, place: QPointF) -> int:
        """Return the tile at a place, -1 for none."""
        cells = (self._cell(tile).adjusted(-3, -3, 3, 3) for tile in range(self.count))
        return next((tile for tile, cell in enumerate(cells) if cell.contains(place)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.picked.emit(self._at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._cells()[0]
        keys = Qt.Key
        steps = {keys.Key_BracketRight: 1, keys.Key_BracketLeft: -1}
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps |= {keys.Key_Right: 1, keys.Key_Left: -1}
            steps |= {keys.Key_Down: columns, keys.Key_Up: -columns}
        by = steps.get(keys(event.key()))
        if event.key() == keys.Key_Escape and self.selection >= 0:
            self.picked.emit(-1)
        elif by is not None and self.count:
            self.picked.emit((max(0, self.selection) + by) % self.count)
        else:
            super().keyPressEvent(event)
