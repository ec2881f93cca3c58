"""Series: lines along the time, a colour a channel."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pushforward.studio.app.core.data_type import (
    DISTANCES,
    LABEL,
    Arrays,
    EachTile,
    Kind,
    Measured,
    Tiles,
    classes,
    how_many,
)
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.pairwise_distance import values
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short
from pushforward.studio.literal import one_line

__all__ = ["KIND", "RANGE", "describe_series", "lines"]

ASPECT = 2.0
RANGE = "range"
"""The lowest and the highest number that tiles seen together are drawn between, (2,)."""
RATE = "rate"
"""How many times a second a sound has, (n,)."""
MARGIN = 0.06  # of the height of a tile
NAMED = 44  # pixels of a tile from which on its class is written into it
FINE = 90  # pixels of a tile from which on its line is thick, and what is 0 is marked
MOST = 4  # colours of channels
SCALE = 14  # pixels of the axis of time below a sound
STEPS = (0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
"""Milliseconds between two marks of the axis of time."""
MARKS = 4  # between which there are so many steps at most


def lines(arrays: Arrays) -> Tiles:
    """Return tiles of series x (n, L, C); `RANGE` (2,) gives all the same limits."""
    each = {name: values for name, values in arrays.items() if name != RANGE}
    return EachTile(each, partial(_paint, span=arrays.get(RANGE)), ASPECT, describe_series)


def describe_series(datum: Arrays) -> str:
    """Say a series in a line: its class, and between which numbers it lies."""
    x = np.asarray(datum["x"], np.float64)
    seen = x[np.isfinite(x)]
    lasts = f", {1000 * len(x) / float(datum[RATE]):.0f} ms" if RATE in datum else ""
    span = (
        f"{short(float(seen.min()), 3)} to {short(float(seen.max()), 3)}"
        if len(seen)
        else "nothing finite"
    )
    name = f"{one_line(str(datum[LABEL]))}, " if LABEL in datum else ""
    return f"{name}{span}{lasts}"


def inks(palette: Tokens) -> list[str]:
    """Return the colours of channels, in their order."""
    return [palette.accent, palette.warm, palette.good, palette.danger]


def _paint(
    painter: QPainter,
    rect: QRectF,
    datum: Arrays,
    palette: Tokens,
    span: NDArray[Any] | None = None,
) -> None:
    x = np.asarray(datum["x"], np.float64)
    low, high = _between(span, x)
    body = rect.adjusted(3.0, MARGIN * rect.height(), -3.0, -MARGIN * rect.height())
    fine = rect.height() >= FINE
    timed = fine and RATE in datum
    if timed:
        body.setBottom(rect.bottom() - SCALE)
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.raised))
    painter.drawRoundedRect(rect, 4, 4)
    if fine and low < 0.0 < high:
        at = body.bottom() + low / (high - low) * body.height()
        painter.setPen(QPen(QColor(palette.line), 1.0))
        painter.drawLine(QPointF(body.left(), at), QPointF(body.right(), at))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # The first channel lies on top.
    for channel in reversed(range(x.shape[1])):
        pen = QPen(QColor(inks(palette)[channel % MOST]), 1.6 if fine else 1.1)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for piece in _pieces(x[:, channel]):
            painter.drawPolyline(_polygon(piece, x[piece, channel], len(x), body, low, high))
    if timed:
        _axis(painter, rect, body, 1000 * (len(x) - 1) / float(datum[RATE]), palette)
    if LABEL in datum and rect.height() >= NAMED:
        _name(painter, rect, one_line(str(datum[LABEL])), palette)
    painter.restore()


def _axis(painter: QPainter, rect: QRectF, body: QRectF, lasts: float, palette: Tokens) -> None:
    """Draw the time axis of a sound of ``lasts`` milliseconds."""
    painter.setFont(font(10))
    painter.setPen(QColor(palette.muted))
    step = next((each for each in STEPS if lasts <= MARKS * each), lasts / MARKS)
    marks = np.arange(0.0, lasts + 1e-9, step) if lasts > 0 else np.zeros(1)
    metrics, base = painter.fontMetrics(), rect.bottom() - 3.0
    for mark in marks.tolist():
        at = body.left() + (mark / lasts if lasts > 0 else 0.0) * body.width()
        painter.drawLine(QPointF(at, body.bottom()), QPointF(at, body.bottom() + 2.0))
        text = f"{mark:g} ms" if mark == marks[-1] else f"{mark:g}"
        wide = metrics.horizontalAdvance(text)
        left = min(max(at - wide / 2, body.left()), body.right() - wide)
        painter.drawText(QPointF(left, base), text)


def _name(painter: QPainter, rect: QRectF, text: str, palette: Tokens) -> None:
    """Write a class into the upper left corner, on a ground that keeps lines from crossing it."""
    painter.setFont(font(11))
    size = painter.fontMetrics().size(Qt.TextFlag.TextSingleLine, text)
    ground = QRectF(rect.left() + 3, rect.top() + 3, size.width() + 8, size.height() + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.panel))
    painter.drawRoundedRect(ground, 3, 3)
    painter.setPen(QColor(palette.text))
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)


def _between(span: NDArray[Any] | None, x: NDArray[np.float64]) -> tuple[float, float]:
    """Return the numbers at the bottom and at the top of a tile."""
    if span is not None:
        low, high = map(float, span)
    else:
        seen = x[np.isfinite(x)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
    return (low, high) if high > low else (low - 1.0, low + 1.0)


def _pieces(values: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the places of numbers that follow each other without a gap."""
    there = np.flatnonzero(np.isfinite(values))
    return [p for p in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(p)]


