"""Texts: characters in lines, as sure as the model was of each of them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPen

from studio.app.kinds.apart import Apart
from studio.app.kinds.kind import Arrays, EachTile, Kind, Measured, Tiles, how_many
from studio.app.tokens import Tokens
from studio.counted import counted
from studio.literal import one_line
from studio.protocol.extras import WRITTEN

__all__ = ["KIND", "pieces", "spelled"]

ASPECT = 2.0
CELL = 0.62  # width / height of a character
MARGIN = 0.04  # of the height of a tile
READABLE = 7  # pixels of a line; in smaller ones characters are dashes
OUTLINED = 12  # pixels of a line in which there is room for an outline
LARGEST = 24
UNSURE, SURE = 0.2, 1.0  # probabilities at the ends of the colours
SPACE, DOT = ord(" "), "·"
LAST = 0x10FFFF  # of all characters


def pieces(arrays: Arrays) -> Tiles:
    """Return tiles of texts x (n, L), numbers of characters, 0 where there is none yet; with
    "written" (n, L, 2), how sure the model was of each, and whether it has just been put there.
    """
    return EachTile(arrays, _paint, ASPECT, spelled)


def spelled(datum: Arrays) -> str:
    """Return the text of a datum in a line; a place without a character is a box."""
    return one_line("".join(chr(c) if c > 0 else "□" for c in _numbers(datum["x"]).tolist()))


def _numbers(x: NDArray[Any]) -> NDArray[np.int64]:
    """Return characters as numbers that are some, 0 where they are none."""
    whole = np.nan_to_num(np.asarray(x, np.float64), posinf=0.0)
    return np.where(whole <= LAST, whole, 0.0).astype(np.int64)


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    x = _numbers(datum["x"])
    written = datum.get(WRITTEN)
    inside = rect.adjusted(*(MARGIN * rect.height() * way for way in (1, 1, -1, -1)))
    columns, lines = _grid(len(x), inside)
    wide, high = inside.width() / columns, inside.height() / lines
    high = min(high, wide / CELL)
    top = inside.center().y() - lines * high / 2
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.raised))
    painter.drawRoundedRect(rect, 4, 4)
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(max(1, min(LARGEST, round(0.78 * high))))
    painter.setFont(font)
    for place, number in enumerate(x.tolist()):
        line, column = divmod(place, columns)
        cell = QRectF(inside.left() + column * wide, top + line * high, wide, high)
        chance, new = (None, False) if written is None else map(float, written[place])
        _character(painter, cell, number, chance, bool(new), palette)
    painter.restore()


def _character(
    painter: QPainter, cell: QRectF, number: int, chance: float | None, new: bool, palette: Tokens
) -> None:
    body = cell.adjusted(*(0.08 * cell.width() * way for way in (1, 1, -1, -1)))
    small = cell.height() < READABLE
    if number <= 0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.line))
        painter.drawRoundedRect(body, 2, 2)
        return
    ink = _ink(chance, palette)
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


def _ink(chance: float | None, palette: Tokens) -> QColor:
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


def _grid(length: int, room: QRectF) -> tuple[int, int]:
    """Return columns and lines in which so many characters are largest."""
    shape = room.width() / max(1.0, room.height())
    columns = max(1, math.ceil(math.sqrt(length * shape / CELL)))
    return columns, math.ceil(length / columns)


def _measures(arrays: Arrays) -> Measured:
    """Say of each text how many words it has, how long the longest is, and, where it is known, how
    sure the model was of its characters.
    """
    x = _numbers(arrays["x"])
    words = ["".join(chr(c) if c > 0 else " " for c in row).split() for row in x.tolist()]
    found = {
        "Words": np.array([len(each) for each in words]),
        "Longest word": np.array([max(map(len, each), default=0) for each in words]),
    }
    if WRITTEN in arrays:
        found["Sureness"] = np.asarray(arrays[WRITTEN])[..., 0].mean(axis=1)
    return found


def _marks(arrays: Arrays) -> NDArray[Any]:
    """Return which character stands where, so that the square of the distance is the number of
    places that differ: (n, L * different characters).
    """
    x = _numbers(arrays["x"])
    marks = (x[..., None] == np.arange(1, 128)).reshape(len(x), -1)
    found: NDArray[Any] = marks.astype(np.float32) / np.float32(math.sqrt(2.0))
    return found


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    parts = [f"{counted(how_many(x, facts), 'text')} of {counted(x.shape[1], 'character')}"]
    if alphabet := str(facts.get("alphabet") or ""):
        parts.append(f"{len(alphabet)} different characters")
    return " · ".join(parts)


KIND = Kind(
    slug="texts",
    about="Language and other sequences: text, written character by character",
    title="Text",
    one="text",
    many="texts",
    moving="texts",
    loading="Loading texts",
    layout="tiles",
    fits=lambda shape: len(shape) == 1,
    tiles=pieces,
    facts=_facts,
    measures=_measures,
    apart=Apart("characters at the same place", _marks),
    groups={"Writing": ("bits-per-character", "ngram-distance")},
    imports="plain text",
    page=24,
    parts=(WRITTEN,),
    legend="blue: sure · orange: a guess · outline: just written · block: masked",
    suffixes=("txt", "npz", "h5"),
    order=60,
)
