"""A histogram of real data with those of models over it, and below it how these stand to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import Marks, no_marks, power_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.distribution_bins import spread_of
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.line_styles import Named
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen, word
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.literal import one_line

__all__ = ["DASHES", "HistogramPlot", "HistogramScene", "Steps"]

Doubles = NDArray[np.float64]
RATIOS: Range = (0.5, 1.5)
RATIO_HEIGHT = 52  # pixels
ROOM = 0.08  # of the height above the tallest bin
DEEPEST = 4.5  # powers of ten below the tallest bin that a logarithmic axis shows at most
LINE = 13  # pixels from a count of what is beyond the axis to the next
BESIDE = 0.25  # of the axis on each side that a count of what is beyond it may cover
LOW = 0.5  # of a panel: where counts need more of it, bins keep their room
AWAY = "\u2007\u2007"  # between a triangle and its count
FOOT = 10  # pixels above the ratios that no number stands in
MARKED = 64  # pixels between two numbers across
UP = 30  # and up
UNKNOWN = 0.5  # a ratio is not told where the real share varies by more than that part of it ...
CLEAR = 2.0  # ... but for a model that has clearly more, by so many deviations of both
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
"""Of the lines of up to four models, in their order."""


@dataclass(frozen=True, eq=False)
class Steps:
    """A model in a histogram: its name, its colour, its place among the models, its shares of the
    bins (m,), how many of its values are ``beyond`` them, below and above, and ``sigma`` (m,), how
    far its shares vary by chance; None where that is not drawn. It has ``n`` data, 0 where that is
    not said.
    """

    title: str
    ink: str
    place: int
    shares: Doubles
    beyond: tuple[int, int] = (0, 0)
    sigma: Doubles | None = None
    n: int = 0


@dataclass(frozen=True, eq=False)
class HistogramScene:
    """What is drawn: ``n`` real data as shares of bins with ``edges`` (m + 1,), how many of them
    are ``beyond`` the bins, below and above, in which ``unit`` they are, models, which shares of
    the bins are ``chosen`` of all data of the source that something is selected of, the range
    that is ``brushed``; with ``log`` axes are powers of ten. ``sigma`` (m,) is how far the shares
    of real data vary by chance, where they are no counts of n independent data; ``mark`` is a
    single value with its name, which stands at the end of the axis where it lies beyond.
    """

    name: str
    edges: Doubles
    real: Doubles
    n: int
    models: tuple[Steps, ...] = ()
    chosen: Doubles | None = None
    brushed: Range | None = None
    log_x: bool = False
    log_y: bool = False
    unit: str = ""
    beyond: tuple[int, int] = (0, 0)
    sigma: Doubles | None = None
    mark: tuple[str, float] | None = None

    @cached_property
    def spread(self) -> Doubles:
        """How far the shares of real data vary by chance, (m,)."""
        return spread_of(self.real, self.n) if self.sigma is None else self.sigma

    @property
    def places(self) -> Doubles:
        """Where the edges are on the axis."""
        return np.log10(self.edges) if self.log_x else self.edges

    @property
    def extent(self) -> Range:
        """The range of the axis."""
        return float(self.places[0]), float(self.places[-1])

    @property
    def quantity(self) -> str:
        """What is along the axis, with its unit."""
        name = one_line(self.name)
        return f"{name} ({one_line(self.unit)})" if self.unit else name

    @property
    def outside(self) -> str:
        """How many values the axis does not reach, in words; "" for none."""
        ends = (("below", 0), ("above", 1))
        told = [
            f"{title} {', '.join(f'{n[i]:,} {end}' for end, i in ends if n[i])}"
            for title, n in (("real", self.beyond), *((m.title, m.beyond) for m in self.models))
            if any(n)
        ]
        return f"Beyond the axis: {'; '.join(told)}." if told else ""

    @property
    def across(self) -> str:
        """What is along the axis."""
        return f"{self.name}, lower edge of the bin"

    @property
    def curves(self) -> list[Curve]:
        """The figures as curves over the lower edges of the bins, for a file."""
        low = self.edges[:-1]
        upper = Curve("to", "upper edge", "", low, self.edges[1:])
        real = Curve("real", "real", "", low, self.real)
        spread = Curve("spread", "real, one sigma", "", low, self.spread)
        models = [Curve(m.title, m.title, m.ink, low, m.shares) for m in self.models]
        spreads = [
            Curve(f"{m.title} spread", f"{m.title}, one sigma", m.ink, low, m.sigma)
            for m in self.models
            if m.sigma is not None
        ]
        return [upper, real, spread, *models, *spreads]

    def bin_at(self, place: float) -> int:
        """Return the bin at a place of the axis, -1 outside."""
        found = int(np.searchsorted(self.places, place, side="right")) - 1
        return found if 0 <= found < len(self.real) else -1

    def range_of(self, first: float, last: float) -> Range:
        """Return the edges of the bins between two places of the axis, both bins included."""
        low, high = sorted((first, last))
        begin = min(max(0, int(np.searchsorted(self.places, low, side="right")) - 1),
                    len(self.real) - 1)  # fmt: skip
        end = max(begin + 1, int(np.searchsorted(self.places, high, side="left")))
        return float(self.edges[begin]), float(self.edges[min(end, len(self.real))])

    def ratio(self, shares: Doubles) -> Doubles:
        """Return the ratio of fractions to real data, (m,); NaN if both are 0, infinite if only the
        real one is.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(shares / self.real)

    def tells(self, model: Steps) -> NDArray[np.bool_]:
        """Return in which bins the ratio of a model says something, (m,): where the real share is
        known well enough, or the model has clearly more.
        """
        known = self.spread < UNKNOWN * self.real
        sigma = self.spread if model.sigma is None else np.hypot(model.sigma, self.spread)
        return np.asarray(known | (model.shares - self.real > CLEAR * sigma))

    def _ratio_sigma(self, model: Steps, at: int) -> float | None:
        """Return the standard deviation of a bin's ratio to first order; None if unknown."""
        if model.sigma is None or not self.real[at]:
            return None
        of_real = self.ratio(model.shares)[at] * self.spread[at]
        return float(np.hypot(model.sigma[at], of_real) / self.real[at])

    def key(self, style: CanvasStyle) -> list[Named]:
        """Return which line is which, the real data first."""
        models: list[Named] = [
            (
                one_line(m.title)
                + (" ± 1σ" if m.sigma is not None else "")
                + (f", n = {m.n:,}" if m.n else ""),
                _pen(m),
            )
            for m in self.models
        ]
        return [(f"real ± 1σ, n = {self.n:,}", QBrush(colour(style.muted, 0.5))), *models]

    def describe_bin(self, at: int) -> str:
        """Say a bin: "150 to 155: real 4.2 %, EDM 4.9 % (1.17)"."""
        low, high = number(float(self.edges[at])), number(float(self.edges[at + 1]))
        parts = [f"real {100 * self.real[at]:.1f} %"]
        for model in self.models:
            times = self.ratio(model.shares)[at]
            sigma = self._ratio_sigma(model, at)
            around = f" ± {sigma:.2f}" if sigma is not None else ""
            held = f" ({times:.2f}{around} ×)" if np.isfinite(times) else ""
            parts.append(f"{model.title} {100 * model.shares[at]:.1f} %{held}")
        return f"{low} to {high}: {', '.join(parts)}"


