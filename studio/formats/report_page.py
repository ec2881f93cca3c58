"""Lay out a report as HTML: tables, curves as inline SVG, pictures.

Browsers show it, and Qt prints it.
"""

import base64
import html
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.figures import short

__all__ = ["INKS", "Chart", "Curve", "Report", "curve_svg", "report_body"]

INKS = ("#2f7fd0", "#d9822b", "#2f9e5b", "#c2410c", "#7c5cd6", "#0f8a96")
"""Colours of the runs, readable on both themes."""
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 380, 210, 52, 24, 8
POINTS = 300
"""Of a curve at most: more are averaged in groups."""
WIDE = 30.0
"""Ratio of the largest to the smallest value from which on an axis is logarithmic."""


@dataclass(frozen=True)
class Curve:
    """The values of a run over its training steps; ``ink`` is its colour."""

    steps: NDArray[np.floating]
    values: NDArray[np.floating]
    ink: str


@dataclass(frozen=True)
class Chart:
    """Curves of several runs under a title; ``floor`` is a band (low, high) behind them."""

    title: str
    curves: Sequence[Curve]
    floor: tuple[float, float] | None = None


@dataclass(frozen=True)
class Report:
    """What a report shows.

    Attributes:
        title: heading.
        summary: a line below it.
        names: of the runs, in the order of ``INKS``.
        facts: rows of (name, value of each run).
        settings: rows of (setting, value of each run) that differ, of one run from the defaults.
        shared: the number of all other settings.
        verdicts: a sentence for each run.
        metrics: rows of (metric, value of each run, noise floor).
        charts: curves.
        pictures: samples (h, w, 3) with a caption.
        commands: that repeat the runs.
    """

    title: str
    summary: str
    names: Sequence[str]
    facts: Sequence[Sequence[str]]
    settings: Sequence[Sequence[str]]
    shared: int
    verdicts: Sequence[str]
    metrics: Sequence[Sequence[str]]
    charts: Sequence[Chart]
    pictures: Sequence[tuple[str, NDArray[np.uint8]]] = ()
    commands: Sequence[str] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


def report_body(report: Report) -> str:
    """Return the report as the body of a page, without its flow."""
    several = len(report.names) > 1
    parts = [f"<h1>{_safe(report.title)}</h1><p>{_safe(report.summary)}</p>"]
    if several:
        parts.append(_key(report.names))
    parts.append(_section("Runs" if several else "Run", _table(("", *report.names), report.facts)))
    if report.metrics:
        rows = _table(("metric", *report.names, "noise floor"), report.metrics)
        verdicts = "".join(f"<p>{_safe(each)}</p>" for each in report.verdicts)
        parts.append(_section("Quality", verdicts + rows + _note(report, "rule")))
    if report.pictures:
        figures = "".join(_picture(*each) for each in report.pictures)
        parts.append(_section("Samples", f'<div class="samples">{figures}</div>'))
    if report.charts:
        charts = "".join(curve_svg(each) for each in report.charts)
        parts.append(_section("Curves", f'<div class="curves">{charts}</div>'))
    title = "Settings that differ" if several else "Settings"
    rest = "are the same" if several else "have their default values"
    text = f"<p>{report.shared:,} other settings {rest}.</p>"
    empty = "<p>All settings are the same.</p>"
    table = _table(("setting", *report.names), report.settings) if report.settings else empty
    parts.append(_section(title, table + text))
    commands = "".join(f"<pre>{_safe(each)}</pre>" for each in report.commands)
    parts.append(_section("Repeat it", commands))
    return f'<div class="report">{"".join(parts)}</div>\n'


def _section(title: str, body: str) -> str:
    return f"<h2>{_safe(title)}</h2>\n{body}\n"


def _note(report: Report, name: str) -> str:
    return f"<p><small>{_safe(report.notes[name])}</small></p>" if name in report.notes else ""


def _key(names: Sequence[str]) -> str:
    marks = "".join(
        f'<span><i style="background:{ink}"></i><font color="{ink}">{_safe(name)}</font></span> '
        for name, ink in zip(names, INKS, strict=False)
    )
    return f'<p class="key">{marks}</p>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_safe(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>\n" for row in rows
    )
    return f'<div class="scroll"><table cellpadding="3"><tr>{top}</tr>\n{body}</table></div>'


