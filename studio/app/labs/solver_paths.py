"""Ways of the same particles by several methods, from one noise, over the data."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.axis import no_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.cost_chart import MARKS, ink
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, pen

__all__ = ["WaysPlot"]

Way = NDArray[np.float32]
ROOM = 0.08  # of the plane around what is drawn


class WaysPlot(Explored):
    """Shows ways (frames, m, 2), each with the place of its method, and the ``reference``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways: Sequence[tuple[int, Way]] = ()
        self._reference: Way | None = None
        self._real: Way | None = None
        self.words = ""
        self.plane = self.add_plane(no_marks, no_marks, heading=True)
        self.plane.box.setAspectLocked(True)
        self.setAccessibleName("Ways from the same noise")
        self.setMinimumSize(QSize(220, 200))
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

    def whole(self, plane: Plane) -> tuple[Range, Range]:
        """Return where the reference goes and the data lie."""
        parts = [each.reshape(-1, 2) for each in (self._reference, self._real) if each is not None]
        if not parts:
            return super().whole(plane)
        points = np.concatenate(parts)
        points = points[np.isfinite(points).all(axis=1)]
        low, high = points.min(axis=0), points.max(axis=0)
        room = ROOM * (high - low)
        (x0, y0), (x1, y1) = low - room, high + room
        return (float(x0), float(x1)), (float(y0), float(y1))

    def redraw(self) -> None:
        """Draw all anew."""
        if not self.planes:
            return
        style, items = self.style_, []
        across, up = self.whole(self.plane)
        self.plane.look_at(self.part or across, self.parts.get(self.plane, up))
        if self._real is not None:
            items.append(
                pg.ScatterPlotItem(
                    self._real[:, 0], self._real[:, 1], size=2.5, pen=pg.mkPen(None),
                    brush=colour(style.muted, 0.45),
                )
            )  # fmt: skip
        if self._reference is not None:
            wide = pen(colour(style.muted, 0.9), 3.0)
            items += [Line(w[:, 0], w[:, 1], wide) for w in np.moveaxis(self._reference, 1, 0)]
            start, end = self._reference[0], self._reference[-1]
            for points, size in ((start, 6.0), (end, 11.0)):
                items.append(
                    pg.ScatterPlotItem(
                        points[:, 0], points[:, 1], size=size, pen=pen(style.text, 1.3),
                        brush=QColor(style.background), antialias=True, useCache=False,
                    )
                )  # fmt: skip
        for place, way in self._ways:
            shade = ink(place, 1.4)
            items += [Line(w[:, 0], w[:, 1], shade) for w in np.moveaxis(way, 1, 0)]
            items.append(
                pg.ScatterPlotItem(
                    way[-1, :, 0], way[-1, :, 1], size=7, symbol=MARKS[place % len(MARKS)],
                    pen=pen(style.background, 1.0), brush=QColor(shade.color()), antialias=True,
                    useCache=False,
                )
            )  # fmt: skip
        self.plane.draw(items)
        self.plane.heading.tell(self.words, [])
