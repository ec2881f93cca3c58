"""Channels of a series over each other: what was observed, and fans where it was not."""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.axis import value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, pen
from pushforward.studio.app.text import number_format

__all__ = ["FANS", "Fan", "FanPlot"]

Doubles = NDArray[np.float64]
FANS = ((0, 6, "95 %", 0.14), (1, 5, "80 %", 0.24), (2, 4, "50 %", 0.36))
"""The quantiles between which each fan lies, its name, and how dense it is; the widest first."""
MEDIAN = 3
MOST = 4  # channels that are drawn
ROOM = 0.06  # of the height around what is drawn


@dataclass(frozen=True, eq=False)
class Fan:
    """A channel: its ``title``, the ``truth`` (L,), which of it was ``hidden`` (L,) bool, and the
    ``quantiles`` (7, L) of what was drawn there.
    """

    title: str
    truth: Doubles
    hidden: NDArray[np.bool_]
    quantiles: Doubles


class FanPlot(Explored):
    """Plots of at most four channels over common times."""

    def __init__(self, channels: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fans: list[Fan] = []
        self._under: float | None = None
        self._cursors: list[pg.InfiniteLine] = []
        self.setAccessibleName("Masked values and imputations")
        count = min(channels, MOST)
        self.setMinimumSize(QSize(320, max(200, 130 * count)))
        for place in range(count):
            self.grid.layout.setRowStretchFactor(3 * place + 1, 1)
            plane = self.add_plane(value_marks, value_marks, heading=True)
            cursor = pg.InfiniteLine(angle=90)
            cursor.setZValue(10)
            plane.keep(cursor)
            plane.left.set_name("value")
            self._cursors.append(cursor)
        self.planes[-1].bottom.set_name("time step")
        self.restyle()

    def sizeHint(self) -> QSize:
        """As small as it may be: it takes what room there is."""
        return QSize(self.minimumSize())

    def show_fans(self, fans: list[Fan]) -> None:
        """Show other ones, of as many channels."""
        self.fans = fans[: len(self.planes)]
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all there is to see of a channel."""
        place = self.planes.index(plane)
        if place >= len(self.fans):
            return super().full_range(plane)
        fan = self.fans[place]
        seen = np.concatenate([fan.truth, fan.quantiles.ravel()])
        seen = seen[np.isfinite(seen)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
        room = ROOM * max(high - low, 1e-6)
        return (0.0, float(max(1, len(fan.truth) - 1))), (low - room, high + room)

    def pointed(self, at: QPointF | None) -> None:
        """Say the values under the mouse."""
        self._under = None if at is None else at.x()
        self._tell()

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        for cursor in self._cursors:
            cursor.setPen(pen(colour(self.style_.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def redraw(self) -> None:
        """Draw all anew."""
        for place, plane in enumerate(self.planes):
            if place >= len(self.fans):
                plane.draw([])
                continue
            across, up = self.full_range(plane)
            plane.look_at(self.part or across, self.parts.get(plane, up))
            plane.draw(self._items(self.fans[place]))
        self._tell()

    def _items(self, fan: Fan) -> list[pg.GraphicsObject]:
        style, time = self.style_, np.arange(len(fan.truth), dtype=np.float64)
        # A fan begins and ends at what was observed beside it.
        hidden = fan.hidden.copy()
        hidden[1:] |= fan.hidden[:-1]
        hidden[:-1] |= fan.hidden[1:]
        items = []
        for piece in _runs(hidden):
            for low, high, _, dense in FANS:
                edges = [
                    pg.PlotCurveItem(time[piece], fan.quantiles[k][piece]) for k in (low, high)
                ]
                items.append(pg.FillBetweenItem(*edges, brush=colour(style.accent, dense)))
        for piece in _runs(~fan.hidden):
            items.append(Line(time[piece], fan.truth[piece], pen(style.text, 1.4)))
        for piece in _runs(hidden):
            dashed = pen(style.warm, 1.4, Qt.PenStyle.DashLine)
            items.append(Line(time[piece], fan.truth[piece], dashed))
            items.append(Line(time[piece], fan.quantiles[MEDIAN][piece], pen(style.accent, 1.8)))
        return items

    def _tell(self) -> None:
        """Write into each heading what its channel is under the mouse, or which line is which."""
        style, at = self.style_, self._under
        key = [
            ("observed", pen(style.text, 1.4)),
            ("truth", pen(style.warm, 1.4, Qt.PenStyle.DashLine)),
            ("median", pen(style.accent, 1.8)),
            *((name, pen(colour(style.accent, dense + 0.1), 8.0)) for _, _, name, dense in FANS),
        ]
        for place, (plane, cursor) in enumerate(zip(self.planes, self._cursors, strict=True)):
            cursor.setVisible(at is not None and place < len(self.fans))
            if place >= len(self.fans):
                plane.heading.tell("", [])
                continue
            fan = self.fans[place]
            if at is None:
                plane.heading.tell(fan.title, key if place == 0 else [])
                continue
            cursor.setValue(at)
            plane.heading.say(_under(fan, round(at)), names=False)


def _runs(places: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the numbers of places that follow each other, run by run."""
    there = np.flatnonzero(places)
    return [run for run in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(run)]


def _under(fan: Fan, time: int) -> str:
    time = min(max(time, 0), len(fan.truth) - 1)
    truth = number_format.figure(float(fan.truth[time]))
    if not fan.hidden[time]:
        return f"{fan.title} at {time}: {truth}, observed"
    median, low, high = (
        number_format.figure(float(fan.quantiles[k][time])) for k in (MEDIAN, 1, 5)
    )
    return f"{fan.title} at {time}: median {median}, 80 % {low} to {high}, truth {truth}"