@dataclass
class _Frame:
    """How heights are drawn: over ``low``, as powers of ten with ``log``, on ``tall`` pixels."""

    scene: HistogramScene
    style: CanvasStyle
    low: float = 0.0
    high: float = 1.0
    tall: float = 100.0
    dark: bool = field(init=False)

    def __post_init__(self) -> None:
        self.dark = self.style.dark
        scene = self.scene
        tops = [
            scene.real + scene.spread,
            *(m.shares + (0 if m.sigma is None else m.sigma) for m in scene.models),
        ]
        most = max(1e-9, *(float(top.max(initial=0.0)) for top in tops))
        if scene.log_y:
            some = scene.real[scene.real > 0]
            least = np.log10(some.min()) if len(some) else -3.0
            self.high = float(np.log10(most)) + ROOM
            self.low = max(float(least) - 0.3, self.high - DEEPEST)
        else:
            self.high = most * (1 + ROOM)
        self._clear_counts(tops)

    def _clear_counts(self, tops: list[Doubles]) -> None:
        """Leave room above the bins on whose side counts of what lies beyond are written."""
        counts = [self.scene.beyond, *(m.beyond for m in self.scene.models)]
        for end in (0, 1):
            lines = sum(n[end] > 0 for n in counts)
            written = LINE * (lines + 0.3) / self.tall
            if not lines or written >= LOW:
                continue
            for top in tops:
                wide = max(1, round(BESIDE * len(top)))
                near = self.heights(top[:wide] if end == 0 else top[-wide:])
                tallest = float(near.max(initial=self.low)) - self.low
                self.high = max(self.high, self.low + tallest / (1 - written))

    def heights(self, shares: Doubles) -> Doubles:
        """Return where shares are on the axis, what is below it on its lower end."""
        if not self.scene.log_y:
            return shares
        with np.errstate(divide="ignore"):
            return np.maximum(np.log10(np.maximum(shares, 0)), self.low)


