"""How a text lies in a rectangle, and how its characters are painted."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPen

from pushforward.studio.app.design.tokens import Tokens

__all__ = ["CELL", "DOT", "SPACE", "Page", "fixed_font", "ground", "ink_of", "write"]

CELL = 0.62  # width / height of a character
MARGINS = 0.02, 0.04  # of the width and of the height of a tile
READABLE = 7  # pixels of a line; in smaller ones characters are dashes
OUTLINED = 12  # pixels of a line in which there is room for an outline
LARGEST = 24
UNSURE, SURE = 0.2, 1.0  # probabilities at the ends of the colours
SPACE, DOT = ord(" "), "·"


@dataclass(frozen=True)
class Page:
    """Characters in lines, as large as a rectangle allows.

    Attributes:
        rect: of the tile.
        length: how many characters there are.
        cell: width / height of the room of one.
    """

    rect: QRectF
    length: int
    cell: float = CELL

    @property
    def inside(self) -> QRectF:
        """The room within the margins."""
        side, top = MARGINS[0] * self.rect.width(), MARGINS[1] * self.rect.height()
        return self.rect.adjusted(side, top, -side, -top)

    @property
    def columns(self) -> int:
        """How many characters a line has."""
        room = self.inside
        shape = room.width() / max(1.0, room.height())
        return max(1, math.ceil(math.sqrt(self.length * shape / self.cell)))

    def areas(self) -> list[QRectF]:
        """Return where each character is."""
        room, columns = self.inside, self.columns
        lines = math.ceil(self.length / columns)
        wide = room.width() / columns
        high = min(room.height() / max(1, lines), wide / self.cell)
        top = room.center().y() - lines * high / 2
        places = (divmod(place, columns) for place in range(self.length))
        return [
            QRectF(room.left() + column * wide, top + line * high, wide, high)
            for line, column in places
        ]

    def at(self, point: QPointF) -> int:
        """Return which character is at a point, -1 for none."""
        areas = self.areas()
        return next((i for i, area in enumerate(areas) if area.contains(point)), -1)


def ground(painter: QPainter, rect: QRectF, palette: Tokens) -> None:
    """Paint what a text stands on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.raised))
    painter.drawRoundedRect(rect, 4, 4)


def fixed_font(high: float) -> QFont:
    """Return the font of characters in lines of a height."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(max(1, min(LARGEST, round(0.78 * high))))
    return font


def write(
    painter: QPainter, cell: QRectF, number: int, chance: float | None, new: bool, palette: Tokens
) -> None:
    """Paint a character by its number, 0 for a place that has none yet: as sure as the model was of
    it, None where that is not known, and with an outline where it was just put there.
    """
    body = cell.adjusted(*(0.08 * cell.width() * way for way in (1, 1, -1, -1)))
    small = cell.height() < READABLE
    if number <= 0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.line))
        painter.drawRoundedRect(body, 2, 2)
        return
    ink = ink_of(chance, palette)
    if small:
        if number != SPACE:
            dash = cell.adjusted(0.0, 0.3 * cell.height(), 0.0, -0.3 * cell.height())
            painter.fillRect(dash, ink)
        return
    if new and cell.height() >= OUTLINED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(palette.text), 1.0))
        painter.drawRoundedRect(body, 0.2 * body.width(), 0.2 * body.width())
    blank = number == SPACE
    if blank and chance is None:
        return
    painter.setPen(QColor(palette.muted) if blank else ink)
    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, DOT if blank else chr(number))


def ink_of(chance: float | None, palette: Tokens) -> QColor:
    """Return the colour of a character: warm where the model was unsure, blue where it was sure."""
    if chance is None:
        return QColor(palette.text)
    share = min(1.0, max(0.0, (chance - UNSURE) / (SURE - UNSURE)))
    low, high = QColor(palette.warm), QColor(palette.accent)
    middle = QColor(palette.text)
    first, second, at = (low, middle, 2 * share) if share < 0.5 else (middle, high, 2 * share - 1)
    red, green, blue = (
        round(a + (b - a) * at)
        for a, b in (
            (first.red(), second.red()),
            (first.green(), second.green()),
            (first.blue(), second.blue()),
        )
    )
    return QColor(red, green, blue)
