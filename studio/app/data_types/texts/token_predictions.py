"""What a model says of each place of a text: the likeliest characters, and how likely they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from pushforward.studio.app.core.data_type import Arrays, TitledTiles, Weighed
from pushforward.studio.app.data_types.texts.text_paint import (
    CELL,
    DOT,
    SPACE,
    Page,
    fixed_font,
    ground,
    write,
)
from pushforward.studio.app.data_types.texts.text_tiles import LEAST, texts, weighed
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text.noise_labels import noise_of
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.extras import CANDIDATES, CHANCES, WRITTEN

__all__ = ["LawTiles", "scene", "step"]

# Both have as many characters a line, so that a character stands above its law.
WIDE, LAW = 8.0, 2.0
SHOWN = 1  # texts of a stage, so large that their laws can be read
LIKELY = 0.1  # from here on a character is written as boldly as those that stand


@dataclass(frozen=True, eq=False)
class LawTiles:
    """The most likely characters at each place, stacked, with bars of their probability. Places
    without a prediction show their character.

    Attributes:
        arrays: the texts x (n, L) before, with "candidates" and "chances" (n, L, k).
        asked: places with a prediction, (n, L).
        drawn: the texts (n, L) after, with new characters outlined; None if not sampled.
    """

    arrays: Arrays
    asked: NDArray[np.bool_]
    drawn: NDArray[Any] | None = None
    aspect: float = LAW

    def __len__(self) -> int:
        return len(self.arrays["x"])

    def describe(self, row: int) -> str:
        """Say in a line what the model thinks likeliest."""
        best = np.where(self.asked[row], self.arrays[CANDIDATES][row, :, 0], self.arrays["x"][row])
        return one_line("".join(chr(c) if c > 0 else "□" for c in best.tolist()))

    def parts(self, row: int) -> int:
        """How many places a text has."""
        return int(self.arrays["x"].shape[1])

    def part_at(self, rect: QRectF, row: int, at: QPointF) -> int:
        """Return the place at a point, -1 for none."""
        return self._page(rect).at(at)

    def part_area(self, rect: QRectF, row: int, part: int) -> QRectF:
        """Return where a place is."""
        return self._page(rect).areas()[part]

    def weighed(self, row: int, part: int) -> Weighed | None:
        """Return what the model says of a place, None where it was not asked."""
        datum = {name: each[row] for name, each in self.arrays.items()}
        return weighed(datum, part) if self.asked[row, part] else None

    def _page(self, rect: QRectF) -> Page:
        return Page(rect, self.parts(0), CELL * LAW / WIDE)

    @property
    def _lines(self) -> int:
        return int(self.arrays[CANDIDATES].shape[-1])

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: Tokens) -> None:
        """Paint the predictive distributions of a text."""
        painter.save()
        painter.setClipRect(rect)
        ground(painter, rect, palette)
        x = self.arrays["x"][row].tolist()
        for place, area in enumerate(self._page(rect).areas()):
            high = area.height() / self._lines
            painter.setFont(fixed_font(high))
            if self.asked[row, place]:
                self._column(painter, area, row, place, palette)
            else:
                first = QRectF(area.left(), area.top(), area.width(), high)
                write(painter, first, x[place], None, False, palette)
        painter.restore()

    def _column(
        self, painter: QPainter, area: QRectF, row: int, place: int, palette: Tokens
    ) -> None:
        """Paint the candidates of a place; letters too small to be read leave their bars."""
        high = area.height() / self._lines
        numbers = self.arrays[CANDIDATES][row, place].tolist()
        chances = self.arrays[CHANCES][row, place].astype(float).tolist()
        came = None if self.drawn is None else int(self.drawn[row, place])
        new = came if came != int(self.arrays["x"][row, place]) else None
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, (number, chance) in enumerate(zip(numbers, chances, strict=True)):
            if chance < LEAST:
                return
            cell = QRectF(area.left(), area.top() + line * high, area.width(), high)
            bar = cell.adjusted(1.0, 1.0, -1.0, -0.5)
            ink = QColor(palette.accent)
            ink.setAlphaF(0.45)
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * chance, bar.height()), ink)
            if number == new:
                painter.setPen(QColor(palette.text))
                painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(QColor(palette.text if chance >= LIKELY else palette.muted))
            name = DOT if number == SPACE else chr(number)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, name)


def _picture(title: str, arrays: Arrays) -> TitledTiles:
    return TitledTiles(title, texts(arrays, WIDE))


def step(before: Arrays, after: Arrays) -> list[TitledTiles]:
    """Return what a step of the flow does to texts, from their arrays before and after it: what
    stood there, what the model said, what was drawn.
    """
    found = [_picture("Before", before)]
    if CANDIDATES in after:
        law = LawTiles(
            _with_predictions(before, after), _predicted_places(before, after), after["x"]
        )
        found.append(TitledTiles("Prediction", law))
    return [*found, _picture("Sampled", after)]


def _with_predictions(stood: Arrays, law: Arrays) -> dict[str, NDArray[Any]]:
    return {"x": stood["x"], CANDIDATES: law[CANDIDATES], CHANCES: law[CHANCES]}


def _predicted_places(before: Arrays, after: Arrays) -> NDArray[np.bool_]:
    """Return the places predicted in a step: new predictions, and changed ones."""
    told = after[CHANCES][..., 0] > 0.0
    if CHANCES not in before:
        return np.asarray(told)
    other = (after[CHANCES] != before[CHANCES]).any(axis=-1)
    return np.asarray(told & (other | (before["x"] <= 0)))


def scene(arrays: Arrays) -> list[TitledTiles]:
    """Return the inputs of a stage: the data, their noised version, the prediction, and the data
    with their predicted probability.
    """
    some = {name: each[:SHOWN] for name, each in arrays.items()}
    real, seen = some["real"], some.get("particles")
    if seen is None and CHANCES not in some:
        return [_picture("The data", {"x": real})]
    noise = f", {said}" if (said := noise_of(arrays)) else ""
    found = [] if seen is None else [_picture(f"Noised input{noise}", {"x": seen})]
    if CHANCES not in some:
        return [_picture("The data", {"x": real}), *found]
    law = {name: some[name] for name in (CANDIDATES, CHANCES)}
    stood = real if seen is None else seen
    # Where symbols are masked, nothing is asked of those that are not.
    asked = stood <= 0 if (stood <= 0).any() else np.ones(stood.shape, np.bool_)
    right = law[CANDIDATES] == real[..., None]
    sure = np.where(right, law[CHANCES], 0.0).sum(axis=-1)
    written = np.stack([sure, np.zeros_like(sure)], axis=-1)
    told = {"x": stood, **law}
    return [
        *found,
        TitledTiles("Prediction", LawTiles(told, asked)),
        _picture("Probability of the true symbol", {"x": real, WRITTEN: written, **law}),
    ]
