"""A formula in a line or two, set as mathematics: variables slanted, words and digits upright."""

import re

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.theme import theme
from studio.app.widgets.motion import maths_font

__all__ = ["Formula", "lines_of", "runs_of"]

_LETTERS = re.compile(r"[A-Za-z\u0370-\u03ff]+")
_BREAK = re.compile(r"(?<=[,;])\s{2,}")
_TIGHT = re.compile(r"(?<![=≥≤→←(])\s+(?=[=≥≤→←+−~·])")
LEADING = 1.45


def runs_of(text: str) -> list[tuple[str, bool]]:
    """Split a formula into (part, slanted). Single letters and differentials (dx, dθ) are
    variables; longer words (log, softplus) and everything else stand upright.
    """
    runs: list[tuple[str, bool]] = []
    end = 0
    for match in _LETTERS.finditer(text):
        word = match.group()
        slanted = len(word) == 1 or (len(word) == 2 and word[0] == "d")
        if match.start() > end:
            runs.append((text[end : match.start()], False))
        runs.append((word, slanted))
        end = match.end()
    if end < len(text):
        runs.append((text[end:], False))
    return runs


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
    for part in _parts(piece):
        joined = f"{lines[-1]} {part}".strip()
        if lines[-1] and measure.horizontalAdvance(joined) > width:
            lines.append(f"   {part}")
        else:
            lines[-1] = joined
    return lines


def _parts(piece: str) -> list[str]:
    """Split before signs that stand in no bracket; before any sign if all do."""
    places = [m for m in _TIGHT.finditer(piece) if _depth(piece[: m.start()]) == 0]
    if not places:
        return _TIGHT.split(piece)
    ends = [*(m.start() for m in places), len(piece)]
    starts = [0, *(m.end() for m in places)]
    return [piece[a:b] for a, b in zip(starts, ends, strict=True)]


def _depth(text: str) -> int:
    return sum(text.count(sign) for sign in "([{") - sum(text.count(sign) for sign in ")]}")


class Formula(QWidget):
    """One formula; it breaks where it is too wide, and is heard as it is written."""

    def __init__(self, pixels: int = 17, role: str = "text") -> None:
        super().__init__()
        self._text, self._role = "", role
        self._slanted = maths_font(pixels)
        self._upright = QFont(self._slanted)
        self._upright.setItalic(False)
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
        wide = QFontMetricsF(self._slanted).horizontalAdvance(self._text)
        return QSize(round(wide) + 4, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.height() != self._height():
            self.setFixedHeight(self._height())

    def _lines(self) -> list[str]:
        # The upright face is the wider one: what fits in it fits as it is drawn.
        measure = QFontMetricsF(self._upright)
        return lines_of(self._text, max(80, self.width() - 2), measure)

    def _leading(self) -> float:
        return LEADING * self._slanted.pixelSize()

    def _height(self) -> int:
        return round(len(self._lines()) * self._leading()) if self._text else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            painter.setPen(QColor(getattr(tokens, self._role)))
            y = self._leading() * 0.74
            for line in self._lines():
                self._write(painter, line, y)
                y += self._leading()

    def _write(self, painter: QPainter, line: str, y: float) -> None:
        x = 0.0
        for part, slanted in runs_of(line):
            face = self._slanted if slanted else self._upright
            painter.setFont(face)
            painter.drawText(QPointF(x, y), part)
            x += QFontMetricsF(face).horizontalAdvance(part)
