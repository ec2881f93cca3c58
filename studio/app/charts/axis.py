"""An axis whose marks are ours: round numbers, counted steps and powers of ten."""

import html
import math
from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.text.number_ticks import label, number, ticks
from pushforward.studio.literal import one_line

__all__ = [
    "EDGE",
    "Axis",
    "Marks",
    "marks_within",
    "name_marks",
    "name_marks_up",
    "no_marks",
    "power_marks",
    "step_marks",
    "value_marks",
]

Marks = Callable[[float, float, float], list[tuple[float, str]]]
"""From the ends of an axis and its length in pixels: places on it, and what is written there."""

LEFT, BOTTOM = 52, 22  # pixels that the numbers need
NARROW = 6  # of one without numbers
LABEL = 18  # and the name of an axis
GAP = 6  # pixels between two names
WORD = 36  # pixels that a name needs to say something
EDGE = 12  # pixels beyond the last mark that a number may use
LETTERS = 8  # pixels that half a line of numbers is high
FEW = 3  # powers of ten between which 2 and 5 are marked, too
DECADE = 90  # pixels of a power where there is room for them
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def value_marks(
    low: float, high: float, pixels: float, apart: float = 44
) -> list[tuple[float, str]]:
    """Return round values, about one in ``apart`` pixels, at least two."""
    marks = _round(low, high, pixels / apart)
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    return [(mark, label(mark, step)) for mark in marks]


def marks_within(low: float, high: float) -> Marks:
    """Return round axis marks within the possible range."""

    def marks(first: float, last: float, pixels: float) -> list[tuple[float, str]]:
        return [each for each in value_marks(first, last, pixels) if low <= each[0] <= high]

    return marks


def name_marks(names: Sequence[str]) -> Marks:
    """Return axis marks for names at 0, 1, ..., elided to the available width, or thinned."""

    def marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        metrics = QFontMetrics(font(11))
        room = pixels / max(high - low, 1e-9)
        every = max(1, math.ceil(WORD / max(room, 1e-9)))
        seen = [i for i in range(len(names)) if low <= i <= high and i % every == 0]
        cut = Qt.TextElideMode.ElideRight
        wide = int(every * room) - GAP
        return [(float(i), metrics.elidedText(one_line(names[i]), cut, wide)) for i in seen]

    return marks


def name_marks_up(names: Sequence[str]) -> Marks:
    """Return axis marks for names from top to bottom, elided to the available width."""

    def marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        metrics = QFontMetrics(font(11))
        every = max(1, math.ceil(14 * (high - low) / max(pixels, 1e-9)))
        last, cut = len(names) - 1, Qt.TextElideMode.ElideRight
        seen = [i for i in range(len(names)) if low <= last - i <= high and i % every == 0]
        said = (metrics.elidedText(one_line(names[i]), cut, LEFT - GAP) for i in seen)
        return [(float(last - i), text) for i, text in zip(seen, said, strict=True)]

    return marks


def power_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Return marks of an axis of powers of ten: the powers, with 2 and 5 of each where there are
    few, or round values within one.
    """
    if high - low < 1:
        found = value_marks(10**low, 10**high, pixels)
        places = [(value, text) for value, text in found if value > 0]
        return [(math.log10(value), text) for value, text in places]
    powers = range(math.ceil(low), math.floor(high) + 1)
    if len(powers) < FEW and pixels / (high - low) >= DECADE:  # a power or two say little
        finer = [(m, p) for p in range(powers[0] - 1, powers[-1] + 1) for m in (1, 2, 5)]
        marks = [(p + math.log10(m), number(m * 10.0**p)) for m, p in finer]
        return [mark for mark in marks if low <= mark[0] <= high]
    every = max(1, math.ceil(len(powers) / max(2, int(pixels / 22))))
    return [(float(p), _power(p)) for p in powers if p % every == 0]


def _power(exponent: int) -> str:
    """Write a power of ten: as a number where that is short."""
    if -3 <= exponent <= 4:
        return number(10.0**exponent)
    return "10" + str(exponent).translate(RAISED)


def step_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Return whole steps."""
    marks = _round(low, high, pixels / 110)
    return [(mark, f"{int(mark):,}") for mark in marks if mark == int(mark)]


def no_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Return no marks: the axis of a plane over another one that has them."""
    return []


def _round(low: float, high: float, wished: float) -> list[float]:
    about = max(2, int(wished))
    marks = ticks(low, high, about)
    while len(marks) < 2 and about < 16:  # one alone says nothing of the scale
        about += 1
        marks = ticks(low, high, about)
    return marks


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis on a side of a plot, without a line of its own; that on the left draws the grid."""

    def __init__(self, side: str, marks: Marks) -> None:
        super().__init__(side, maxTickLength=0)
        self._marks = marks
        self._texts: dict[float, str] = {}
        self._named = False
        self.enableAutoSIPrefix(False)
        self.setStyle(
            tickFont=font(11), tickTextOffset=8 if side == "left" else 5, tickAlpha=255,
            autoExpandTextSpace=False, autoReduceTextSpace=False,
        )  # fmt: skip
        self.setPen(pg.mkPen(None))
        if side == "left":
            self.setGrid(255)
        self._make_room()

    def set_marks(self, marks: Marks) -> None:
        """Mark the axis in another way."""
        if marks is not self._marks:
            self._marks = marks
            self.picture = None
            self.update()

    def set_name(self, text: str) -> None:
        """Set the title of the axis, as plain text."""
        self._named = bool(text)
        self.setLabel(html.escape(text))
        self.label.setFont(font(11))
        self.showLabel(self._named)
        self._make_room()

    def restyle(self, style: CanvasStyle) -> None:
        """Take on the colours of a theme."""
        self.setTickPen(style.line)
        self.setTextPen(style.muted)
        self.label.setDefaultTextColor(style.muted)

    def _make_room(self) -> None:
        room = LABEL if self._named else 0
        if self.orientation == "left":
            self.setWidth(LEFT + room)
        else:
            self.setHeight(NARROW if self._marks is no_marks else BOTTOM + room)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the places of the marks, as the library asks for them."""
        self._texts = dict(self._marks(low, high, size))
        return [(1.0, list(self._texts))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return what is written at the marks."""
        return [self._texts[value] for value in values]

    def boundingRect(self) -> QRectF:
        """Return where there is something: the numbers of the outermost marks reach beyond."""
        rect: QRectF = super().boundingRect()
        if self.orientation == "left":
            return rect.adjusted(0, -LETTERS, 0, LETTERS)
        return rect.adjusted(-LEFT, 0, LEFT, 0)

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """Keep the last number below inside of the picture, and draw no lines there."""
        specs = super().generateDrawSpecs(painter)
        if specs is None or self.orientation == "left":
            return specs
        line, _, texts = specs
        edge = self.mapRectFromParent(self.geometry()).right() + EDGE - 2
        for rect, _, _ in texts:
            rect.moveRight(min(rect.right(), edge))
        return line, [], texts