class HistogramPlot(Explored):
    """Shows a scene. A drag brushes the bins that it goes over, the wheel looks closer, a double
    click lets go and shows all again.

    Signals:
        brushed: (low, high) of a range, its upper end left out; None to let go.
        hovered: the bin under the mouse, -1 for none.
    """

    brushed = Signal(object)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: HistogramScene | None = None
        self._under = -1
        self.add_plane(no_marks, _share_marks)
        self.add_plane(_across_marks, _ratio_marks, height=RATIO_HEIGHT)
        self._regions = [pg.LinearRegionItem(movable=False) for _ in self.planes]
        for plane, region in zip(self.planes, self._regions, strict=True):
            region.setZValue(10)
            plane.keep(region)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(200, 210))
        self.planes[0].left.set_name("share per bin")
        self.planes[1].left.set_name("ratio")
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(300, 230)

    def set_scene(self, scene: HistogramScene | None) -> None:
        """Show another scene."""
        before, self.shown = self.shown, scene
        axes = [(s.log_x, s.log_y, s.extent) if s is not None else None for s in (before, scene)]
        if axes[0] != axes[1]:
            self.part, self.parts = None, {}
        if scene is not None:
            self.planes[1].bottom.set_name(scene.quantity)
        self.redraw()

    # What Explored asks

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the range of the bins, and what the tallest needs, or the ratios."""
        scene = self.shown
        if scene is None:
            return super().full_range(plane)
        if plane is self.planes[1]:
            return scene.extent, RATIOS
        frame = _Frame(scene, self.style_, tall=max(1.0, plane.size[1]))
        return scene.extent, (frame.low, frame.high)

    def pointed(self, at: QPointF | None) -> None:
        """Say which bin is under the mouse."""
        under = -1 if at is None or self.shown is None else self.shown.bin_at(at.x())
        if under != self._under:
            self._under = under
            self.hovered.emit(under)

    def drawing(self, plane: Plane, start: QPointF, end: QPointF) -> None:
        """Show the bins that are being brushed."""
        scene = self.shown
        if scene is not None:
            first, last = plane.inside(start).x(), plane.inside(end).x()
            self._show_region(scene.range_of(first, last))

    def select_box(self, plane: Plane, start: QPointF, end: QPointF) -> None:
        """Brush the bins between two places."""
        scene = self.shown
        if scene is not None:
            first, last = plane.inside(start).x(), plane.inside(end).x()
            self.brushed.emit(scene.range_of(first, last))

    def chose(self, at: QPointF) -> None:
        """Brush the bin that was clicked, or let go of it."""
        scene = self.shown
        if scene is not None:
            found = scene.range_of(at.x(), at.x())
            self.brushed.emit(None if found == scene.brushed else found)

    def look_closer(self, plane: Plane, x: Range, y: Range) -> None:
        """Look at a part of the bins, in both planes; heights follow by themselves."""
        super().look_closer(plane, x, self.full_range(plane)[1])

    def show_all(self) -> None:
        """Look at all bins again; where they are seen already, let go of those that are brushed."""
        if self.part is None:
            self.brushed.emit(None)
        super().show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point at the next bin with the arrows, brush it with Enter, let go with Esc or 0."""
        scene, key, keys = self.shown, event.key(), Qt.Key
        if scene is None:
            event.ignore()
        elif key in (keys.Key_Left, keys.Key_Right):
            step = 1 if key == keys.Key_Right else -1
            self._under = min(len(scene.real) - 1, max(0, self._under + step))
            self.hovered.emit(self._under)
        elif key in (keys.Key_Return, keys.Key_Enter) and self._under >= 0:
            self.brushed.emit(
                (float(scene.edges[self._under]), float(scene.edges[self._under + 1]))
            )
        elif key in (keys.Key_Escape, keys.Key_0) and (scene.brushed or self.part):
            self.show_all()
        else:
            event.ignore()

    # Drawing

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        style = self.style_
        for region in self._regions:
            region.setBrush(colour(style.accent, 0.16))
            for edge in region.lines:
                edge.setPen(pen(style.accent))
        super().restyle()

    def redraw(self) -> None:
        """Draw both planes anew."""
        scene, style = self.shown, self.style_
        if scene is None or len(self.planes) < 2:
            return
        upper, lower = self.planes
        frame = _Frame(scene, style, tall=max(1.0, upper.size[1]))
        across = self.part or scene.extent
        upper.left.set_marks(_power_share_marks if scene.log_y else _share_marks)
        lower.bottom.set_marks(_power_across_marks if scene.log_x else _across_marks)
        upper.look_at(across, (frame.low, frame.high))
        lower.look_at(across, RATIOS)
        upper.draw(list(_upper(frame)))
        lower.draw(list(_lower(frame)))
        self._show_region(scene.brushed)

    def _show_region(self, brushed: Range | None) -> None:
        scene = self.shown
        for region in self._regions:
            region.setVisible(brushed is not None)
            if brushed is not None and scene is not None:
                region.setRegion(np.log10(brushed) if scene.log_x else brushed)


