"""What differs between the selected runs of the table, and what can be done with them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.charts.run_badge import MARKED, SIDE, badge_icon
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_in_unit, number
from pushforward.studio.app.core.latest_metrics import figure_of, first_metric
from pushforward.studio.app.core.run_differences import NONE, Differing, differing
from pushforward.studio.app.core.run_summary import title_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Elided, button, column, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.row_paint import HEIGHT
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.text import number_format

__all__ = ["RunStrip", "StripActions"]

LEAST, AMPLE = 280, 720  # pixels: of the strip, and from which there is room for its title
ROOM, WIDEST = 14, 170  # pixels: what the style takes of a cell, and what no column goes beyond
RUN = "Run"
Columns = list[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class StripActions:
    """What is done with the selected runs."""

    tag: Callable[[], None]
    pin: Callable[[], None]
    copy: Callable[[], None]
    compare: Callable[[], None]


class RunStrip(QFrame):
    """Appears from two selected runs on."""

    def __init__(self, state: AppState, actions: StripActions) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setProperty("rule", "top")
        self.setAccessibleName("Selected runs")
        self._title = label("Only what differs", "heading")
        self.said = Elided("", "muted")
        self.pin = button("Pin as baseline", actions.pin)
        self.compare = button("Compare", actions.compare, kind="primary")
        self.table = _table()
        self._numbers: list[str] = []  # of the runs, on their badges
        head = row(
            self._title,
            (self.said, 1),
            button("Tag…", actions.tag),
            self.pin,
            button("Copy as commands", actions.copy),
            self.compare,
        )
        column(head, self.table, parent=self, gap=2, margins=(16, 8, 16, 4))
        self.setMinimumWidth(LEAST)
        self.hide()
        theme.changed.connect(self._recolour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._title.setVisible(self.width() >= AMPLE)

    def _recolour(self) -> None:
        for line, number_of_run in enumerate(self._numbers):
            if (item := self.table.cell(line, 0)) is not None:
                item.setIcon(badge_icon(line, number_of_run))

    def show_runs(self, runs: list[RunState]) -> None:
        """Show the settings in which runs differ, of the first few; hide where there is one."""
        self.setVisible(len(runs) > 1)
        if len(runs) < 2:
            return
        found = differing(runs, self._state.catalog)
        why = run_comparison.why_not(runs, self._state.catalog)
        rest = "the rest is equal" if found.rows else "all equal"
        same = why or "Same data: comparable."
        if len(runs) > MARKED:
            same += f" The first {MARKED} of {len(runs):,} are shown."
        self.said.set_text(f"{len(found.rows)} of {found.all} settings; {rest}. {same}")
        self.compare.setText(f"Compare {len(runs):,}")
        self.compare.setEnabled(not why)
        set_tip(self.compare, why or "Compare side by side")
        first = runs[0]
        self.pin.setEnabled(not first.label.baseline)
        tip = "is already the baseline of its data" if first.label.baseline else "is pinned"
        set_tip(self.pin, f"{title_of(first)} {tip}")
        self._fill(runs[:MARKED], self._columns(runs[:MARKED], found))

    def _columns(self, runs: list[RunState], found: Differing) -> Columns:
        """Return the titles of the columns with their values: the settings that all runs have, what
        it came to, then those that only some of them have, which may be many.
        """
        # They are those in which all selected runs differ; the values are of the first few.
        rows = [(title, values[: len(runs)]) for title, values in found.rows]
        shared = [each for each in rows if NONE not in each[1]]
        columns: Columns = [(RUN, tuple(title_of(run) for run in runs)), *shared]
        metrics = {first_metric(run) for run in runs if first_metric(run)}
        for metric in sorted(metrics):
            figures = [figure_of(run, metric) for run in runs]
            values = [NONE if each is None else number_format.figure(each[1]) for each in figures]
            columns.append((metric_in_unit(metric, self._state.catalog), tuple(values)))
        times = tuple(number_format.duration(run.seconds) if run.seconds else "" for run in runs)
        return [*columns, ("Time", times), *(each for each in rows if each not in shared)]

    def _fill(self, runs: list[RunState], columns: Columns) -> None:
        self._numbers = [number(run.name) for run in runs]
        self.table.set_columns([Column(t, t, _side(t, values)) for t, values in columns])
        self.table.show_rows(list(zip(*(values for _, values in columns), strict=True)))
        for place, (_, values) in enumerate(columns):
            for line, value in enumerate(values):
                if (item := self.table.cell(line, place)) is not None:
                    set_tip(item, value)
        self._recolour()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(header.ResizeMode.Interactive)
        for place in range(len(columns)):
            wide = self.table.sizeHintForColumn(place) + ROOM
            wide = max(wide, header.sectionSizeHint(place))
            header.resizeSection(place, min(wide, WIDEST if place else 2 * WIDEST))
        self.table.fit()


def _side(title: str, values: Sequence[str]) -> Qt.AlignmentFlag:
    """Return the side of a column: numbers stand at the right."""
    numbers = title != RUN and all(not v or v[0].isdigit() or v == NONE for v in values)
    return Qt.AlignmentFlag.AlignRight if numbers else Qt.AlignmentFlag.AlignLeft


def _table() -> Table:
    table = Table("Only what differs", (), selectable=False)
    table.setProperty("role", "bare")
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setIconSize(QSize(SIDE, SIDE))
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setHorizontalScrollMode(Table.ScrollMode.ScrollPerPixel)
    table.setMinimumWidth(0)
    table.verticalHeader().setDefaultSectionSize(HEIGHT)
    return table
