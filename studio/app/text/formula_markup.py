"""How a formula is written: variables slanted, words and digits upright, what follows a low line
small and below, as in ``E_q h(d)``, or several of them in brackets, as in ``x_(t+1)``.
"""

import re
from typing import NamedTuple

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

__all__ = ["Run", "advance", "elided", "maths_font", "runs_of", "write"]

_LETTERS = re.compile(r"_\(([^()]+)\)|(_?)([A-Za-z\u0370-\u03ff]+)")
_INDICES = set("ijkl")  # several of them are indices side by side, and no word
_SMALL = 0.72  # of the size, below the line
_DROP = 0.2


class Run(NamedTuple):
    """A part of a formula that is written in one face."""

    text: str
    slanted: bool = False
    lowered: bool = False


def maths_font(pixels: float, *, slanted: bool = True) -> QFont:
    """Return the serif that formulas are written in."""
    made = QFont(["STIX Two Text", "Cambria", "Times New Roman", "Liberation Serif"])
    made.setStyleHint(QFont.StyleHint.Serif)
    made.setPixelSize(round(pixels))
    made.setItalic(slanted)
    return made


def runs_of(text: str) -> list[Run]:
    """Split a formula. Single letters, differentials (dx, dθ) and indices (ij) are variables;
    longer words (log, softplus) and everything else stand upright.
    """
    runs: list[Run] = []
    end = 0
    for match in _LETTERS.finditer(text):
        below, low, word = match.groups()
        if match.start() > end:
            runs.append(Run(text[end : match.start()]))
        if below:
            runs += [run._replace(lowered=True) for run in runs_of(below)]
        else:
            differential = len(word) == 2 and word[0] == "d"
            slanted = len(word) == 1 or differential or set(word) <= _INDICES
            runs.append(Run(word, slanted, bool(low)))
        end = match.end()
    if end < len(text):
        runs.append(Run(text[end:]))
    return runs


def _face(run: Run, pixels: float) -> QFont:
    return maths_font(pixels * (_SMALL if run.lowered else 1.0), slanted=run.slanted)


def _wide(run: Run, pixels: float) -> float:
    return QFontMetricsF(_face(run, pixels)).horizontalAdvance(run.text)


def advance(text: str, pixels: float) -> float:
    """Return how wide a formula is, in pixels."""
    return sum(_wide(run, pixels) for run in runs_of(text))


def elided(text: str, pixels: float, width: float) -> str:
    """Return as much of the beginning of a formula as there is room for, and an ellipsis."""
    if advance(text, pixels) <= width:
        return text
    kept = len(text) - 1
    while kept > 0 and advance(f"{text[:kept]}…", pixels) > width:
        kept -= 1
    return f"{text[:kept].rstrip(' _')}…"


def write(painter: QPainter, place: QPointF, text: str, pixels: float) -> None:
    """Write a formula in the painter's pen, from a place on the baseline to the right."""
    x = place.x()
    for run in runs_of(text):
        painter.setFont(_face(run, pixels))
        painter.drawText(QPointF(x, place.y() + _DROP * pixels * run.lowered), run.text)
        x += _wide(run, pixels)
