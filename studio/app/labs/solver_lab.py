"""Quality, solver by solver: samplers of a trained model by the calls that they make, and by the
time that these take here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSlider, QWidget
from shiboken6 import isValid

from pushforward.studio.app.charts.cost_chart import LadderPlot, Rung, ink
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_plane import Surface
from pushforward.studio.app.charts.print_plots import keyed_picture
from pushforward.studio.app.core import async_tasks, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import number
from pushforward.studio.app.core.operator_settings import COUNT
from pushforward.studio.app.core.run_comparison import comparable, samples_at
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lab import Finding, Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.design.basic import column, icon_button, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.labs.cost_card import LadderCard
from pushforward.studio.app.labs.solver_paths import WaysPlot
from pushforward.studio.app.labs.solver_results import At, Solved
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.metric_reference import BAND, SEEN
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.messages import ResultWritten

__all__ = ["VIEW", "SolversView"]

LAB = Lab(
    operator="solver-lab",
    result="nfe",
    preview={"n": 64, "repeats": 1, "calls": [4, 8, 12], "seconds": 1.0},
    costly={"n": 32, "calls": [4, 8]},
    samples="n",
)
OTHERS = 2  # runs beside the own one whose curves are drawn
WIDE = 640  # logical pixels from which three pictures stand side by side
ERROR = 4  # the column of the distance to the end of the ODE
ROOMY = 920  # logical pixels from which the table has room for its columns beside a picture


class SolversView(LabView):
    """Samplers compared at equal network evaluations; a slider chooses the number. Results of other
    runs on the same data by the same metric are drawn with them.
    """

    lab = LAB

    def __init__(self, state: AppState, actions: Actions) -> None:
        self.found: Solved | None = None
        self.measured: list[tuple[RunState, Solved]] = []  # other runs, the newest first
        self._at = 0
        super().__init__(state, actions)
        state.result_written.connect(self._follow_others)

    def controls(self) -> list[QWidget]:
        self._calls = label("", "strong")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Calls")
        self.slider.setFixedWidth(72)
        self.slider.valueChanged.connect(self._look)
        set_tip(self.slider, "With how many evaluations of the network samplers are compared")
        return [self.slider, self._calls]

    def lay_out(self, page: QWidget) -> None:
        self.distance = LadderPlot("Distance to the data by evaluations", "")
        self.error = LadderPlot("ODE error by evaluations", "rms")
        self.time = LadderPlot("Distance to the data by time", "", "ms per sample", "ms per sample")
        for plot in (self.distance, self.error):
            plot.chosen_at.connect(self._choose)
        self.ways = WaysPlot()
        self.table = Table("Samplers at this number of evaluations", _columns("", "sample", 0))
        self.table.setMinimumHeight(210)
        self.table.selection_changed.connect(self._show_ways)
        self.facts = label("", "muted", wrap=True)  # the bar has no room for them
        body = column(parent=page, gap=12, margins=(16, 10, 16, 12))
        self.key = LineKey()
        export = icon_button("export", "Export picture: PNG, SVG or PDF", self.ask_export)
        keyed = row((self.key, 1), export)
        body.addLayout(keyed)
        self._lines = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(2)]
        self._ladders = [LadderCard(p, self._state) for p in (self.distance, self.time, self.error)]
        parts: tuple[tuple[int, QWidget, int], ...] = (
            *((0, card, 1) for card in self._ladders), (1, self.ways, 2), (1, self.table, 3),
        )  # fmt: skip
        for line, part, share in parts:
            self._lines[line].addWidget(part, share)
        for each, high in zip(self._lines, (3, 4), strict=True):
            each.setSpacing(12)
            body.addLayout(each, high)
        body.addWidget(self.note)
        body.addWidget(self.facts)

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        self.found, self.measured = None, []
        if finding is not None:
            self.found = self._solved(finding)
            self.slider.setRange(0, len(self.found.calls) - 1)
            self.slider.setValue(len(self.found.calls) // 2)
        if self.isVisible():
            async_tasks.spawn(self._load_others(self._key))

    def show_facts(self) -> None:
        super().show_facts()
        self.say("")  # the page has the step, and the bar no room for it

    @property
    def sample_count(self) -> int:
        return self.found.samples if self.found is not None else 0

    def _solved(self, finding: Finding) -> Solved:
        catalog = self._state.catalog
        titles = (
            {each.slug: each.title for each in catalog.entries_of("sampler")} if catalog else {}
        )
        return Solved.of(finding.arrays, finding.config, finding.step, titles)

    async def _load_others(self, key: str) -> None:
        """Read what was found last of other runs on the same data, by the same figure."""
        run, found = self._state.runs.by_key.get(key), self.found
        if run is None:
            return
        read: list[tuple[RunState, Solved]] = []
        for other in reversed(list(self._state.runs.by_key.values())):
            if (
                other.key == key
                or not comparable(run, other, self._state.catalog)
                or len(read) == OTHERS
            ):
                continue
            try:
                newest = await self._actions.operating.newest(other.key, LAB.operator)
                theirs = self._solved(Finding.of_record(*newest)) if newest else None
            except (Refused, KeyError, ValueError):
                continue  # that run says it in its own lens
            if theirs is not None and (found is None or theirs.figure == found.figure):
                read.append((other, theirs))
        if isValid(self) and key == self._key and found is self.found:
            self.measured = read
            self.refresh()

    @property
    def others(self) -> list[tuple[RunState, Solved]]:
        """The other runs that can be compared with this one: those with the same number of samples,
        on which distances depend.
        """
        return self._measured_by(as_many=True)

    @property
    def other_count_runs(self) -> list[tuple[RunState, Solved]]:
        """The other runs, which were measured by another number of samples."""
        return self._measured_by(as_many=False)

    def _measured_by(self, *, as_many: bool) -> list[tuple[RunState, Solved]]:
        n = self.found.samples if self.found is not None else 0
        return [each for each in self.measured if (each[1].samples == n) is as_many]

    def propose(self) -> None:
        """Propose the number of samples of another run, so that the two can be compared."""
        if self.measured:
            proposed = {COUNT: self.measured[0][1].samples}
            self._state.asked.setdefault((self._key, LAB.operator), proposed)

    def _look(self, place: int) -> None:
        self._at = place
        self.refresh()

    def _choose(self, calls: float) -> None:
        if self.found is not None:
            self.slider.setValue(int(np.abs(np.log(self.found.calls / calls)).argmin()))

    # Showing

    def refresh(self) -> None:
        for control in (self.slider, self._calls):
            control.setVisible(self.filled)
        super().refresh()

    @property
    def figure(self) -> str:
        """What the distance is, in words."""
        slug = self.found.figure if self.found is not None else ""
        catalog = self._state.catalog
        entry = catalog.get("metric", slug) if catalog is not None else None
        return entry.title if entry is not None else number_format.plain(slug)

    def draw(self) -> None:
        found = self.found
        assert found is not None
        calls = int(found.calls[self._at])
        self._calls.setText(format_count(calls, "call"))
        run = self.run
        kind = kind_of_run(run, self._state.catalog)
        beside = "".join(
            f" · run {number(each.name)}: {format_count(other.samples, kind.one, kind.many)} of "
            "step "
            f"{other.step:,}"
            for each, other in self.others
        )
        beside += "".join(
            f" · run {number(each.name)} is not shown: it was measured by "
            f"{format_count(other.samples, kind.one, kind.many)}, and a distance falls with their "
            "number"
            for each, other in self.other_count_runs
        )
        self.facts.setText(
            f"{format_count(found.samples, kind.one, kind.many)} of step {found.step:,}"
            f"{snapshot_text.trained_further(found.step, run)} · "
            f"times: warm, as one batch of {found.samples:,}, measured here"
            f"{' while something trained' if found.shared else ''}{beside} · "
            f"{self._grid(found.grid)}\n{self._floor(found)}"
        )
        self.distance.show_metric(f"{self.figure} by evaluations", self.figure)
        self.time.show_metric(f"{self.figure} by time", self.figure)
        rungs = self._rungs(found.distance)
        rungs += self._other_rungs(len(found.titles))
        self.distance.show_rungs(rungs, found.bar, calls)
        self.key.show_names(self.distance.key)
        self.time.show_rungs(self._by_time(), found.bar, None)
        self._ladders[-1].setVisible(found.knows_ends)
        if found.knows_ends:
            self.error.show_rungs(self._rungs(found.error), None, calls)
        self.table.set_columns(_columns(self.figure, kind.one, found.samples))
        self.table.setColumnHidden(ERROR, not found.knows_ends)
        self._show_table(found)
        self._show_ways()

    def _floor(self, found: Solved) -> str:
        """Say of what the floor is, and why it is not that of the curves of the run."""
        kind = kind_of_run(self.run, self._state.catalog)
        mean, spread = found.bar
        many = len(found.floor) > 1
        mean_of = f"mean and standard deviation (SD) of {len(found.floor)} draws, {BAND}"
        of = mean_of if many else "one draw"
        text = (
            f"Floor {number_format.varying(mean, spread)}: {found.samples:,} real {kind.many} "
            f"against as many others, {of}."
        )
        run = self.run
        own = number_format.floor(run.floors, found.figure) if run is not None else ""
        if run is None or not own:
            return text
        series = run.series.get(f"{QUALITY}{found.figure}")
        n = samples_at(run, int(series.steps[-1])) if series is not None and len(series) else None
        of = f" at n = {n:,}" if n is not None else ""
        return f"{text} The value of the run itself, {own}{of}, is of other samples."

    def _grid(self, slug: str) -> str:
        """Say on which levels of noise the samplers stop."""
        if slug == "own":
            return "each sampler on its own grid"
        entry = self._state.catalog.get("operator", LAB.operator) if self._state.catalog else None
        known = [choice for field in (entry.fields if entry else []) for choice in field.choices]
        titles = {str(choice.value): choice.title for choice in known}
        return f"all on the grid {titles.get(slug, slug)}"

    def _rungs(self, values: Any) -> list[Rung]:
        assert self.found is not None
        titles = self.found.titles
        rungs = [Rung(k, title, *self.found.curve(values, k)) for k, title in enumerate(titles)]
        return [rung for rung in rungs if rung.calls.size]

    def _other_rungs(self, place: int) -> list[Rung]:
        """Return the curves of other runs, by calls."""
        rungs = []
        for run, other in self.others:
            for k, title in enumerate(other.titles):
                name = f"{title}, run {number(run.name)}"
                rungs.append(Rung(place, name, *other.curve(other.distance, k)))
                place += 1
        return [rung for rung in rungs if rung.calls.size]

    def _by_time(self) -> list[Rung]:
        """Return all curves by the time that a sample takes."""
        assert self.found is not None
        found = [(title, self.found, k) for k, title in enumerate(self.found.titles)]
        for run, other in self.others:
            found += [
                (f"{title}, run {number(run.name)}", other, k)
                for k, title in enumerate(other.titles)
            ]
        rungs = [Rung(i, title, *each.by_time(k)) for i, (title, each, k) in enumerate(found)]
        return [rung for rung in rungs if rung.calls.size]

    def _show_ways(self) -> None:
        """Show the ways of the samplers that are selected in the table, else of all that follow the
        ODE: noise hides what is behind it.
        """
        found = self.found
        if found is None or found.ways is None:
            self.ways.hide()
            return
        rows, lines = found.at(self._at), self.table.selected_rows
        shown = [rows[line] for line in lines if line < len(rows)]
        shown = shown or [each for each in rows if np.isfinite(each.error)] or rows
        ways = [(each.place, found.ways[each.place, self._at]) for each in shown]
        whose = f"{shown[0].title}, " if lines and len(shown) == 1 else ""
        text = (
            f"{whose}{format_count(int(found.calls[self._at]), 'evaluation')}; wide grey: reference"
        )
        self.ways.show()
        self.ways.show_ways(ways, found.reference, found.real, text)

    def export_picture(self) -> Picture:
        """Return the figures for paper: which line is which above them, and of what they are."""
        shown = [card.plot for card in self._ladders if not card.isHidden()]
        panels: dict[str, tuple[Callable[[], Surface], str]] = {
            plot.accessibleName(): (plot.on_paper, "") for plot in shown
        }
        if not self.ways.isHidden():
            panels[self.ways.accessibleName()] = (self.ways.on_paper, self.ways.words)
        return keyed_picture(panels, lambda: self.distance.key, self.facts.text())

    def _show_table(self, found: Solved) -> None:
        floor, spread = found.bar
        lines, shades = [], []
        for title, place, whose, each in self._compared(found):
            near = each.distance <= floor + SEEN * spread
            enough, distance = "–", short(each.distance, 3)
            if whose.repeated:
                enough = f"{each.enough:,}" if each.enough is not None else "none"
                distance += f" ± {short(each.spread, 1)}"
            error = short(each.error, 2) if np.isfinite(each.error) else "–"
            took = number_format.figure(each.milliseconds)
            lines.append((title, f"{each.nfe:,}", distance, enough, error, took))
            verdict = {2: colors().good if near else colors().warm}
            told = found.repeated and whose.repeated
            shades.append({0: ink(place).color().name()} | (verdict if told else {}))
        self.table.show_rows(lines, shades)

    def _compared(self, found: Solved) -> list[tuple[str, int, Solved, At]]:
        """Return the table rows, each with its title, the place of its curve and what it is
        of: those of this run, and below them of others those with about as many calls.
        """
        rows = [(each.title, each.place, found, each) for each in found.at(self._at)]
        calls, first = found.calls[self._at], len(found.titles)
        for run, other in self.others:
            at = int(np.abs(np.log(other.calls / calls)).argmin())
            rows += [
                (f"{each.title}, run {number(run.name)}", first + each.place, other, each)
                for each in other.at(at)
            ]
            first += len(other.titles)
        return rows

    def _follow_others(self, event: ResultWritten) -> None:
        """Draw a new result of another run."""
        if event.operator == LAB.operator and event.run != self._key and self.filled:
            async_tasks.spawn(self._load_others(self._key))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, pictures stand below each other, and the table below them."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        for line, enough in zip(self._lines, (WIDE, ROOMY), strict=True):
            beside = self.width() >= enough
            line.setDirection(direction.LeftToRight if beside else direction.TopToBottom)


def _columns(figure: str, one: str, batch: int) -> tuple[Column, ...]:
    """Return the columns of the table, each with what it means."""
    took = f"Milliseconds for one {one} in a batch of {batch:,}: after a warm-up, until the device "
    return (
        Column(""),
        Column(
            "evaluations",
            f"How often the network was evaluated for one {one} (NFE), without guidance",
        ),
        Column(
            figure,
            "Distance to unseen real data, ± over the repeats; with one repeat the spread is "
            "unknown, and none is called near",
        ),
        Column(
            "to floor",
            "The fewest evaluations that are as near to the data as real data are: within two "
            "standard deviations of the floor",
        ),
        Column(
            "ODE error",
            "Root mean square distance to the end of the ODE from the same noise; a sampler that "
            "adds noise has none",
        ),
        Column("ms each", f"{took}was done, on this machine"),
    )


VIEW = LAB.view(SolversView, id="solvers", lens="quality", title="Solvers", order=40)
