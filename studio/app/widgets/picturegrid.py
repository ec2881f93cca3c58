"""A grid of small pictures: sharp pixels, one of them selected, each with its own colour."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.plots.backdrop import image_of
from studio.app.plots.pictures import atlas, columns_for
from studio.app.plots.raster import Colours
from studio.app.theme import font, theme

__all__ = ["PictureGrid"]

GAP = 6
BAR = 3  # of the colour that tells particles apart


class PictureGrid(QWidget):
    """Shows pictures in rows; with ``strip`` all in one row.

    Signals:
        picked: the picture that was clicked or walked to, -1 for none.
    """

    picked = Signal(int)

    def __init__(self, name: str, *, strip: bool = False) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._shape = (0, 1, 1)
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
        """How many pictures there are."""
        return self._shape[0]

    def show_pictures(
        self,
        images: NDArray[np.floating] | None,
        *,
        inks: Colours | None = None,
        words: list[str] | None = None,
        message: str = "",
    ) -> None:
        """Show images (n, C, H, W) of values in [0, 1]; ``inks`` (n,) are their colours, ``words``
        stand below them, and ``message`` where there are none.
        """
        self._image = None if images is None or not len(images) else image_of(atlas(images))
        self._shape = (0, 1, 1) if images is None else (len(images), *images.shape[2:])
        self._inks, self._words, self._message = inks, words or [], message
        self.setAccessibleDescription(f"{self.count} pictures" if self.count else message)
        self.update()

    def select(self, picture: int) -> None:
        """Mark one picture, -1 for none."""
        if picture != self.selection:
            self.selection = picture
            self.update()

    def _cells(self) -> tuple[int, float, float, float, float]:
        """Return columns, the size of a picture (width, height), and where the first one is."""
        n, high, wide = self._shape
        words = 15 if self._words else 0
        extra = (BAR + 2 if self._inks is not None else 0) + words
        aspect = wide / high
        columns = n if self._strip else columns_for(n, self.width(), self.height(), aspect)
        columns = max(1, columns)
        rows = max(1, math.ceil(n / columns))
        each_w = (self.width() - GAP * (columns + 1)) / columns
        each_h = (self.height() - GAP * (rows + 1)) / rows - extra
        height = max(4.0, min(each_h, each_w / aspect))
        width = height * aspect
        left = (self.width() - columns * (width + GAP) + GAP) / 2
        return columns, width, height, left, extra

    def _cell(self, picture: int) -> QRectF:
        columns, width, height, left, extra = self._cells()
        row, column = divmod(picture, columns)
        top = GAP + row * (height + extra + GAP)
        return QRectF(left + column * (width + GAP), top, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            if self._image is None:
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(QRectF(self.rect()).adjusted(16, 8, -16, -8), words, self._message)
                return
            self.paint_pictures(painter)
            if self.hasFocus() and self.selection < 0:
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def paint_pictures(self, painter: QPainter) -> None:
        """Paint the pictures into the widget's rectangle, sharp at any scale."""
        tokens = theme.colors()
        n, high, wide = self._shape
        assert self._image is not None
        painter.setFont(font(11))
        for picture in range(n):
            cell = self._cell(picture)
            painter.drawImage(cell, self._image, QRectF(0, picture * high, wide, high))
            below = cell.bottom() + 2
            if self._inks is not None:
                ink = QColor(f"#{int(self._inks[picture]) & 0xFFFFFF:06x}")
                painter.fillRect(QRectF(cell.left(), below, cell.width(), BAR), ink)
                below += BAR
            if picture < len(self._words):
                painter.setPen(QColor(tokens.muted))
                place = QRectF(cell.left() - 20, below, cell.width() + 40, 15)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._words[picture])
            if picture == self.selection:
                painter.setPen(QPen(QColor(tokens.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(cell.adjusted(-2, -2, 2, 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        cells = (self._cell(picture).adjusted(-3, -3, 3, 3) for picture in range(self.count))
        hits = (picture for picture, cell in enumerate(cells) if cell.contains(place))
        self.picked.emit(next(hits, -1))

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
