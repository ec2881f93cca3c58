"""Ways of the same particles by several methods, from one noise, over the data."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import no_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.cost_chart import MARKS, ink
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen

__all__ = ["WaysPlot"]

Way = NDArray[np.float32]
TITLE = "Ways from the same noise"
ROOM = 0.08  # of the plane around what is drawn


class WaysPlot(Chart):
    """Shows ways (frames, m, 2), each with the place of its method, and the ``reference``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        marks = no_marks, no_marks
        super().__init__(TITLE, marks=marks, least=(220, 200), square=True, parent=parent)
        self._ways: Sequence[tuple[int, Way]] = ()
        self._reference: Way | None = None
        self._real: Way | None = None
        self.words = ""
        self.restyle()

    def show_ways(
        self,
        ways: Sequence[tuple[int, Way]],
        reference: Way | None,
        real: Way | None,
        words: str,
    ) -> None:
        """Show ways over real data (n, 2), with words above them."""
        self._ways, self._reference, self._real, self.words = ways, reference, real, words
        self.redraw()

    def on_paper(self) -> "WaysPlot":
        """Return the same without the words above it."""
        made = WaysPlot()
        made.show_ways(self._ways, self._reference, self._real, "")
        return made

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return where the reference goes and the data lie."""
        parts = [each.reshape(-1, 2) for each in (self._reference, self._real) if each is not None]
        if not parts:
            return super().full_range(plane)
        points = np.concatenate(parts)
        points = points[np.isfinite(points).all(axis=1)]
        low, high = points.min(axis=0), points.max(axis=0)
        room = ROOM * (high - low)
        (x0, y0), (x1, y1) = low - room, high + room
        return (float(x0), float(x1)), (float(y0), float(y1))

    def items(self) -> Iterator[QGraphicsItem]:
        """Yield the real samples, the reference and the path of each method."""
        style = self.style_
        if self._real is not None:
            yield dots(self._real[:, 0], self._real[:, 1], 2.5, colour(style.muted, 0.45))
        if self._reference is not None:
            wide = pen(colour(style.muted, 0.9), 3.0)
            for path in np.moveaxis(self._reference, 1, 0):
                yield Line(path[:, 0], path[:, 1], wide)
            start, end = self._reference[0], self._reference[-1]
            for points, size in ((start, 6.0), (end, 11.0)):
                fill, edge = QColor(style.background), pen(style.text, 1.3)
                yield dots(points[:, 0], points[:, 1], size, fill, edge)
        for place, way in self._ways:
            shade = ink(place, 1.4)
            for path in np.moveaxis(way, 1, 0):
                yield Line(path[:, 0], path[:, 1], shade)
            symbol = MARKS[place % len(MARKS)]
            x, y = way[-1, :, 0], way[-1, :, 1]
            yield dots(x, y, 7, shade.color(), pen(style.background), symbol)

    def write_heading(self) -> None:
        """Write the words above the paths."""
        self.plane.heading.tell(self.words, [])
