"""Formulas as widgets: one that breaks where it is too wide, and one that stays on its line."""

import re

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.formula_terms import write_terms
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.text.formula_markup import advance, elided, maths_font, write

__all__ = ["Formula", "FormulaLine", "lines_of"]

_BREAK = re.compile(r"(?<=[,;])\s{2,}")
_TIGHT = re.compile(r"(?<![=≥≤→←(])\s+(?=[=≥≤→←+−~·⊙])")
_FACTOR = re.compile(r"(?<=\))\s+(?=[^\W\d]\w*\()")
LEADING = 1.45


def lines_of(text: str, width: float, measure: QFontMetricsF) -> list[str]:
    """Break a formula into lines no wider than a width where it can be broken: between the
    equations that it is made of, then before a sign of relation or a sum.
    """
    lines: list[str] = []
    for piece in _BREAK.split(text):
        joined = f"{lines[-1]}  {piece}" if lines else piece
        if lines and measure.horizontalAdvance(joined) <= width:
            lines[-1] = joined
        elif measure.horizontalAdvance(piece) <= width:
            lines.append(piece)
        else:
            lines.extend(_squeezed(piece, width, measure))
    return lines


def _squeezed(piece: str, width: float, measure: QFontMetricsF) -> list[str]:
    lines = [""]
    for part in _fitting(piece, width, measure):
        joined = f"{lines[-1]} {part}".strip()
        if lines[-1] and measure.horizontalAdvance(joined) > width:
            lines.append(f"   {part}")
        else:
            lines[-1] = joined
    return lines


def _fitting(piece: str, width: float, measure: QFontMetricsF) -> list[str]:
    """Split a piece, and what of it is still too wide again, in the brackets that are left."""
    if measure.horizontalAdvance(piece) <= width or len(parts := _parts(piece)) == 1:
        return [piece]
    return [found for each in parts for found in _fitting(each, width, measure)]


def _parts(piece: str) -> list[str]:
    """Split before signs that stand in no bracket, or in the fewest; bars of a norm are one. Where
    there is no sign, between the factors of a product.
    """
    signs = list(_TIGHT.finditer(piece)) or list(_FACTOR.finditer(piece))
    found = [(m, _depth(piece[: m.start()])) for m in signs]
    least = min((depth for _, depth in found), default=0)
    places = [m for m, depth in found if depth == least]
    ends = [*(m.start() for m in places), len(piece)]
    starts = [0, *(m.end() for m in places)]
    return [piece[a:b] for a, b in zip(starts, ends, strict=True)]


def _depth(text: str) -> int:
    """Return in how many brackets the end of a text stands. A bar within one says "given"."""
    depth, norm = 0, 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "|" and depth == 0:
            norm = 1 - norm
    return depth + norm


class Formula(QWidget):
    """A formula that wraps; screen readers get its text. With ``coloured``, terms have the colours
    of their subjects.
    """

    def __init__(self, pixels: int = 17, role: str = "text", *, coloured: bool = False) -> None:
        super().__init__()
        self._text, self._role, self._pixels = "", role, pixels
        self._coloured = coloured
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def text(self) -> str:
        """The formula, in Unicode."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another formula, "" for none."""
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.setFixedHeight(self._height())
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._height())

    def sizeHint(self) -> QSize:
        return QSize(round(advance(self._text, self._pixels)) + 4, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.height() != self._height():
            self.setFixedHeight(self._height())

    def _lines(self) -> list[str]:
        # The upright face is the wider one: what fits in it fits as it is drawn.
        measure = QFontMetricsF(maths_font(self._pixels, slanted=False))
        return lines_of(self._text, max(80, self.width() - 2), measure)

    def _leading(self) -> float:
        return LEADING * self._pixels

    def _height(self) -> int:
        return round(len(self._lines()) * self._leading()) if self._text else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            ink = getattr(tokens, self._role)
            painter.setPen(QColor(ink))
            y = self._leading() * 0.74
            for line in self._lines():
                place = QPointF(0, y)
                if self._coloured:
                    write_terms(painter, place, line, self._pixels, tokens, ink)
                else:
                    write(painter, place, line, self._pixels)
                y += self._leading()


class FormulaLine(QWidget):
    """One formula on one line; where that is too narrow it ends in an ellipsis, and the tip has it
    all.
    """

    def __init__(self, pixels: int = 13, role: str = "muted") -> None:
        super().__init__()
        self._text, self._role, self._pixels = "", role, pixels
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_text(self, text: str) -> None:
        """Show another formula."""
        self._text = text
        self.setAccessibleName(text)
        set_tip(self, text)
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.sizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(round(advance(self._text, self._pixels)) + 2, round(LEADING * self._pixels))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(QColor(getattr(theme.colors(), self._role)))
            text = elided(self._text, self._pixels, self.width())
            write(painter, QPointF(0, 0.74 * self.height()), text, self._pixels)
