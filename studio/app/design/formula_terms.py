"""Which part of a formula is about data and which about particles, to be written in the colours
that these have on the canvas.
"""

import re
from typing import Literal

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text.formula_markup import advance, write

__all__ = ["About", "terms_of", "write_terms"]

About = Literal["data", "particles", ""]
_BETWEEN = re.compile(r",\s+|\s+[+−]\s+|\s*[=←]\s+|\b(?:max|min)\s+")
_DATA = re.compile(r"E_p\b|^x₀|~ p$")
_PARTICLES = re.compile(r"E_q\b|^z|^x̃|^xᵢ|^x̄?$|^g\(|~ q$")


def terms_of(formula: str) -> list[tuple[str, About]]:
    """Split a formula into its terms and what is between them, which together are the formula, each
    with what it is about: E_p and x₀ are data; E_q, z and g(z) particles.
    """
    found: list[tuple[str, About]] = []
    start = 0
    for match in _BETWEEN.finditer(formula):
        if _open(formula[: match.start()]):
            continue
        found += [_term_text(formula[start : match.start()]), (match.group(), "")]
        start = match.end()
    found.append(_term_text(formula[start:]))
    return [(text, about) for text, about in found if text]


def write_terms(
    painter: QPainter, place: QPointF, text: str, pixels: float, palette: Tokens, ink: str
) -> None:
    """Write a formula as `write` does, each term in the colour of what it is about; ``ink`` is that
    of all others.
    """
    inks = {"data": palette.warm, "particles": palette.accent, "": ink}
    x = place.x()
    for term, about in terms_of(text):
        painter.setPen(QColor(inks[about]))
        write(painter, QPointF(x, place.y()), term, pixels)
        x += advance(term, pixels)


def _term_text(term: str) -> tuple[str, About]:
    if _DATA.search(term):
        return term, "data"
    return term, "particles" if _PARTICLES.search(term.strip()) else ""


def _open(text: str) -> bool:
    """Whether a bracket stands open at the end of a text."""
    opened = sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))
    return opened > 0 or text.count("|") % 2 == 1
