"""Quality, solver by solver: samplers of a trained diffusion by the calls that they make."""

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHeaderView,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from studio.app import tasks, words
from studio.app.actions import Actions
from studio.app.held import SEEN
from studio.app.intents.base import Refused
from studio.app.plots.ladder import LadderPlot, Rung, ink
from studio.app.plots.ways import WaysPlot
from studio.app.state.operators import offered
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.state.solving import Solved
from studio.app.theme import theme
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import Elided, button, label, scrolled, view_bar
from studio.app.widgets.literal import set_tip
from studio.app.widgets.overlays import EmptyState
from studio.counted import counted
from studio.protocol.messages import ResultWritten

__all__ = ["VIEW", "SolversView"]

OPERATOR = "solver-lab"
HEAD = ("", "calls", "sliced W2", "to floor", "ODE error", "ms")
TIPS = (
    "",
    "How often the network was evaluated for a sample",
    "Distance to real data that were not learned from, ± over the repeats",
    "The fewest calls that are as near to the data as real data are: within two spreads of the "
    "floor",
    "Root mean square distance to the end of the ODE from the same noise; a sampler that adds "
    "noise has none",
    "How long all samples took",
)
WIDE = 600  # logical pixels from which two pictures stand side by side


class SolversView(QWidget):
    """Shows what the solver lab found last of the selected run."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.found: Solved | None = None
        self._key = ""
        self._at = 0
        self.setProperty("surface", "canvas")
        self._words = Elided("", "muted")
        self._calls = label("", "strong")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Calls")
        self.slider.setFixedWidth(150)
        self.slider.valueChanged.connect(self._look)
        self.measure = button(
            "Measure…", self._measure, tip="Choose samplers and calls, and measure"
        )
        self.bar = view_bar(
            self, self._words, None, label("Calls", "muted"), self.slider, self._calls, self.measure
        )
        self.distance = LadderPlot("Distance to the data by calls", "sliced W2")
        self.error = LadderPlot("Distance to the end of the ODE by calls", "rms")
        for plot in (self.distance, self.error):
            plot.chosen_at.connect(self._choose)
        self.ways = WaysPlot()
        self.table = _table()
        self.table.itemSelectionChanged.connect(self._show_ways)
        self._empty = EmptyState(self)
        self._lay_out()
        self._connect()
        self._select(state.runs.selection)

    def _connect(self) -> None:
        self._state.runs.selected.connect(self._select)
        self._state.runs.changed.connect(self._changed)
        self._state.result_written.connect(self._written)
        self._state.catalog_changed.connect(self._show)
        theme.changed.connect(self._show)

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    # What there is

    def _select(self, key: str) -> None:
        self._key, self.found = key, None
        self._show()
        tasks.spawn(self._load(key))

    def _changed(self, key: str) -> None:
        if key == self._key and self.found is None:
            tasks.spawn(self._load(key))

    def _written(self, event: ResultWritten) -> None:
        if event.run == self._key and event.operator == OPERATOR and not event.file:
            tasks.spawn(self._load(self._key))

    async def _load(self, key: str) -> None:
        try:
            read = await self._actions.operating.newest(key, OPERATOR)
            found = None if read is None else self._solved(*read)
        except (Refused, KeyError, ValueError) as error:
            if isValid(self) and key == self._key:
                self._words.set_text(f"The newest result cannot be read: {error}")
            return
        if isValid(self) and key == self._key and found is not None:
            self.found = found
            self.slider.setRange(0, len(found.calls) - 1)
            self.slider.setValue(min(len(found.calls) - 1, len(found.calls) // 2))
            self._show()

    def _solved(self, record: Any, arrays: dict[str, Any]) -> Solved:
        catalog = self._state.catalog
        titles = {each.slug: each.title for each in catalog.of("sampler")} if catalog else {}
        return Solved.of(arrays, record.config, record.step, titles)

    def _measure(self) -> None:
        self._actions.operating.open(self._key, OPERATOR)

    # Showing

    def _look(self, place: int) -> None:
        self._at = place
        self._show()

    def _choose(self, calls: float) -> None:
        if self.found is not None:
            self.slider.setValue(int(np.abs(np.log(self.found.calls / calls)).argmin()))

    def _show(self) -> None:
        found = self.found
        parts = (self.distance, self.error, self.ways, self.table)
        for part in parts:
            part.setVisible(found is not None)
        for control in (self.slider, self._calls):
            control.setEnabled(found is not None)
        if found is None:
            self._words.set_text("")
            self._calls.setText("")
            self._tell_nothing()
            return
        self._empty.hide()
        self.measure.setText("Measure again…")
        calls = int(found.calls[self._at])
        self._calls.setText(f"{calls:,}")
        floor, spread = found.bar
        self._words.set_text(
            f"{counted(found.samples, 'sample')} of step {found.step:,} · floor "
            f"{words.figure(floor)} ± {words.figure(spread)}"
        )
        self.distance.show_rungs(self._rungs(found.distance), found.bar, calls)
        self.error.show_rungs(self._rungs(found.error), None, calls)
        self._show_table(found)
        self._show_ways()

    def _rungs(self, values: Any) -> list[Rung]:
        assert self.found is not None
        titles = self.found.titles
        rungs = [Rung(k, title, *self.found.curve(values, k)) for k, title in enumerate(titles)]
        return [rung for rung in rungs if rung.calls.size]

    def _show_ways(self) -> None:
        """Show the ways of the samplers that are selected in the table, else of all that follow the
        ODE: noise hides what is behind it.
        """
        found = self.found
        if found is None or found.ways is None:
            self.ways.hide()
            return
        rows, lines = found.at(self._at), {item.row() for item in self.table.selectedItems()}
        shown = [rows[line] for line in sorted(lines) if line < len(rows)]
        shown = shown or [each for each in rows if np.isfinite(each.error)] or rows
        ways = [(each.place, found.ways[each.place, self._at]) for each in shown]
        calls = counted(int(found.calls[self._at]), "call")
        whose = f"{shown[0].title}, " if lines and len(shown) == 1 else ""
        text = f"{whose}{calls}; wide grey: reference"
        self.ways.show_ways(ways, found.reference, found.real, text)

    def _show_table(self, found: Solved) -> None:
        rows = found.at(self._at)
        floor, spread = found.bar
        self.table.blockSignals(True)
        self.table.clearSelection()
        self.table.setRowCount(len(rows))
        for line, each in enumerate(rows):
            error = f"{each.error:.2g}" if np.isfinite(each.error) else "–"
            near = each.distance <= floor + SEEN * spread
            verdict = theme.colors().good if near else theme.colors().warm
            shades = {0: ink(each.place).color(), 2: QColor(verdict)}
            enough = f"{each.enough:,}" if each.enough is not None else "none"
            distance = f"{each.distance:.3g} ± {each.spread:.1g}"
            took = f"{each.milliseconds:.0f}"
            cells = (each.title, f"{each.nfe:,}", distance, enough, error, took)
            for place, text in enumerate(cells):
                item = QTableWidgetItem(text)
                right = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(right | Qt.AlignmentFlag.AlignVCenter)
                if place in shades:
                    item.setForeground(shades[place])
                self.table.setItem(line, place, item)
        self.table.blockSignals(False)

    def _tell_nothing(self) -> None:
        run = self._run
        ready = run is not None and bool(run.checkpoints or run.job)
        self._empty.tell(
            "Which sampler, with how many calls?",
            "Samplers of this run are compared, and nothing is trained: how near they come to the "
            "data and to the end of the ODE, from few calls of the network to many."
            if ready
            else "As soon as this run has a checkpoint, its samplers can be compared.",
            "Measure" if ready else "",
            partial(self._actions.operating.open, self._key, OPERATOR) if ready else None,
        )

    # Layout

    def _lay_out(self) -> None:
        page = QWidget()
        body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(12)
        self._lines = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(2)]
        parts: tuple[tuple[QWidget, int], ...] = (
            (self.distance, 1), (self.error, 1), (self.ways, 2), (self.table, 3),
        )  # fmt: skip
        for place, (part, share) in enumerate(parts):
            self._lines[place // 2].addWidget(part, share)
        for line in self._lines:
            line.setSpacing(12)
            body.addLayout(line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(page))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, pictures stand below each other."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE
        for line in self._lines:
            line.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()


def _table() -> QTableWidget:
    """Return a table of samplers, that is only read."""
    made = QTableWidget()
    made.setAccessibleName("Samplers with these calls")
    made.setColumnCount(len(HEAD))
    made.setHorizontalHeaderLabels(list(HEAD))
    for place, tip in enumerate(TIPS):
        if (item := made.horizontalHeaderItem(place)) is not None:
            set_tip(item, tip)
    made.verticalHeader().setVisible(False)
    made.setShowGrid(False)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    header = made.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(44)
    made.setWordWrap(False)
    made.setMinimumSize(QSize(330, 210))
    return made


def applies(state: AppState) -> bool:
    """Whether the selected run can be sampled by different solvers."""
    run = state.runs.current
    return any(entry.slug == OPERATOR for entry in offered(run, state.catalog))


VIEW = ViewSpec(
    id="solvers", lens="quality", title="Solvers", order=40, applies=applies, factory=SolversView
)
