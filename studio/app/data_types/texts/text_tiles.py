"""Texts as tiles: characters that can be read, and pointed at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from pushforward.studio.app.core.data_type import Arrays, EachTile, Weighed
from pushforward.studio.app.data_types.texts.text_paint import (
    SPACE,
    Page,
    fixed_font,
    ground,
    write,
)
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.extras import CANDIDATES, CHANCES, WRITTEN

__all__ = ["LEAST", "TextTiles", "numbers", "spelled", "texts", "weighed"]

LAST = 0x10FFFF  # of all characters
LEAST = 0.005  # a candidate that is less likely is a hundredth of nothing


class TextTiles(EachTile):
    """Texts x (n, L) as character codes with hoverable characters; see `texts`."""

    def parts(self, row: int) -> int:
        """How many characters a text has."""
        return int(self.arrays["x"].shape[1])

    def part_at(self, rect: QRectF, row: int, at: QPointF) -> int:
        """Return the character at a point, -1 for none."""
        return Page(rect, self.parts(row)).at(at)

    def part_area(self, rect: QRectF, row: int, part: int) -> QRectF:
        """Return where a character is."""
        return Page(rect, self.parts(row)).areas()[part]

    def weighed(self, row: int, part: int) -> Weighed | None:
        """Return what might stand there instead."""
        return weighed({name: each[row] for name, each in self.arrays.items()}, part)


def texts(arrays: Arrays, aspect: float) -> TextTiles:
    """Return tiles of texts x (n, L), numbers of characters, 0 where there is none yet; with
    "written" (n, L, 2), how sure the model was of each, and whether it has just been put there, and
    with "candidates" and "chances" (n, L, k) what might have stood there.
    """
    return TextTiles(arrays, _paint, aspect, spelled)


def spelled(datum: Arrays) -> str:
    """Return the text of a datum in a line; a place without a character is a box."""
    return one_line("".join(chr(c) if c > 0 else "□" for c in numbers(datum["x"]).tolist()))


def numbers(x: NDArray[Any]) -> NDArray[np.int64]:
    """Return characters as numbers that are some, 0 where they are none."""
    whole = np.nan_to_num(np.asarray(x, np.float64), posinf=0.0)
    return np.where(whole <= LAST, whole, 0.0).astype(np.int64)


def weighed(datum: Arrays, place: int) -> Weighed | None:
    """Return what might stand at a place of a text x (L,), None where the model has not said it."""
    if CANDIDATES not in datum or not float(datum[CHANCES][place][0]) > 0.0:
        return None
    rivals = datum[CANDIDATES][place].tolist()
    shares = tuple(
        (_name(number), float(chance))
        for number, chance in zip(rivals, datum[CHANCES][place], strict=True)
        if chance >= LEAST
    )
    here = int(datum["x"][place])
    title = f"Character {place + 1}, {'masked' if here <= 0 else _name(here)}"
    chosen = next((i for i, number in enumerate(rivals[: len(shares)]) if number == here), -1)
    return Weighed(title, shares, chosen)


def _name(number: int) -> str:
    return "space" if number == SPACE else one_line(chr(number))


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    x = numbers(datum["x"])
    written = datum.get(WRITTEN)
    areas = Page(rect, len(x)).areas()
    painter.save()
    painter.setClipRect(rect)
    ground(painter, rect, palette)
    painter.setFont(fixed_font(areas[0].height() if areas else 1.0))
    for place, (number, area) in enumerate(zip(x.tolist(), areas, strict=True)):
        chance, new = (None, False) if written is None else map(float, written[place])
        write(painter, area, number, chance, bool(new), palette)
    painter.restore()
