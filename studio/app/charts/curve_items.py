"""A curve as what the library draws: its raw band, its smoothed line or its dots, its floor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsItem

from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.curves import Columns, Curve, columns, envelope, smoothed
from pushforward.studio.app.charts.plot_plane import Line, dots, pen, word
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.text import metric_reference, number_format

__all__ = ["Frame", "curve_items"]

Doubles = NDArray[np.float64]
Place = tuple[float, float, float, float]  # left, right, bottom, top in a plane
SMOOTH = 0.02  # of the columns: the window of the smoothed line on each side
APART = 4  # points that are drawn of a smoothed line in each of its windows
SHORT = 18  # pixels of the floor of one value alone
RAW = 0.22  # of the ink; where its lines cross it is twice as strong
LINE = 20  # pixels that a line of words needs
LETTER, EDGE = 7, 2  # pixels: the width of one, and what is free above and below words
WORD, CLEAR = 64, 6  # how wide a word of a few letters is, and how far it keeps from its dot
MOST_DOTS = 200  # more of them would be a thick line
STARTS = 9  # places from left to right that a word of a floor may begin at
UPPER = 3  # lines by which the word of a floor goes up at most, off what it would cover
PALE = 0.5  # of the ink of values of fewer samples than others of their curve
NONE = QPen(Qt.PenStyle.NoPen)


@dataclass(frozen=True)
class Frame:
    """The part of a plane that is seen: its ranges, its size in pixels, and whether heights are
    powers of ten.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float
    log: bool

    @property
    def count(self) -> int:
        """Of how many columns a curve is drawn."""
        return max(16, int(self.width))

    def heights(self, values: Doubles) -> Doubles:
        """Return where values are on the axis; NaN stays NaN, and what a logarithm has none of
        becomes it.
        """
        if not self.log:
            return values
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def above(self, height: float) -> float:
        """Return how many pixels are left above a height."""
        low, high = self.y
        return (high - height) / (high - low) * self.height

    def tall(self, count: float) -> float:
        """Return the height of ``count`` pixels on the vertical axis."""
        return count * (self.y[1] - self.y[0]) / max(self.height, 1.0)

    def pixels(self, count: float) -> float:
        """Return the width of ``count`` pixels on the horizontal axis."""
        return count * (self.x[1] - self.x[0]) / max(self.width, 1.0)


def curve_items(
    curve: Curve,
    found: Columns,
    frame: Frame,
    style: CanvasStyle,
    others: Sequence[Curve] = (),
) -> Iterator[QGraphicsItem]:
    """Yield what is drawn of a curve, back to front; ``found`` are its columns in the frame. Its
    words also keep clear of ``others``.
    """
    parts = curve.by_size
    bars = parts if curve.floors is not None else [curve]
    yield from _floor(bars, frame, style)
    for part in reversed(parts):
        # Values of other numbers of samples stand apart: a line that joins them would show a step
        # that nothing learned.
        whole = len(parts) == 1
        yield from _curve(
            part,
            found if whole else columns(part.steps, part.values, *frame.x, frame.count),
            frame,
            "" if part is parts[0] else style.panel,
        )
    if not curve.said:
        return
    lines = [*parts, *(part for each in others for part in each.parts)]
    floors = [replace(part, values=part.floors) for part in bars if part.floors is not None]
    bands = [] if bars[0].band is None else [(*frame.x, *_edges(bars[0].band, frame))]
    # Those at their dots first: the word of the floor has more places to go to.
    told: list[Place] = []
    counts = [
        item
        for part in (reversed(parts) if len(parts) > 1 else ())
        for item in _count_word(
            part,
            [*lines, *floors],
            [each for each in lines if each is not part],
            bands,
            told,
            frame,
            style,
        )
    ]
    yield from _floor_word(bars[0], [*lines, *floors[1:]], told, frame, style)
    yield from counts


def _curve(curve: Curve, found: Columns, frame: Frame, hollow: str) -> Iterator[QGraphicsItem]:
    """Yield the lines of a curve; paler, and its dots ``hollow``, of a colour, where others of it
    are of more samples.
    """
    if not found.x.size:
        return
    ink = colour(curve.ink, PALE) if hollow else QColor(curve.ink)
    if curve.dots:
        heights = frame.heights(found.mean)
        yield Line(found.x, heights, pen(ink, 1.4))
        known = np.isfinite(heights)
        if found.x.size <= MOST_DOTS and known.any():
            size, fill = (6, QColor(hollow)) if hollow else (5, ink)
            edge = pen(curve.ink, 1.2) if hollow else None
            yield dots(found.x[known], heights[known], size, fill, edge)
        return
    x, y = envelope(found)
    yield Line(x, frame.heights(y), pen(colour(curve.ink, RAW)), rough=True)
    width = max(1.0, SMOOTH * found.x.size)
    calm = smoothed(found.mean, width)
    kept = _telling(calm, int(width / APART))
    yield Line(found.x[kept], frame.heights(calm[kept]), pen(ink, 1.5))


