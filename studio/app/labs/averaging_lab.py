"""Quality, length by length: one trained model with its weights averaged over shorter and longer
times.
"""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.cost_chart import LadderPlot, Rung
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.operator_settings import keeps_lengths
from pushforward.studio.app.data.views.lab import Finding, Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.design.basic import button, column, icon_button, label, row
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.labs.cost_card import LadderCard
from pushforward.studio.app.text import number_format
from pushforward.studio.figures import short
from pushforward.studio.protocol.messages import GENERATE

__all__ = ["VIEW", "LengthsView"]

LAB = Lab(
    operator="averaging-lengths",
    result="own",
    preview={"n": 64, "repeats": 1, "lengths": [0.05, 0.1, 0.2]},
    samples="n",
)
LINES, OWN = "averaged over a length", "the run's own average"
BARS = "Bars: how much the difference from the run's own average varies over the repeats."
FAR = 3.0  # times what lengths differ by
TOLD = 0.001  # an average that is nearer to the one asked for needs no word


class LengthsView(LabView):
    """Shows what was measured; the length that is chosen in the picture or in the table is what new
    samples are drawn with.
    """

    lab = LAB

    def __init__(self, state: AppState, actions: Actions) -> None:
        self.length: float | None = None  # that is chosen; None for the run's own
        super().__init__(state, actions)

    def lay_out(self, page: QWidget) -> None:
        self.picture = LadderPlot(
            "Distance to the data by length", "", "averaging length, of the training", "length"
        )
        self.picture.chosen_at.connect(self._choose)
        self.card = LadderCard(self.picture, self._state)
        self.key = LineKey()
        self.table = Table("Lengths", _columns("distance"))
        self.table.selection_changed.connect(self._look)
        tip = "Generate samples with the weights of the chosen EMA length"
        self.draw_with = button("Draw samples…", self._draw_samples, tip=tip)
        body = column(self.key, parent=page, gap=10, margins=(16, 10, 16, 12))
        export = icon_button("export", "Export picture: PNG, SVG or PDF", self.ask_export)
        body.addWidget(self.card, 1)
        bars = row((label(BARS, "small", wrap=True), 1), self.draw_with, export, gap=12)
        body.addLayout(bars)
        body.addWidget(self.table)
        body.addWidget(self.note)

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        self.length = None

    def draw(self) -> None:
        figure = self._figure
        lengths, distance = self.doubles("lengths"), self.doubles("distance")
        own, floor = self.doubles("own"), self.doubles("floor")
        self.picture.show_metric(f"{figure} by length", figure)
        rungs = [
            Rung(0, LINES, lengths, distance.mean(axis=1), _spread(distance - own)),
            Rung(1, OWN, lengths, np.full(len(lengths), own.mean()), np.zeros(len(lengths))),
        ]
        self.picture.show_rungs(rungs, self._bar, self.length)
        self.key.show_names(self.picture.key)
        self.table.set_columns(_columns(figure))
        lines = [
            (
                f"{length:g}",
                number_format.figure(values.mean()),
                _format_values(values - own),
                _within(gap),
            )
            for length, values, gap in zip(lengths, distance, self.doubles("off"), strict=True)
        ]
        lines += [
            (name, number_format.figure(values.mean()), "", "")
            for name, values in ((OWN, own), ("floor", floor))
        ]
        chosen = self.length  # which other lines would forget
        self.table.show_rows(lines)
        self.table.fit()
        if chosen is not None:
            self._choose(chosen)

    @property
    def _figure(self) -> str:
        """What the distance is, in words."""
        slug = str((self.config.get("figure") or {}).get("slug", ""))
        catalog = self._state.catalog
        entry = catalog.get("metric", slug) if catalog is not None else None
        return entry.title if entry is not None else number_format.plain(slug)

    @property
    def _bar(self) -> tuple[float, float] | None:
        """The floor with its spread for the plot; None if it is so far below that it would hide the
        differences: then only the table has it.
        """
        floor, own = self.doubles("floor"), self.doubles("own").mean()
        low, spread = float(floor.mean()), float(_spread(floor))
        means = np.append(self.doubles("distance").mean(axis=1), own)
        far = means.min() - (low + 2 * spread) > FAR * np.ptp(means)
        return None if far else (low, spread)

    def export_picture(self) -> Picture:
        """Return the figure for paper."""
        return self.card.export_picture()

    def _look(self) -> None:
        if self.filled:
            chosen, lengths = self.table.selected_rows, self.doubles("lengths")
            known = chosen and chosen[0] < len(lengths)
            self.length = round(float(lengths[chosen[0]]), 6) if known else None
            self.picture.show_rungs(self.picture.rungs, self._bar, self.length)

    def _choose(self, length: float) -> None:
        self.table.selectRow(int(np.abs(np.log(self.doubles("lengths") / length)).argmin()))

    def _draw_samples(self) -> None:
        asked = self._state.asked
        before = asked.get((self._key, GENERATE), {})
        asked[self._key, GENERATE] = {**before, "weights": {"length": self.length}}
        self._actions.operating.open(self._key, GENERATE)


def _spread(values: Any) -> Any:
    """Return how far the repeats, along the last axis, vary; 0 for one."""
    return values.std(axis=-1, ddof=1) if values.shape[-1] > 1 else np.zeros(values.shape[:-1])


def _format_values(values: Any) -> str:
    return f"{values.mean():+.2g} ± {short(float(_spread(values)), 1)}"


def _within(gap: float) -> str:
    return number_format.percent(gap, 1) if gap > TOLD else "exactly"


def _columns(figure: str) -> tuple[Column, ...]:
    """Return the columns of the table, each with what it means."""
    return (
        Column("", "Deviation of the average, over the steps that were done"),
        Column(figure, "Distance to real data that were not learned from"),
        Column(
            "beside the own", "How much further than that of the run's own average, ± over repeats"
        ),
        Column("made to within", "How far the density of this average is from that of the length"),
    )


VIEW = LAB.view(
    LengthsView, id="lengths", lens="quality", title="Lengths", order=42,
    applies=lambda state: keeps_lengths(state.runs.current),
)  # fmt: skip
