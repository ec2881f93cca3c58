"""Bar charts by class, compared with real data."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import name_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Plane, pen
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.literal import one_line

__all__ = ["Bars", "BarsPlot", "Run"]

Doubles = NDArray[np.float64]
HALF = 0.34  # of the room of a bar, on each side of its middle
SURE = 2.0  # deviations by chance that a bar may be off
INSIDE = 0.5  # of a bar that the part of it that is selected is wide
SHORT = 16  # letters of what is along an axis
ROOM = 0.08  # of the height above the tallest bar


@dataclass(frozen=True, eq=False)
class Run:
    """A run of a comparison: its name, its colour, and its values (k,)."""

    title: str
    ink: str
    values: Doubles


@dataclass(frozen=True, eq=False)
class Bars:
    """Content of a bar chart.

    Values (k,) for each of ``names``, and if known the values of real data with their standard
    deviation, and the ``chosen`` class. Distances have a ``floor`` with its spread instead.
    ``level`` is a dashed line. With several ``runs`` each has its own bars, the first those of the
    values; ``selected`` is the part of the values in the selection.
    """

    title: str
    names: tuple[str, ...]
    values: Doubles
    real: Doubles | None = None
    spread: Doubles | None = None
    floor: Doubles | None = None
    level: float | None = None
    chosen: int = -1
    runs: tuple[Run, ...] = ()
    selected: Doubles | None = None

    @property
    def across(self) -> str:
        """What is along the axis."""
        return "class"

    @property
    def curves(self) -> list[Curve]:
        """The figures over the numbers of the classes, for a file."""
        at = np.arange(len(self.names), dtype=np.float64)
        others = {run.title: run.values for run in self.runs[1:]}
        found = {"value": self.values, "real": self.real, "floor": self.floor}
        found |= {"one sigma": self.spread, **others}
        found["selected"] = self.selected
        return [Curve(n, n, "", at, each) for n, each in found.items() if each is not None]

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Whether each value differs from real data by more than chance."""
        if self.real is None or self.spread is None:
            return np.zeros(len(self.values), bool)
        return np.asarray(np.abs(self.values - self.real) > SURE * self.spread)

    @property
    def reference_values(self) -> Doubles | None:
        """The reference values (k,): real data, or floors."""
        return self.real if self.real is not None else self.floor

    @property
    def heights(self) -> Range:
        """The range in which all bars are seen whole."""
        ends = [self.values, np.zeros(1), *(run.values for run in self.runs)]
        if self.reference_values is not None and self.spread is not None:
            ends += [self.reference_values + SURE * self.spread]
        if self.level is not None:
            ends += [np.array([self.level])]
        every = np.concatenate(ends)
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        room = ROOM * max(high - low, 1e-9)
        return (low - room if low < 0 else 0.0), high + room

    def describe_bar(self, at: int) -> str:
        """Say a bar: "top: 0.21, real 0.2 ± 0.01"; where there are several runs, each with its
        name.
        """
        runs = [f"{one_line(run.title)} {number(float(run.values[at]))}" for run in self.runs]
        told = ", ".join(runs) if runs else number(float(self.values[at]))
        text = f"{one_line(self.names[at])}: {told}"
        if (
            self.reference_values is not None
            and self.spread is not None
            and np.isfinite(self.reference_values[at])
        ):
            which = "real" if self.real is not None else "floor"
            value, spread = (number(float(x[at])) for x in (self.reference_values, self.spread))
            text += f", {which} {value} ± {spread}"
        if self.selected is not None:
            text += f"; selected {number(float(self.selected[at]))}"
        return text