def _telling(calm: Doubles, apart: int) -> NDArray[np.bool_]:
    """Return which points of a smoothed line are drawn, (n,): ones so close that it hardly bends
    between them, both ends, and every gap. A line through all takes three times as long.
    """
    kept = np.isnan(calm)
    kept[:: max(1, apart)] = True
    kept[-1:] = True
    return kept


def _along(curve: Curve, frame: Frame) -> tuple[Doubles, Doubles, Doubles | None] | None:
    """Return (x, floor, spread) of a floor from edge to edge; None where it has no place."""
    if curve.floor is None:
        return None
    x, floors, spreads = np.array(frame.x), np.full(2, curve.floor), None
    if curve.floors is not None and len(curve.floors):
        x = np.concatenate([x[:1], np.clip(curve.steps, *frame.x), x[1:]])
        floors = np.pad(curve.floors, 1, "edge")
        spreads = None if curve.spreads is None else np.pad(curve.spreads, 1, "edge")
    return (x, floors, spreads) if np.isfinite(frame.heights(floors)).all() else None


def _floor(parts: list[Curve], frame: Frame, style: CanvasStyle) -> Iterator[QGraphicsItem]:
    longest, *others = parts
    dashed = pen(style.good, 1.2, Qt.PenStyle.DashLine)
    along = _along(longest, frame)
    if along is not None:
        x, floors, _ = along
        if longest.band is not None:
            low, high = (np.pad(edge, 1, "edge") for edge in longest.band)
            yield _band(x, low, high, frame, style)
        yield Line(x, frame.heights(floors), dashed)
    for part in others:
        if part.floor is not None and part.floors is not None:
            x = np.clip(part.steps, *frame.x)
            heights = frame.heights(part.floors)
            x, heights = np.append(x[:1] - frame.pixels(SHORT), x), np.append(heights[:1], heights)
            yield Line(x, heights, dashed)


def _band(
    x: Doubles, low: Doubles, high: Doubles, frame: Frame, style: CanvasStyle
) -> QGraphicsItem:
    lowest = 10 ** frame.y[0] if frame.log else -np.inf
    edges = (Line(x, frame.heights(np.maximum(edge, lowest)), NONE) for edge in (low, high))
    filled: QGraphicsItem = pg.FillBetweenItem(*edges, brush=colour(style.good, 0.16))
    return filled


def _floor_word(
    curve: Curve, parts: list[Curve], taken: list[Place], frame: Frame, style: CanvasStyle
) -> Iterator[QGraphicsItem]:
    """Place the label of a floor above its band or below, away from other labels and the curve,
    preferably on the left. Omitted if there is no room.
    """
    along = _along(curve, frame)
    if along is None:
        return
    spread = 0.0 if along[2] is None else float(along[2][0])
    counts = {int(part.counts[0]) for part in parts if part.counts is not None and part.counts.size}
    own = curve.counts[:1].tolist() if curve.counts is not None and len(counts) > 1 else []
    of = "".join(f", n = {int(n):,}" for n in own)
    brief = f"{curve.bar} {number_format.varying(float(along[1][0]), spread)}"
    band = f", {metric_reference.VERDICT_BAND}" if spread and curve.band is not None else ""
    for told in dict.fromkeys((f"{brief}{of}{band}", f"{brief}{band}", f"{brief}{of}", brief)):
        if told != brief and LETTER * len(told) > frame.width:
            continue
        over, items = _floor_at(curve, along[1], told, parts, taken, frame, style)
        if not over:
            yield from items
            return


def _floor_at(
    curve: Curve,
    floors: Doubles,
    told: str,
    parts: list[Curve],
    taken: list[Place],
    frame: Frame,
    style: CanvasStyle,
) -> tuple[int, list[QGraphicsItem]]:
    """Return over how many words the best place for a word of a floor lies, and the word there;
    far above its line with one that leads to it.
    """
    wide = frame.pixels(LETTER * len(told))
    last = max(frame.x[0], frame.x[1] - wide)
    starts = [frame.x[0], (frame.x[0] + last) / 2, *np.linspace(*(frame.x[0], last), STARTS)[1:]]
    line = float(frame.heights(floors)[0])
    low, high = (line, line) if curve.band is None else _edges(curve.band, frame)
    sides = [(high, True)] if frame.above(high) > LINE else []
    sides += [(low, False)] if frame.above(low) < frame.height - LINE else []
    places = [(x, *side) for x in starts for side in sides or [(line, True)]]
    # Further up where a curve comes down to its floor.
    ups = [high + frame.tall(n * LINE) for n in range(1, UPPER + 1)] if sides else []
    places += [(x, up, True) for up in ups if frame.above(up) > LINE for x in starts]

    def place(start: float, height: float, up: bool) -> Place:
        near, far = (frame.tall(pixels if up else -pixels) for pixels in (EDGE, LINE))
        low, high = sorted((height + near, height + far))
        return start, start + wide, low, high

    start, height, up = best = min(
        places, key=lambda each: _lost(parts, taken, place(*each), frame)
    )
    over, _ = _lost(parts, taken, place(*best), frame)
    ground = colour(style.panel, 0.8) if sides else None  # which would hide the band
    items: list[QGraphicsItem] = []
    if height > high:  # what it is of is not the next line below it
        x = start + frame.pixels(EDGE)
        items.append(Line(np.array([x, x]), np.array([line, height]), pen(style.good, 1.0)))
    items.append(word(told, style.good, (start, height), (0.0, 1.0 if up else 0.0), ground))
    return over, items


