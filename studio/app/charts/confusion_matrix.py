"""Confusion matrix: true classes as rows, predicted ones as columns."""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.axis import name_marks, name_marks_up
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Plane
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.literal import one_line

__all__ = ["Confusion", "ConfusionPlot"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Confusion:
    """A confusion matrix: ``counts`` (true, predicted)."""

    names: tuple[str, ...]
    counts: Doubles

    @classmethod
    def of(cls, cells: tuple[tuple[str, str, float], ...]) -> "Confusion":
        """Return the matrix of cells of (true, predicted, count); missing cells are 0. Classes are
        ordered by occurrence, true ones first.
        """
        names = tuple(dict.fromkeys([c[0] for c in cells] + [c[1] for c in cells]))
        place = {name: at for at, name in enumerate(names)}
        counts = np.zeros((len(names), len(names)))
        for true, told, n in cells:
            counts[place[true], place[told]] += n
        return cls(names, counts)

    @property
    def shares(self) -> Doubles:
        """The counts as shares of their true class; of one that is not there, 0."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1.0))

    @property
    def across(self) -> str:
        """What is along the axis, for a file."""
        return "told class"

    @property
    def curves(self) -> list[Curve]:
        """Return the counts of each true class by predicted class, for export."""
        at = np.arange(len(self.names), dtype=np.float64)
        return [Curve(n, n, "", at, row) for n, row in zip(self.names, self.counts, strict=True)]

    def describe_cell(self, true: int, told: int) -> str:
        """Describe a cell: "oats predicted as wheat: 3 of 20"."""
        n, of = self.counts[true, told], self.counts[true].sum()
        first, second = one_line(self.names[true]), one_line(self.names[told])
        return f"{first} told as {second}: {n:,.0f} of {of:,.0f}"


class ConfusionPlot(Explored):
    """Plot of the cells, coloured by fraction of the true class: green on the diagonal, else
    orange.

    Signals: hovered: the true and predicted class under the mouse, (-1, -1) for none.
    """

    hovered = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Confusion | None = None
        self.add_plane(name_marks(()), name_marks_up(()))
        self.setMinimumSize(QSize(200, 150))
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(300, 230)

    def set_confusion(self, shown: Confusion) -> None:
        """Show another one."""
        self.shown = shown
        plane = self.planes[0]
        plane.bottom.set_marks(name_marks(shown.names))
        plane.left.set_marks(name_marks_up(shown.names))
        self.part, self.parts = None, {}
        self.redraw()

    def name_axes(self) -> None:
        """Show the axis titles, for print."""
        self.planes[0].left.set_name("true class")

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the room of all cells."""
        side = (-0.5, (len(self.shown.names) if self.shown is not None else 1) - 0.5)
        return side, side

    def pointed(self, at: QPointF | None) -> None:
        """Say which cell is under the mouse."""
        k = len(self.shown.names) if self.shown is not None else 0
        told, true = (-1, -1) if at is None else (round(at.x()), k - 1 - round(at.y()))
        inside = 0 <= told < k and 0 <= true < k
        self.hovered.emit(true if inside else -1, told if inside else -1)

    def redraw(self) -> None:
        """Draw the cells anew."""
        if self.shown is None or not self.planes:
            return
        plane = self.planes[0]
        across, up = self.full_range(plane)
        plane.look_at(self.part or across, self.parts.get(plane, up))
        image = pg.ImageItem(_painted(self.shown.shares, self.style_))
        k = len(self.shown.names)
        image.setRect(QRectF(-0.5, -0.5, k, k))
        plane.draw([image])


def _painted(shares: Doubles, style: CanvasStyle) -> NDArray[np.uint8]:
    """Return the colours of cells, (predicted, true from below, 4), in the library's order."""
    k = len(shares)
    inks = np.array([QColor(style.warm).getRgb(), QColor(style.good).getRgb()], dtype=np.float64)
    cells = inks[np.eye(k, dtype=int)]
    # A few of a class are to be seen as well.
    cells[..., 3] = 255 * np.sqrt(shares)
    return np.ascontiguousarray(cells[::-1].transpose(1, 0, 2).astype(np.uint8))