def _polygon(
    places: NDArray[np.int64],
    values: NDArray[np.float64],
    length: int,
    body: QRectF,
    low: float,
    high: float,
) -> QPolygonF:
    """Return a line; of more times than pixels the least and the most of each pixel."""
    wide = max(1, int(body.width()))
    if len(places) > 2 * wide:
        each = -(-len(places) // wide)
        cut = len(places) // each * each
        blocks = values[:cut].reshape(-1, each)
        start = places[:cut:each]
        values = np.stack([blocks.min(axis=1), blocks.max(axis=1)], axis=1).ravel()
        places = np.repeat(start, 2)
    across = body.left() + places / max(1, length - 1) * body.width()
    up = body.bottom() - (values - low) / (high - low) * body.height()
    return QPolygonF([QPointF(a, b) for a, b in zip(across.tolist(), up.tolist(), strict=True)])


def _common(arrays: Arrays) -> Arrays:
    """Return the numbers that most of all data lie between, so that all are drawn to one scale."""
    x = np.asarray(arrays["x"], np.float64)
    seen = x[np.isfinite(x)]
    if not len(seen):
        return {}
    # A few that are far out, as noise is at the beginning, would flatten all others.
    low, high = np.quantile(seen, (0.002, 0.998))
    room = 0.05 * (high - low)
    return {RANGE: np.array([low - room, high + room])}


def _measures(arrays: Arrays) -> Measured:
    """Say of each series its class, mean and deviation, how often it goes through its mean, and how
    often its strongest oscillation comes in it, in a second of a sound; of the first channel.
    """
    x = np.nan_to_num(np.asarray(arrays["x"], np.float64))[..., 0]
    centred = x - x.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, axis=1))
    power[:, 0] = 0.0
    return {
        **classes(arrays),
        "Mean": x.mean(axis=1),
        "Deviation": x.std(axis=1),
        "Crossings": (np.diff(np.sign(centred), axis=1) != 0).sum(axis=1),
        **_strongest(power.argmax(axis=1), arrays),
    }


def _strongest(cycles: NDArray[np.int64], arrays: Arrays) -> Measured:
    """Return how often an oscillation comes in each series; in a second, where that is known."""
    if RATE not in arrays:
        return {"Strongest": cycles}
    return {"Frequency": cycles * np.asarray(arrays[RATE], np.float64) / arrays["x"].shape[1]}


def _wav_bytes(arrays: Arrays) -> bytes:
    from pushforward.studio.formats.series.writing import sound

    return sound(arrays["x"], round(float(arrays[RATE][0])))


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    length, channels = x.shape[1:]
    parts = [
        f"{format_count(how_many(x, facts), 'series', 'series')} of {format_count(length, 'time')}"
    ]
    if rate := int(facts.get("rate") or 0):
        parts.append(f"{1000 * length / rate:.0f} ms at {rate:,} samples a second")
    names = facts.get("channels") or []
    if channels > 1:
        known = f": {one_line(', '.join(map(str, names)))}" if len(names) == channels else ""
        parts.append(f"{format_count(channels, 'channel')}{known}")
    return " · ".join(parts)


KIND = Kind(
    slug="series",
    about="Time series and sound: measurements, loads, forecasts, audio",
    title="Series",
    one="series",
    many="series",
    moving="series",
    loading="Loading series",
    layout="tiles",
    fits=lambda shape: len(shape) == 2,
    tiles=lines,
    facts=_facts,
    measures=_measures,
    units={"Strongest": "cycles", "Frequency": "Hz"},
    common=_common,
    apart=values,
    told=(LABEL,),
    heard=_wav_bytes,
    alike=(RATE,),
    marked=(RATE,),
    groups={
        "Dynamics": ("spectrum-distance", "autocorrelation-distance"),
        "Filling in": ("crps",),
        **DISTANCES,
    },
    imports="tables and WAV sounds",
    page=24,
    suffixes=("csv", "wav", "npz", "h5"),
    order=70,
    scene=partial(stage_tiles.scene, tiles=lines, common=_common),
    step=partial(stage_tiles.step, tiles=lines, common=_common),
)