def _picture(caption: str, pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    data = io.BytesIO()
    # PNG: Qt prints it without a further plug-in.
    Image.fromarray(pixels).quantize(128).save(data, "PNG", optimize=True)
    text = base64.b64encode(data.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{_safe(caption)}" src="data:image/png;base64,{text}">'
        f"<figcaption>{_safe(caption)}</figcaption></figure>"
    )


def curve_svg(chart: Chart) -> str:
    """Return a chart as an SVG figure; a value axis is logarithmic where values are positive and
    spread over more than `WIDE`.
    """
    curves = [_reduce(each) for each in chart.curves]
    values = np.concatenate([each.values for each in curves])
    values = values[np.isfinite(values)]
    if not len(values):
        return ""
    last = max(float(each.steps[-1]) for each in curves) or 1.0
    ends = [*values.tolist(), *(chart.floor or ())]
    low, high = min(ends), max(ends)
    log = low > 0 and high / low > WIDE
    height = _scale(low, high, log)
    wide = WIDTH - LEFT - 8

    def x(step: float) -> float:
        return LEFT + step / last * wide

    parts = []
    for value in (low, math.sqrt(low * high) if log else (low + high) / 2, high):
        parts.append(f'<line class="grid" stroke="#9aa3ad" x1="{LEFT}" x2="{WIDTH - 8}" '
                     f'y1="{height(value):.1f}" y2="{height(value):.1f}"/>'
                     f'<text x="{LEFT - 6}" y="{height(value) + 4:.1f}" text-anchor="end">'
                     f"{short(value, 3)}</text>")  # fmt: skip
    if chart.floor is not None:
        bottom, top = height(max(low, chart.floor[0])), height(chart.floor[1])
        tall = max(1.0, bottom - top)
        parts.append(f'<rect class="floor" fill="#9aa3ad" fill-opacity="0.25" x="{LEFT}" '
                     f'width="{wide}" y="{top:.1f}" height="{tall:.1f}"/>')  # fmt: skip
    for curve in curves:
        points = " ".join(
            f"{x(step):.1f},{height(value):.1f}"
            for step, value in zip(curve.steps.tolist(), curve.values.tolist(), strict=True)
            if math.isfinite(value)
        )
        parts.append(f'<polyline fill="none" stroke="{curve.ink}" points="{points}"/>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">0</text>')
    end = f'x="{WIDTH - 8}" y="{HEIGHT - 6}" text-anchor="end"'
    parts.append(f"<text {end}>step {last:,.0f}</text>")
    floor = "; grey: noise floor ± 2 SD" if chart.floor is not None else ""
    caption = f"{chart.title}{' (log)' if log else ''}{floor}"
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{_safe(caption)}">{"".join(parts)}</svg>'
        f"<figcaption>{_safe(caption)}</figcaption></figure>"
    )


def _scale(low: float, high: float, log: bool) -> "Scale":
    return Scale(math.log(low) if log else low, math.log(high) if log else high, log)


@dataclass(frozen=True)
class Scale:
    """Heights in a chart, from values; rows run downwards."""

    low: float
    high: float
    log: bool

    def __call__(self, value: float) -> float:
        value = math.log(value) if self.log and value > 0 else value
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return HEIGHT - BOTTOM - min(1.0, max(0.0, share)) * (HEIGHT - BOTTOM - TOP)


def _reduce(curve: Curve) -> Curve:
    """Return a curve of at most `POINTS` points: means of as many neighbours each."""
    group = math.ceil(len(curve.steps) / POINTS)
    if group < 2:
        return curve
    starts = np.arange(0, len(curve.steps), group)
    counts = np.diff(starts, append=len(curve.steps))
    steps = np.add.reduceat(np.asarray(curve.steps, float), starts) / counts
    return Curve(
        steps, np.add.reduceat(np.asarray(curve.values, float), starts) / counts, curve.ink
    )


def _safe(text: str) -> str:
    return html.escape(text)
