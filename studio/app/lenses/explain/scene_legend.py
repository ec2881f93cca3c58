"""What the marks on the canvas of a stage mean, and how many there are of each."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from pushforward.studio.app.charts.grid_fields import Heat
from pushforward.studio.app.charts.layer_panel import Legend, paint_chip
from pushforward.studio.app.design.basic import clear, column, label, row
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.text import number_format as words

__all__ = ["SceneLegend", "marks_of"]

Mark = Literal["data", "particles", "arrow", "trace", "ring", "noise", "guess"]
Scene = Mapping[str, NDArray[np.float32]]


def marks_of(scene: Scene, error: float | None) -> list[tuple[Mark, str]]:
    """Return the marks of a scene with their meanings; ``error`` is the relative error of the
    generator's kernel for a gradient step.
    """
    found: list[tuple[Mark, str]] = []
    if "real" in scene:
        found.append(("data", f"data, {len(scene['real']):,}"))
    if "particles" in scene:
        found.append(("particles", f"particles, {len(scene['particles']):,}"))
    if "smoothed" in scene:
        found.append(("arrow", "smoothed velocity (kernel)"))
    elif "velocity" in scene:
        found.append(("arrow", "target position"))
    if "moved" in scene:
        found.append(("trace", "new position"))
    if "denoised" in scene:
        found.append(("noise", "noise, x₀ to x"))
        found.append(("guess", "denoised estimate D(x, σ)"))
    if error is not None:
        found.append(("ring", f"a gradient step, {words.percent(error, 1)} off"))
    return found


class _Sign(QWidget):
    """A symbol of the legend."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self._mark = mark
        self.setFixedSize(QSize(18, 14))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, middle = theme.colors(), QPointF(9, 7)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens.text), 1.2))
            if self._mark == "data":
                painter.fillRect(QRectF(6, 4, 6, 6), QColor(tokens.warm))
            elif self._mark == "particles":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent))
                painter.drawEllipse(middle, 3.2, 3.2)
            elif self._mark == "guess":
                painter.setPen(QPen(QColor(tokens.warm), 1.2))
                painter.drawEllipse(middle, 3.4, 3.4)
            elif self._mark == "ring":
                painter.drawEllipse(middle, 2.4, 2.4)
            else:
                painter.drawLine(QLineF(1, 7, 17, 7))
                if self._mark in ("arrow", "noise"):
                    painter.drawLine(QLineF(17, 7, 13, 4))
                    painter.drawLine(QLineF(17, 7, 13, 10))


class SceneLegend(QFrame):
    """Lies in a corner of the canvas; hidden where there is nothing to explain."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: list[tuple[Mark, str]] = []
        self._marks = column(gap=2)
        self.heat = Legend()
        self.heat.hide()
        column(self._marks, self.heat, parent=self, gap=6, margins=(10, 8, 10, 8))
        theme.changed.connect(self.update)
        self.hide()

    def show_marks(self, marks: list[tuple[Mark, str]], heat: Heat | None) -> None:
        """Show what these marks mean, and the colours of the heat behind them."""
        if marks != self._shown:
            self._shown = marks
            clear(self._marks)
            for mark, words in marks:
                line = QWidget()
                line.setLayout(row(_Sign(mark), label(words, "small"), None, gap=6))
                self._marks.addWidget(line)
                line.show()  # else it is given room only with the next event
        self.heat.show_heat(heat)
        self.setAccessibleName(", ".join(words for _, words in marks))
        self.setVisible(bool(marks) or heat is not None)
        for each in self.findChildren(QLabel):
            each.ensurePolished()  # its width is that of its own font
        self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)
