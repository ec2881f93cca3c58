"""Quality, solver by solver: samplers of a trained diffusion by the calls that they make."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSlider, QVBoxLayout, QWidget

from studio.app import words
from studio.app.held import SEEN
from studio.app.plots.ladder import LadderPlot, Rung, ink
from studio.app.plots.ways import WaysPlot
from studio.app.state.session import AppState
from studio.app.state.solving import Solved
from studio.app.theme import colors
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import Elided, label
from studio.app.widgets.figurestable import FiguresTable
from studio.app.widgets.foundview import Arrays, FoundView, can_ask
from studio.counted import counted

if TYPE_CHECKING:
    from studio.store.results import ResultRecord

__all__ = ["VIEW", "SolversView"]

OPERATOR = "solver-lab"
COLUMNS = (
    ("", ""),
    ("calls", "How often the network was evaluated for a sample"),
    ("sliced W2", "Distance to real data that were not learned from, ± over the repeats"),
    (
        "to floor",
        "The fewest calls that are as near to the data as real data are: within two spreads of the "
        "floor",
    ),
    (
        "ODE error",
        "Root mean square distance to the end of the ODE from the same noise; a sampler that adds "
        "noise has none",
    ),
    ("ms", "How long all samples took"),
)
WIDE = 600  # logical pixels from which two pictures stand side by side
ROOMY = 920  # logical pixels from which the table has room for its columns beside a picture


class SolversView(FoundView):
    """Shows what the solver lab found; a slider says with how many calls."""

    operator = OPERATOR
    question = "Which sampler, with how many calls?"
    answer = (
        "Samplers of this run are compared, and nothing is trained: how near they come to the data "
        "and to the end of the ODE, from few calls of the network to many."
    )

    def controls(self) -> list[QWidget]:
        self.found: Solved | None = None
        self._at = 0
        self._calls = label("", "strong")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Calls")
        self.slider.setFixedWidth(72)
        self.slider.valueChanged.connect(self._look)
        return [self.slider, self._calls]

    def lay_out(self, page: QWidget) -> None:
        self.distance = LadderPlot("Distance to the data by calls", "sliced W2")
        self.error = LadderPlot("Distance to the end of the ODE by calls", "rms")
        for plot in (self.distance, self.error):
            plot.chosen_at.connect(self._choose)
        self.ways = WaysPlot()
        self.table = FiguresTable("Samplers with these calls", COLUMNS)
        self.table.setMinimumHeight(210)
        self.table.itemSelectionChanged.connect(self._show_ways)
        self.facts = Elided("", "muted")  # the bar has no room for them
        body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(12)
        body.addWidget(self.facts)
        self._lines = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(2)]
        parts: tuple[tuple[QWidget, int], ...] = (
            (self.distance, 1), (self.error, 1), (self.ways, 2), (self.table, 3),
        )  # fmt: skip
        for place, (part, share) in enumerate(parts):
            self._lines[place // 2].addWidget(part, share)
        for line in self._lines:
            line.setSpacing(12)
            body.addLayout(line, 1)

    def take(self, found: "tuple[ResultRecord, Arrays] | None") -> None:
        self.found = None
        if found is not None:
            record, arrays = found
            catalog = self.state.catalog
            titles = {each.slug: each.title for each in catalog.of("sampler")} if catalog else {}
            self.found = Solved.of(arrays, record.config, record.step, titles)
            self.slider.setRange(0, len(self.found.calls) - 1)
            self.slider.setValue(len(self.found.calls) // 2)

    @property
    def filled(self) -> bool:
        return self.found is not None

    def _look(self, place: int) -> None:
        self._at = place
        self.refresh()

    def _choose(self, calls: float) -> None:
        if self.found is not None:
            self.slider.setValue(int(np.abs(np.log(self.found.calls / calls)).argmin()))

    # Showing

    def refresh(self) -> None:
        for control in (self.slider, self._calls):
            control.setEnabled(self.filled)
        super().refresh()

    def draw(self) -> None:
        found = self.found
        assert found is not None
        calls = int(found.calls[self._at])
        self._calls.setText(counted(calls, "call"))
        floor, spread = found.bar
        self.facts.set_text(
            f"{counted(found.samples, 'sample')} of step {found.step:,} · floor "
            f"{words.figure(floor)} ± {words.figure(spread)} · {self._grid(found.grid)}"
        )
        self.distance.show_rungs(self._rungs(found.distance), found.bar, calls)
        self.error.show_rungs(self._rungs(found.error), None, calls)
        self._show_table(found)
        self._show_ways()

    def _grid(self, slug: str) -> str:
        """Say on which levels of noise the samplers stop."""
        if slug == "own":
            return "each sampler on its own grid"
        entry = self.state.catalog.get("operator", OPERATOR) if self.state.catalog else None
        known = [choice for field in (entry.fields if entry else []) for choice in field.choices]
        titles = {str(choice.value): choice.title for choice in known}
        return f"all on the grid {titles.get(slug, slug)}"

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
        rows, lines = found.at(self._at), self.table.chosen
        shown = [rows[line] for line in lines if line < len(rows)]
        shown = shown or [each for each in rows if np.isfinite(each.error)] or rows
        ways = [(each.place, found.ways[each.place, self._at]) for each in shown]
        whose = f"{shown[0].title}, " if lines and len(shown) == 1 else ""
        text = f"{whose}{counted(int(found.calls[self._at]), 'call')}; wide grey: reference"
        self.ways.show()
        self.ways.show_ways(ways, found.reference, found.real, text)

    def _show_table(self, found: Solved) -> None:
        floor, spread = found.bar
        lines, shades = [], []
        for each in found.at(self._at):
            near = each.distance <= floor + SEEN * spread
            enough = f"{each.enough:,}" if each.enough is not None else "none"
            distance = f"{each.distance:.3g} ± {each.spread:.1g}"
            error = f"{each.error:.2g}" if np.isfinite(each.error) else "–"
            took = f"{each.milliseconds:.0f}"
            lines.append((each.title, f"{each.nfe:,}", distance, enough, error, took))
            verdict = colors().good if near else colors().warm
            shades.append({0: ink(each.place).color().name(), 2: verdict})
        self.table.show_lines(lines, shades)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, pictures stand below each other, and the table below them."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        for line, enough in zip(self._lines, (WIDE, ROOMY), strict=True):
            beside = self.width() >= enough
            line.setDirection(direction.LeftToRight if beside else direction.TopToBottom)


def applies(state: AppState) -> bool:
    """Whether the selected run can be sampled by different solvers."""
    return can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="solvers", lens="quality", title="Solvers", order=40, applies=applies, factory=SolversView
)
