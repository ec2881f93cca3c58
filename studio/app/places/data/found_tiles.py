"""The first of what would be imported, as its kind paints it, in one line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.core.data_type import LABEL, Cover, Tiles, named
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme
from pushforward.studio.formats.inspection import Inspection

__all__ = ["FoundTiles"]

MASK, SIZE = "mask", "size"  # which places of a row are real, and how many, the first ones
SIDE, GAP = 96, 8  # pixels
HIGH = 200  # pixels of a cover


class FoundTiles(QWidget):
    """Hidden where the kind is no kind of tiles, or nothing of it is known."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: Tiles | None = None
        self._cover: tuple[Cover, dict[str, NDArray[Any]]] | None = None
        self.setFixedHeight(SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("First samples")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(4 * SIDE, SIDE)

    @property
    def count(self) -> int:
        """How many there is room for, of those that are known."""
        if self._tiles is None:
            return 0
        return min(len(self._tiles), max(1, (self.width() + GAP) // (SIDE + GAP)))

    def show_found(self, found: Inspection) -> None:
        """Show the first rows of an inspection."""
        self._cover = _cover(found)
        self._tiles = _tiles(found) if self._cover is None else None
        self.setVisible(self._tiles is not None or self._cover is not None)
        self.setFixedHeight(SIDE if self._cover is None else HIGH)
        tiles = self._tiles
        said = [tiles.describe(row) for row in range(len(tiles))] if tiles is not None else []
        self.setAccessibleDescription("; ".join(filter(None, said)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._cover is not None:
            cover, arrays = self._cover
            with QPainter(self) as painter:
                cover.paint(painter, QRectF(self.rect()), arrays, theme.colors())
        if self._tiles is None:
            return
        with QPainter(self) as painter:
            for row in range(self.count):
                area = _within(QRectF(row * (SIDE + GAP), 0, SIDE, SIDE), self._tiles.aspect)
                self._tiles.paint(painter, area, row, theme.colors())


def _within(box: QRectF, aspect: float) -> QRectF:
    """Return the largest area of an aspect in a box, as a tile has it in a browser."""
    wide, high = min(box.width(), box.height() * aspect), min(box.height(), box.width() / aspect)
    return QRectF(box.left(), box.top() + (box.height() - high) / 2, wide, high)


def _cover(found: Inspection) -> tuple[Cover, dict[str, NDArray[Any]]] | None:
    """Return how all data look at once, and what is painted of them; None where that is unknown."""
    cover = kind(found.kind).cover
    if cover is None or not all(name in found.picture for name in cover.needs):
        return None
    return cover, {name: np.asarray(found.picture[name]) for name in cover.needs}


def _tiles(found: Inspection) -> Tiles | None:
    its = kind(found.kind)
    if its.layout != "tiles":
        return None
    arrays: dict[str, NDArray[Any]] = {
        name: np.asarray(found.preview[name])
        for name in ("x", SIZE, *its.parts, LABEL)
        if _is_array(found.preview.get(name))
    }
    x = arrays.get("x")
    if x is None or not len(x) or x.dtype.kind not in "fiu":
        return None
    size = arrays.pop(SIZE, None)
    if not its.fits(x.shape[1:]):
        return None
    if MASK in its.parts and MASK not in arrays and size is not None:
        arrays[MASK] = np.arange(x.shape[1]) < size[:, None]
    arrays["x"] = x.astype(np.float32)
    arrays |= its.holding(found.facts, len(x))
    arrays |= its.ready(arrays)
    if not all(name in arrays for name in its.parts):
        return None
    return its.tiles(named(arrays, tuple(found.classes)))


def _is_array(rows: Any) -> bool:
    """Say whether nested lists are of one length at each depth."""
    try:
        return isinstance(rows, list) and np.asarray(rows).dtype.kind != "O"
    except ValueError:
        return False
