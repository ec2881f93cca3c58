"""The motion as a formula, on the canvas: what moves the particles, in one line."""

import re

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.layer_panel import paint_chip
from pushforward.studio.app.core.motion_formula import motion_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text.formula_markup import advance, write
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["MotionChip", "citation"]

_PIXELS = 14


def citation(source: str) -> str:
    """Return the last work that a source names, whose motion it is, as author and year: the first
    author of more than two.
    """
    works = [part.strip() for part in source.split(";") if part.strip()]
    last = works[-1].rsplit(": ", 1)[-1] if works else ""
    dated = re.match(r"(?P<authors>.+?)(?: et al\.)? (?P<year>\d{4})\b", last)
    if dated is None:
        return last.split(",")[0]
    return f"{dated['authors'].split(',')[0]} {dated['year']}"


class MotionChip(QWidget):
    """A quiet chip: MOTION, the formula, where it comes from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formula, self._source = "", ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)
        self.hide()

    def show_run(self, run: RunState | None, catalog: Catalog | None) -> None:
        """Show what moves the particles of a run, or nothing."""
        self._formula, source = motion_of(run.spec if run is not None else None, catalog)
        self._source = citation(source)
        self.setAccessibleName(f"Motion: {self._formula}, {self._source}")
        self.setVisible(bool(self._formula))
        self.updateGeometry()  # else it keeps the room of the family before
        self.resize(self.sizeHint())

    @property
    def has_motion(self) -> bool:
        """Whether there is a motion to show."""
        return bool(self._formula)

    def _widths(self) -> tuple[float, float, float]:
        small, tiny = QFontMetricsF(font(12)), QFontMetricsF(font(11))
        return (
            tiny.horizontalAdvance("MOTION") + 4,
            advance(self._formula, _PIXELS) + 2,
            small.horizontalAdvance(self._source),
        )

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._widths()) + 12 * 2 + 10 + 18), 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)
        tokens = theme.colors()
        word, text, source = self._widths()
        flag = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        with QPainter(self) as painter:
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(11))
            painter.drawText(QRectF(12, 0, word, 32), flag, "MOTION")
            painter.setFont(font(12))
            painter.drawText(
                QRectF(12 + word + 10 + text + 18, 0, source + 2, 32), flag, self._source
            )
            painter.setPen(QColor(tokens.text))
            write(painter, QPointF(12 + word + 10, 16 + 0.34 * _PIXELS), self._formula, _PIXELS)