class BarsPlot(Explored):
    """Shows bars; a click chooses one.

    Signals:
        picked: a bar, -1 to let go.
        hovered: the bar under the mouse, -1 for none.
    """

    picked = Signal(int)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Bars | None = None
        self._under = -1
        self.add_plane(name_marks(()), value_marks)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(200, 150))
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(300, 230)

    def set_bars(self, bars: Bars) -> None:
        """Show other bars."""
        if self.shown is None or bars.names != self.shown.names:
            self.planes[0].bottom.set_marks(name_marks(bars.names))
            self.part, self.parts = None, {}
        self.shown = bars
        # A longer name does not fit beside bars on a screen; it stands above them.
        self.planes[0].left.set_name(one_line(bars.title) if len(bars.title) <= SHORT else "")
        self.redraw()

    def name_axes(self) -> None:
        """Show the full axis title, for print."""
        if self.shown is not None:
            self.planes[0].left.set_name(one_line(self.shown.title))

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the room of all bars."""
        bars = self.shown
        return super().full_range(plane) if bars is None else (_across(bars), bars.heights)

    def pointed(self, at: QPointF | None) -> None:
        """Say which bar is under the mouse."""
        under = -1 if at is None else self._bar_at(at)
        if under != self._under:
            self._under = under
            self.hovered.emit(under)

    def chose(self, at: QPointF) -> None:
        """Choose a bar, or let go of it."""
        found = self._bar_at(at)
        if self.shown is not None and found >= 0:
            self.picked.emit(-1 if found == self.shown.chosen else found)

    def show_all(self) -> None:
        """Let go, and look at all bars again."""
        self.picked.emit(-1)
        super().show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point at the next bar with the arrows, choose it with Enter, let go with Esc."""
        bars, key, keys = self.shown, event.key(), Qt.Key
        if bars is None:
            event.ignore()
        elif key in (keys.Key_Left, keys.Key_Right):
            step = 1 if key == keys.Key_Right else -1
            self._under = min(len(bars.names) - 1, max(0, self._under + step))
            self.hovered.emit(self._under)
        elif key in (keys.Key_Return, keys.Key_Enter) and self._under >= 0:
            self.picked.emit(self._under)
        elif key == keys.Key_Escape and bars.chosen >= 0:
            self.picked.emit(-1)
        else:
            event.ignore()

    def redraw(self) -> None:
        """Draw the bars anew."""
        bars = self.shown
        if bars is None or not self.planes:
            return
        plane = self.planes[0]
        across, up = self.full_range(plane)
        plane.look_at(self.part or across, self.parts.get(plane, up))
        plane.draw(list(_items(bars, self.style_)))

    def _bar_at(self, at: QPointF) -> int:
        found = round(at.x())
        return found if self.shown is not None and 0 <= found < len(self.shown.names) else -1


def _across(bars: Bars) -> Range:
    return -0.6, len(bars.names) - 0.4


def _items(bars: Bars, style: CanvasStyle) -> Iterator[QGraphicsItem]:
    """Yield what is drawn, back to front."""
    at = np.arange(len(bars.names), dtype=np.float64)
    wide = 1.0 / max(1, len(bars.runs))  # of each run, of the room of a class
    dim = np.array([bars.chosen >= 0 and i != bars.chosen for i in range(len(at))])
    every = np.ones(len(at), bool)
    shown = [
        (2 * HALF * ((place + 0.5) * wide - 0.5), run.values, every, run.ink)
        for place, run in enumerate(bars.runs)
    ] or [
        (0.0, bars.values, ~bars.outside, style.accent),
        (0.0, bars.values, bars.outside, style.warm),
    ]
    for aside, values, some, shade in shown:
        for part, strength in ((some & ~dim, 0.75), (some & dim, 0.3)):
            if part.any():
                yield _rects(at[part] + aside, np.zeros(int(part.sum())), values[part],
                             colour(shade, strength), wide)  # fmt: skip
    if bars.selected is not None:
        first = 2 * HALF * (0.5 * wide - 0.5)
        yield _rects(at + first, np.zeros(len(at)), bars.selected, colour(style.text, 0.7),
                     INSIDE * wide)  # fmt: skip
    yield pg.InfiniteLine(0.0, angle=0, pen=pen(style.muted))
    if bars.reference_values is not None and bars.spread is not None:
        some = np.isfinite(bars.reference_values)
        there, held, spread = at[some], bars.reference_values[some], bars.spread[some]
        low, high = (held + side * SURE * spread for side in (-1, 1))
        yield _rects(there, low, high, colour(style.good, 0.3), 1.3)
        yield _rects(there, held, held, colour(style.good), 1.3, edge=True)
    if bars.level is not None:  # green is what is held against; a mean of the bars is not
        yield pg.InfiniteLine(bars.level, angle=0, pen=pen(style.muted, 1.2, Qt.PenStyle.DashLine))


def _rects(
    at: Doubles, low: Doubles, high: Doubles, shade: QColor, wide: float = 1.0, *,
    edge: bool = False,
) -> pg.BarGraphItem:  # fmt: skip
    return pg.BarGraphItem(
        x0=at - wide * HALF, x1=at + wide * HALF, y0=low, y1=high,
        pen=pen(shade, 1.2) if edge else pg.mkPen(None), brush=pg.mkBrush(shade),
    )  # fmt: skip
