"""Tiles that are taken away: as one picture, with a line of words for each."""

import math
import shutil
import tempfile
import weakref
from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, QUrl
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.data.tile_model import Rows
from pushforward.studio.app.design.theme import theme

__all__ = ["Sheets", "paint_sheet"]

MOST = 400  # tiles of a picture
SIDE = 112  # the height of each in pixels
GAP = 8


class Sheets:
    """Makes what goes to the clipboard, or is dragged to another program as a file; the files stay
    until the grid has gone.
    """

    def __init__(self) -> None:
        self._folder = ""
        self._made = 0

    def make_mime(self, tiles: Tiles, rows: Rows, said: list[str]) -> QMimeData:
        """Return a picture of the first 400 of some rows, and what is ``said`` of all of them."""
        taken = QMimeData()
        taken.setImageData(paint_sheet(tiles, rows[:MOST]))
        taken.setText("\n".join(said))
        return taken

    def file(self, tiles: Tiles, rows: Rows, said: list[str], name: str) -> QMimeData:
        """Return the same, the picture as a file as well, which is named after ``name``."""
        taken = self.make_mime(tiles, rows, said)
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="pushforward-")
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._made += 1
        path = Path(self._folder) / f"{name}-{self._made}.png"
        if QImage(taken.imageData()).save(str(path)):
            taken.setUrls([QUrl.fromLocalFile(str(path))])
        return taken


def paint_sheet(tiles: Tiles, rows: Rows) -> QImage:
    """Return a contact sheet of tiles, nearly square."""
    width = max(8, round(SIDE * tiles.aspect))
    columns = max(1, math.ceil(math.sqrt(len(rows) * SIDE / width)))
    lines = max(1, math.ceil(len(rows) / columns))
    across, down = columns * (width + GAP) + GAP, lines * (SIDE + GAP) + GAP
    image = QImage(across, down, QImage.Format.Format_RGB32)
    tokens = theme.colors()
    image.fill(QColor(tokens.background))
    with QPainter(image) as painter:
        for place, row in enumerate(rows.tolist()):
            line, column = divmod(place, columns)
            left, top = GAP + column * (width + GAP), GAP + line * (SIDE + GAP)
            tiles.paint(painter, QRectF(left, top, width, SIDE), row, tokens)
    return image