def _stepped(scene: HistogramScene, heights: Doubles) -> tuple[Doubles, Doubles]:
    """Return the line along the tops of bins."""
    return np.repeat(scene.places, 2)[1:-1], np.repeat(heights, 2)


def _pen(model: Steps) -> QPen:
    return pen(model.ink, 1.5, DASHES[model.place % len(DASHES)])


def _fill(
    scene: HistogramScene, low: Doubles, high: Doubles, shade: QColor
) -> Iterator[QGraphicsItem]:
    """Fill between the tops of bins; the library measures what is filled by its two lines."""
    none = QPen(Qt.PenStyle.NoPen)
    below, above = (Line(*_stepped(scene, each), none) for each in (low, high))
    yield pg.FillBetweenItem(below, above, brush=shade)


def _upper(frame: _Frame) -> Iterator[QGraphicsItem]:
    """Yield what is drawn above, back to front."""
    scene, style = frame.scene, frame.style
    ground = np.full(len(scene.real), frame.low)
    tops = frame.heights(scene.real)
    yield from _fill(scene, ground, tops, colour(style.muted, 0.28 if frame.dark else 0.3))
    if scene.chosen is not None:
        chosen = frame.heights(scene.chosen)
        yield from _fill(scene, ground, chosen, colour(style.accent, 0.4))
    low, high = (frame.heights(scene.real + side * scene.spread) for side in (-1, 1))
    yield from _fill(scene, low, high, colour(style.muted, 0.35))
    for nth, model in enumerate(scene.models):
        yield Line(*_stepped(scene, frame.heights(model.shares)), _pen(model))
        if model.sigma is not None:
            below = frame.heights(np.maximum(model.shares - model.sigma, 0.0))
            yield _bars(scene, nth, below, frame.heights(model.shares + model.sigma))
    yield from _ends(frame)
    if scene.mark is not None:
        yield from _marked(frame, *scene.mark)


def _marked(frame: _Frame, title: str, value: float) -> Iterator[QGraphicsItem]:
    """Yield a line where a single value is, with its name; an arrow where that is off the axis."""
    scene, style = frame.scene, frame.style
    low, high = scene.extent
    place = float(np.log10(value)) if scene.log_x and value > 0 else value
    beyond = place < low or place > high
    at = min(high, max(low, place))
    yield pg.InfiniteLine(at, angle=90, pen=pen(style.text, 1.5))
    left = at > (low + high) / 2
    name = one_line(title)
    if beyond:
        name = f"{name} \u2192" if place > high else f"\u2190 {name}"
    up = frame.low + 0.5 * (frame.high - frame.low)
    yield word(name, style.text, (at, up), (float(left), 0.5), colour(style.background, 0.75))


