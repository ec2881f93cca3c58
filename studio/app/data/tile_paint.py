"""How the tiles of a grid are painted: each itself, what stands below it, and that it is selected.

Tiles that are browsed are kept as pixmaps, as many as a bound on memory allows; those that are not
there yet are painted while a moment lasts, and the others after it, so that scrolling never waits.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import MadeReady, Tiles
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["GAP", "Below", "TilePaint", "fitting"]

GAP = 6  # between tiles
BAR = 3  # of the colour that tells particles apart
WORDS = 15  # the height of what is written below
APART = 5  # pixels between the words of two tiles
BOUND = 96 << 20  # bytes of pixmaps at most
MOMENT = 0.005  # seconds of a frame, and again after it, that may go into tiles that are new
AHEAD = 12  # tiles that are made ready at once: no more than a moment has time for
BLEND = 0.5  # how clear those are that are not selected, where others are


@dataclass(frozen=True, eq=False)
class Below:
    """What stands below each tile: its own colour, (n,) as ARGB, and words, where there are any."""

    inks: Colours | None = None
    words: list[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        """In pixels."""
        return (BAR + 2 if self.inks is not None else 0) + (WORDS if self.words else 0)


def fitting(text: str, metrics: QFontMetrics, room: int) -> str:
    """Return as many words of a text as there is room for, without what follows; of a name its
    beginning with an ellipsis, but of a number none: a part of it would be another number.
    """
    words = text.split(" ")
    while words and metrics.horizontalAdvance(" ".join(words)) > room:
        words.pop()
    if words and any(each.isdigit() for each in text):
        return " ".join(words)
    name = not any(each.isdigit() for each in text)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) if name else ""


class TilePaint:
    """Paints tiles and caches their pixmaps if ``kept``.

    Attributes:
        tiles: the painters.
        below: caption of each.
        missing: places painted incompletely for lack of time.
    """

    def __init__(self, *, kept: bool) -> None:
        self.tiles: Tiles | None = None
        self.below = Below()
        self.kept = kept
        self.missing: set[int] = set()
        self._tokens: Tokens = theme.colors()
        self._making: MadeReady | None = None
        self._until = float("inf")
        self._new: list[int] = []  # rows of this frame that have no picture yet
        self._ready: set[int] = set()  # rows that were made ready, whether or not painted yet
        self._size = QSize()
        self._ratio = 1.0
        self._known: dict[int, QPixmap] = {}
        self._stale: dict[int, QPixmap] = {}

    def show(self, tiles: Tiles | None, *, forget: bool = False) -> None:
        """Paint tiles from now on. Pictures of others are forgotten: a tile is empty until it is
        painted. Of the same data they are seen until then, unless they are to be forgotten, too.
        """
        self._refresh(forget=forget or tiles != self.tiles)
        self.tiles = tiles
        # Asked once: to look for methods by name costs as much as a small tile.
        self._making = tiles if isinstance(tiles, MadeReady) else None

    def begin(self, size: QSize, ratio: float, rows: Sequence[int]) -> None:
        """Begin a frame of some rows, in tiles of a size, at a device pixel ratio."""
        self._until = time.perf_counter() + MOMENT
        look = (size, ratio, theme.colors())
        if look != (self._size, self._ratio, self._tokens):
            self._refresh(forget=look[2] != self._tokens)
            self._size, self._ratio, self._tokens = look
        self._new = [row for row in rows if row not in self._known] if self.kept else []

    def go_on(self, rows: Mapping[int, int]) -> list[int]:
        """Make the pictures of rows, by the places where they are missing, while a moment lasts;
        returns the places whose pictures are there now.
        """
        self._until = time.perf_counter() + MOMENT
        self._new = [row for row in rows.values() if row not in self._known]
        done: list[int] = []
        for place, row in rows.items():
            if done and time.perf_counter() >= self._until:
                break
            if row in self._known or self._make(row) is not None:
                done.append(place)
        self.missing.difference_update(done)
        return done

    def _refresh(self, *, forget: bool) -> None:
        """Paint all tiles anew; until then the old ones are seen, unless they are forgotten."""
        self._stale = {} if forget else {**self._stale, **self._known}
        self._known, self.missing, self._ready = {}, set(), set()

    def paint(
        self, painter: QPainter, x: int, y: int, place: int, row: int, *, dim: bool, whole: bool
    ) -> None:
        """Paint the tile of a row at a place of the grid, with its corner at a pixel; not the
        ``whole`` place where the frame has a part of it only, so that its rest is still missing.
        """
        if dim:
            painter.setOpacity(BLEND)
        if self.kept:
            self._paint_kept(painter, x, y, place, row, whole=whole)
        elif self.tiles is not None:
            rect = QRectF(x, y, self._size.width(), self._size.height())
            self.tiles.paint(painter, rect, row, self._tokens)
        if dim:
            painter.setOpacity(1.0)
        if self.below.height:
            self._paint_below(painter, x, y + self._size.height() + 2, row)

    def ring(self, painter: QPainter, x: int, y: int, *, inspected: bool) -> None:
        """Paint the ring around a tile: white where it is inspected, else of the selection."""
        ink = self._tokens.text if inspected else self._tokens.accent
        painter.setPen(QPen(QColor(ink), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(x - 2, y - 2, self._size.width() + 4, self._size.height() + 4)

    def _paint_below(self, painter: QPainter, x: int, top: int, row: int) -> None:
        below, width = self.below, self._size.width()
        if below.inks is not None:
            ink = QColor(f"#{int(below.inks[row]) & 0xFFFFFF:06x}")
            painter.fillRect(QRectF(x, top, width, BAR), ink)
            top += BAR
        if row < len(below.words):
            painter.setPen(QColor(self._tokens.muted))
            painter.setFont(font(11))
            room = width + GAP  # as far as the words below the next tile
            place = QRectF(x - GAP // 2, top, room, WORDS)
            words = fitting(below.words[row], painter.fontMetrics(), room - APART)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_kept(
        self, painter: QPainter, x: int, y: int, place: int, row: int, *, whole: bool
    ) -> None:
        picture = self._known.get(row)
        if picture is None and time.perf_counter() < self._until:
            picture = self._make(row)
        if picture is not None:
            painter.drawPixmap(x, y, picture)
            if whole:
                self.missing.discard(place)
            return
        self.missing.add(place)
        rect = QRectF(x, y, self._size.width(), self._size.height())
        if (old := self._stale.get(row)) is not None:
            painter.drawPixmap(rect, old, QRectF(old.rect()))
        else:
            painter.fillRect(rect, QColor(self._tokens.raised))

    def _make(self, row: int) -> QPixmap | None:
        """Return the tile of a row as a picture, which is kept; the oldest ones make room."""
        if self.tiles is None:
            return None
        if self._making is not None and row in self._new and row not in self._ready:
            at = self._new.index(row)
            coming = self._new[at : at + AHEAD]
            self._making.make_ready(coming)
            self._ready.update(coming)
        width, height = self._size.width(), self._size.height()
        picture = QPixmap(round(width * self._ratio), round(height * self._ratio))
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            self.tiles.paint(painter, QRectF(0, 0, width, height), row, self._tokens)
        self._known[row] = picture
        self._stale.pop(row, None)
        each = 4 * max(1, picture.width() * picture.height())
        while len(self._known) > 1 and len(self._known) * each > BOUND:
            del self._known[next(iter(self._known))]
        return picture