def _edges(band: tuple[Doubles, Doubles], frame: Frame) -> tuple[float, float]:
    """Return where a band begins on the axis, at its first step: what of it is seen."""
    lowest, highest = frame.y
    low, high = (float(frame.heights(edge[:1])[0]) for edge in band)
    return lowest if np.isnan(low) else max(low, lowest), min(high, highest)


def _count_word(
    curve: Curve,
    parts: list[Curve],
    rivals: list[Curve],
    bands: list[Place],
    told: list[Place],
    frame: Frame,
    style: CanvasStyle,
) -> Iterator[QGraphicsItem]:
    """Place the label with the number of samples of separate values, at their ends, away from
    lines, dots of ``rivals`` and earlier labels ``told``.
    """
    inside = (curve.steps >= frame.x[0]) & (curve.steps <= frame.x[1])
    known = np.flatnonzero(np.isfinite(frame.heights(curve.values)) & inside)
    if curve.counts is None or not known.size:
        return
    step = float(curve.steps[known[-1]])
    height = float(frame.heights(curve.values[known[-1:]])[0])
    shade = colour(style.panel, 0.8)
    text = f"n = {int(curve.counts[0]):,}"
    wide, near, line = frame.pixels(WORD), frame.tall(CLEAR), frame.tall(LINE)
    starts = [step - wide, *([step] if step + wide < frame.x[1] else [])]
    above = frame.above(height)
    lows = [height + near] if above > LINE + CLEAR else []
    # Further down where other words stand below it already.
    room = int((frame.height - above - CLEAR) // LINE) if above < frame.height - CLEAR else 0
    lows += [height - near - (n + 1) * line for n in range(min(2, room))]
    places: list[Place] = [
        (start, start + wide, low, low + line)
        for start in starts
        for low in lows or [height + near]
    ]
    taken = [*bands, *told]

    def cost(each: Place) -> tuple[int, ...]:
        left, right, low, high = each
        around = left, right, low - line, high + line
        return *_lost(parts, taken, each, frame), sum(_dots(one, around, frame) for one in rivals)

    start, _, low, _ = best = min(places, key=cost)
    told.append(best)
    at = (step, low + line / 2)
    yield word(text, style.muted, at, (0.0 if start == step else 1.0, 0.5), shade)


def _dots(curve: Curve, place: Place, frame: Frame) -> int:
    """Return how many values of a curve lie in a place of the plane."""
    left, right, low, high = place
    at = frame.heights(curve.values)
    inside = (curve.steps >= left) & (curve.steps <= right) & (at >= low) & (at <= high)
    return int(inside.sum())


def _lost(parts: list[Curve], taken: list[Place], place: Place, frame: Frame) -> tuple[int, int]:
    """Return over how many words one in a place would lie, and how much of the lines it covers."""
    left, right, low, high = place
    over = sum(left < x1 and x0 < right and low < y1 and y0 < high for x0, x1, y0, y1 in taken)
    return over, _covered(parts, place, frame)


def _covered(parts: list[Curve], place: Place, frame: Frame) -> int:
    """Return how much of the lines and of their dots lies in a place of the plane; also the line
    between two dots is not to be covered.
    """
    left, right, low, high = place
    found = 0
    for part in parts:
        inside = (part.steps >= left) & (part.steps <= right)
        along = np.sort(np.concatenate([np.linspace(left, right, 16), part.steps[inside]]))
        along = along[(along >= part.steps[0]) & (along <= part.steps[-1])]
        at = np.interp(along, part.steps, frame.heights(part.values))
        # A steep line is in it between two that are not.
        ends = np.stack([at[:-1], at[1:]]) if len(at) > 1 else np.stack([at, at])
        found += int(((ends.max(0) >= low) & (ends.min(0) <= high)).sum())
    return found