def _bars(scene: HistogramScene, nth: int, low: Doubles, high: Doubles) -> Line:
    """Return the one-sigma error bars of a model, one per bin, models side by side."""
    part = (nth + 1) / (len(scene.models) + 1)
    at = scene.places[:-1] + part * np.diff(scene.places)
    ends = np.stack([low, high, np.full(len(at), np.nan)], axis=1)  # NaN: the line is broken
    return Line(np.repeat(at, 3), ends.ravel(), pen(scene.models[nth].ink, 1.0))


def _ends(frame: _Frame) -> Iterator[QGraphicsItem]:
    """Yield a triangle with a count at each end of the axis that values lie beyond, a line for each
    sample that has some.
    """
    scene = frame.scene
    found = [(frame.style.muted, scene.beyond), *((m.ink, m.beyond) for m in scene.models)]
    for end, symbol in enumerate(("t3", "t2")):
        some = [(ink, n[end]) for ink, n in found if n[end]]
        for line, (ink, n) in enumerate(some):
            up = frame.high - (frame.high - frame.low) * LINE * (line + 0.6) / frame.tall
            at = scene.extent[end]
            yield dots(np.array([at]), np.array([up]), 8, QColor(ink), symbol=symbol)
            text = f"{AWAY}{n:,}" if end == 0 else f"{n:,}{AWAY}"
            yield word(text, ink, (at, up), (float(end), 0.5))


def _lower(frame: _Frame) -> Iterator[QGraphicsItem]:
    """Yield how the models stand to the real data, with triangles for what is outside. Where there
    are too few of these, nothing is: chance alone fills the panel.
    """
    scene, style = frame.scene, frame.style
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = np.where(scene.real > 0, scene.spread / scene.real, 9.0)
    low, high = (np.clip(1 + side * wide, *RATIOS) for side in (-1, 1))
    yield from _fill(scene, low, high, colour(style.muted, 0.3))
    yield pg.InfiniteLine(1.0, angle=0, pen=pen(colour(style.muted, 0.8)))
    middle = (scene.places[1:] + scene.places[:-1]) / 2
    for nth, model in enumerate(scene.models):
        ratio = np.where(scene.tells(model), scene.ratio(model.shares), np.nan)
        some = np.where(np.isfinite(ratio), 1.0, np.nan)
        if model.sigma is not None:
            ends = (scene.ratio(model.shares + side * model.sigma) for side in (-1, 1))
            below, above = (some * np.clip(each, *RATIOS) for each in ends)
            yield _bars(scene, nth, below, above)
        shown = np.where((ratio >= RATIOS[0]) & (ratio <= RATIOS[1]), ratio, np.nan)
        yield Line(*_stepped(scene, shown), _pen(model))
        for outside, place, symbol in (
            (ratio > RATIOS[1], RATIOS[1] - 0.08, "t1"),
            (ratio < RATIOS[0], RATIOS[0] + 0.08, "t"),
        ):
            if outside.any():
                heights = np.full(int(outside.sum()), place)
                yield dots(middle[outside], heights, 6, QColor(model.ink), symbol=symbol)


def _share_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return _clear(value_marks(low, high, pixels, UP), low, high, pixels)


def _power_share_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return _clear(power_marks(low, high, pixels), low, high, pixels)


def _clear(
    marks: list[tuple[float, str]], low: float, high: float, pixels: float
) -> list[tuple[float, str]]:
    """Leave out marks at the foot, where those of the ratios begin."""
    foot = low + FOOT * (high - low) / max(1.0, pixels)
    return [mark for mark in marks if mark[0] > foot]


def _power_across_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    # Numbers are wider than they are high: 1, 2 and 5 of a power want this much of it.
    roomy = pixels / max(high - low, 1e-9) >= MARKED + UP
    return power_marks(low, high, pixels if roomy else pixels / 2)


def _across_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, MARKED)


_ratio_marks: Marks = lambda low, high, pixels: [(0.5, "0.5"), (1.0, "1"), (1.5, "1.5")]  # noqa: E731
