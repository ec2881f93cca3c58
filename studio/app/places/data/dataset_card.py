"""A set of data as a card: some of it as its kind paints it, its name, kind, size and licence."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap

from pushforward.studio.app.charts.point_picture import scatter
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.dataset_list import DataSet
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line

__all__ = ["DataSetCard"]


GAP = 4.0
LINES = 3  # of tiles, where a page of them holds as many as this
PAGE = 64


def paint_cover(
    painter: QPainter, area: QRectF, kind: Kind, arrays: Arrays, palette: Tokens
) -> None:
    """Paint some rows of data, as `Kind.some` has them, into an area."""
    if kind.cover is not None and all(name in arrays for name in kind.cover.needs):
        kind.cover.paint(painter, area, arrays, palette)
    elif kind.layout == "plane":
        _paint_points(painter, area, np.asarray(arrays["x"], np.float32), palette)
    else:
        _paint_tiles(painter, area, kind, arrays, palette)


def _paint_points(painter: QPainter, area: QRectF, x: NDArray[np.float32], palette: Tokens) -> None:
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    width, height = round(area.width() * ratio), round(area.height() * ratio)
    image = scatter(x, width, height, max(1, round(ratio)), palette.accent)
    image.setDevicePixelRatio(ratio)
    painter.drawImage(QPointF(area.left(), area.top()), image)


def _paint_tiles(
    painter: QPainter, area: QRectF, kind: Kind, arrays: Arrays, palette: Tokens
) -> None:
    tiles = kind.tiles(arrays)
    if not len(tiles):
        return
    lines = max(1, int(LINES * (kind.page / PAGE) ** 0.5))
    high = (area.height() - GAP * (lines - 1)) / lines
    wide = high * tiles.aspect
    columns = max(1, int((area.width() - 12 + GAP) // (wide + GAP)))
    columns = min(columns, max(1, len(tiles) // lines))
    left = area.center().x() - (columns * (wide + GAP) - GAP) / 2
    for row in range(min(len(tiles), lines * columns)):
        line, column = divmod(row, columns)
        at = QRectF(left + column * (wide + GAP), area.top() + line * (high + GAP), wide, high)
        tiles.paint(painter, at, row, palette)


class DataSetCard(PictureCard):
    """Signals:
    wanted: it is seen, and has no rows to show yet.
    """

    wanted = Signal()

    def __init__(self, data: DataSet) -> None:
        super().__init__(data.title, data.summary)
        self.data = data
        self._kind = kind(data.kind)
        self._arrays: Arrays | None = None
        self._asked = self._failed = False
        self._picture: tuple[object, QPixmap] | None = None
        self.setCheckable(True)
        self.describe()

    def show_rows(self, arrays: Arrays | None) -> None:
        """Show some samples; None if unavailable, to be requested again when `ask_again` is
        true.
        """
        self._arrays, self._failed = arrays, arrays is None
        self._picture = None
        self.update()

    def ask_again(self) -> None:
        """Ask for rows when it is seen next, if it has none."""
        self._asked, self._failed = self._arrays is not None, False
        self.update()

    def facts(self, room: int | None) -> str:
        size, terms = one_line(self.data.size), one_line(self.data.terms)
        end = f" · {terms}" if terms else ""
        if room is None:
            return f"{self._kind.title.lower()} · {size}{end}"
        # Of the two the size is the one that says enough by its beginning.
        metrics = QFontMetrics(font(11))
        left = max(0, room - metrics.horizontalAdvance(end))
        return metrics.elidedText(size, Qt.TextElideMode.ElideRight, left) + end

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        if not self._asked:
            self._asked = True
            self.wanted.emit()
        if self._arrays is None:
            painter.setFont(font(11))
            painter.setPen(QColor(theme.colors().muted))
            said = "No preview" if self._failed else self._kind.loading
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), said)
            return
        painter.drawPixmap(QPointF(area.left(), area.top()), self._painted(area))

    def _painted(self, area: QRectF) -> QPixmap:
        """Return the picture, which is painted once for each size and theme."""
        size, ratio, tokens = area.size().toSize(), self.devicePixelRatioF(), theme.colors()
        look = (size, ratio, tokens)
        if self._picture is None or self._picture[0] != look:
            picture = QPixmap(QSize(size * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setFont(font(13))
                whole = QRectF(0, 0, size.width(), size.height())
                assert self._arrays is not None
                paint_cover(painter, whole, self._kind, self._arrays, tokens)
            self._picture = (look, picture)
        return self._picture[1]
