"""One measure of several runs in one chart, against what each has spent, with its floor."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from pushforward.studio.app.charts.curve_card import ChartCard
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.core import display_names, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import SEGMENTS, measure_title, short_name
from pushforward.studio.app.core.run_comparison import AXES, Axis
from pushforward.studio.app.core.run_ranking import of_unequal
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.chart_export import ask_picture, ask_values
from pushforward.studio.app.design.basic import column, row
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["CompareChart"]

ROOM = 115  # pixels a run from which the legend has names; numbers are on canvas and table too
LETTERS = {1: 24, 2: 20, 3: 12, 4: 8}  # of a name in the legend, by the number of runs; else none
BESIDE = 400  # pixels from which measure and axes stand beside each other
CHOICE, ARROW = 130, 48  # pixels of the choice of a measure, at least, and beside its words
LOG = 90  # pixels beside the legend, for the switch of the axis
SWATCH = 60  # and of each of its entries, around the name
ACROSS: dict[Axis, str] = {
    "steps": "training steps",
    "seconds": "seconds of training",
    "samples": "points seen",
}


class CompareChart(QWidget):
    """Signals:
    sought: the share of the budget at a place that was clicked.
    measured: another measure was chosen.
    """

    sought = Signal(float)
    measured = Signal()

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._runs: list[RunState] = []
        self._names: list[str] = []
        self._titles: list[str] = []
        self._zoom: tuple[float, float] | None = None
        self.measure = ""
        self._wanted = ""
        self.axis: Axis = "steps"
        self._choice = ChoiceList([], "Measure")
        self._choice.activated.connect(self._measured)
        self._choice.setMinimumWidth(CHOICE)
        self._axes = Segments([title for _, title in AXES], "Budget axis")
        self._axes.select(0)
        self._axes.setMinimumWidth(SEGMENTS)
        self._axes.chosen.connect(self._turned)
        self.card = ChartCard("Measure", heading=False, figures=False)
        self.card.plot.setMinimumHeight(90)
        self.card.hovered.connect(self.card.set_hover)
        self.card.chosen.connect(self._seek)
        self.card.zoomed.connect(self._zoomed)
        self.card.picture_wanted.connect(lambda: ask_picture(self.card, state, self.measure))
        self.card.values_wanted.connect(lambda: ask_values(self.card, state, self.measure))
        head = self._head = row(self._choice, None, self._axes, gap=8)
        head.setContentsMargins(12, 8, 8, 0)
        head.setStretch(0, 100)  # what a choice shows is read whole, where there is room
        column(head, (self.card, 1), parent=self, gap=0)

    def show_runs(self, runs: list[RunState]) -> None:
        """Draw the current measure of runs."""
        self._runs = runs
        names = run_comparison.measures(runs)
        titles = [one_line(measure_title(name, self._state, runs)) for name in names]
        if (names, titles) != (self._names, self._titles):
            self._names, self._titles = names, titles
            self._choice.clear()
            self._choice.addItems(titles)
            widest = max(map(self._choice.fontMetrics().horizontalAdvance, titles), default=0)
            self._choice.setMaximumWidth(max(CHOICE, widest + ARROW))
        self._take(self._wanted if self._wanted in names else names[0] if names else "")
        self._draw()

    def _take(self, measure: str) -> None:
        """Draw a measure from now on: the first quality there is, until the person chose one."""
        if self.measure != measure:
            self.measure, self._zoom = measure, None
            self.measured.emit()
        if measure:
            self._choice.setCurrentIndex(self._names.index(measure))

    def set_axis(self, axis: Axis) -> None:
        """Measure what was spent in steps, seconds or points seen."""
        self.axis, self._zoom = axis, None
        self._axes.select([name for name, _ in AXES].index(axis))
        self._draw()

    def _draw(self) -> None:
        title = "Nothing measured"
        if self.measure:
            title = measure_title(self.measure, self._state, self._runs)
        unit = next(name for slug, name in AXES if slug == self.axis)
        self.card.plot.setAccessibleName(f"{title} over {unit.lower()}")
        self.card.where = self._where
        curves = self._curves()
        ends = [float(curve.steps[-1]) for curve in curves if len(curve.steps)]
        whole = self.axis != "seconds"
        extent = (0.0, max([1.0 if whole else 1e-3, *ends]))
        self.card.title = title
        self.card.show_curves(
            curves, extent, self._cursor(), zoom=self._zoom, whole=whole, across=ACROSS[self.axis]
        )

    def _curves(self) -> list[Curve]:
        catalog, tokens = self._state.catalog, colors()
        curves: list[Curve] = []
        count = len(self._runs)
        roomy = count in LETTERS and self.width() >= ROOM * count
        metrics = self.card.fontMetrics()
        room = (self.width() - LOG) // max(1, len(self._runs)) - SWATCH
        quality = self.measure.startswith(QUALITY)
        slug = self.measure.removeprefix(QUALITY)
        entry = catalog.get("metric", slug) if catalog and quality else None
        bar = metric_reference.bar_name(entry)
        held_to: set[tuple[str, float]] = set()  # data and numbers of samples whose floor is drawn
        apart = len({run_comparison.data_of(run, catalog) for run in self._runs}) > 1
        mixed = quality and bool(of_unequal(self._runs, [slug]))
        for place, run in enumerate(self._runs):
            series = run.series.get(self.measure)
            if series is None or not len(series):
                continue
            steps = run_comparison.axis_of(run, self.axis, series.steps, catalog)
            counts = run_comparison.counts_along(run, self.measure) if quality else None
            # Of the same data one line is the floor of each run with as many samples.
            data = run_comparison.data_of(run, catalog)
            many = {(data, float(n)) for n in (counts if counts is not None else (0.0,))}
            floor = run.floors.get(slug) if quality and not many <= held_to else None
            held_to |= many if floor is not None else set()
            name = short_name(run, LETTERS[len(self._runs)]) if roomy else ""
            of = run_comparison.samples_at(run, int(series.steps[-1])) if mixed else None
            told = f"n\u00a0=\u00a0{of:,}" if of else ""
            if (
                apart and floor is not None
            ):  # two floors on the canvas would be one's or the other's
                against_it = number_format.floor(run.floors, slug)
                told = ", ".join(filter(None, [told, f"{bar}\u00a0{against_it}"]))
            left = max(0, room - metrics.horizontalAdvance(f" {told}" if told else ""))
            name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, left)
            disc = display_names.number(run.name) or str(place + 1)  # as beside the pictures
            title = " ".join(filter(None, [disc, name, told]))
            along = run_comparison.floors_along(run, self.measure) if floor is not None else None
            spreads = run_comparison.spreads_along(run, self.measure) if along is not None else None
            shade, values = ink(place, tokens), series.values
            against = (floor, along, counts, bar, spreads)
            curve = Curve(run.key, title, shade, steps, values, quality, *against)
            better = entry.better if entry is not None else ""
            limit = metric_reference.reach(entry, run.floors, slug)
            curve = replace(curve, reach=limit, better=better)
            # Words of several would lie over each other.
            curves.append(replace(curve, said=not curves and not apart))
        return curves

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        narrow = self.width() < BESIDE
        self._head.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        if self._runs:
            self._draw()

    def _where(self, at: float) -> str:
        if self.axis == "seconds":
            return f"{number(at)} s"
        return f"{'step ' if self.axis == 'steps' else ''}{int(at):,}" + (
            " points" if self.axis == "samples" else ""
        )

    def _per_step(self, run: RunState) -> float:
        one = np.ones(1)
        return float(run_comparison.axis_of(run, self.axis, one, self._state.catalog)[0])

    def _cursor(self) -> float | None:
        step, run = self._state.playback.step, self._state.runs.current
        return None if step is None or run is None else step * self._per_step(run)

    def _seek(self, at: float) -> None:
        run = self._state.runs.current
        if run is not None and self._per_step(run) > 0:
            self.sought.emit(run_comparison.share(run, round(at / self._per_step(run))))

    def _zoomed(self, span: tuple[float, float] | None) -> None:
        self._zoom = span
        self._draw()

    def _measured(self, place: int) -> None:
        self._wanted = self._names[place]
        self._take(self._wanted)
        self._draw()

    def _turned(self, place: int) -> None:
        self.set_axis(AXES[place][0])
