"""The quality of a run in numbers: each metric, its newest value and its floor, and with what it
was measured.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import Newest, newest_figure
from pushforward.studio.app.core.metric_values import figures
from pushforward.studio.app.core.run_snapshot import run_at
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Elided, clear, label
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["Qualities", "qualities"]

WIDE, APART = 270, 12  # pixels that a cell wants, and between two


class Qualities(QWidget):
    """Grid of metric cells that follows the training clock."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._rows: list[tuple[str, str, str]] | None = None
        self._lines = 0
        self._across = 1  # cells in a line
        self._cells: list[tuple[QWidget, QWidget, QWidget]] = []
        self._run: RunState | None = None
        self._step: int | None = None
        state.playback.changed.connect(self._clock)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)

    def show_run(self, run: RunState | None) -> None:
        """Show the numbers of a run as they are where the training clock stands."""
        self._run, self._step = run, self._state.playback.step
        run = run_at(run, self._step) if run is not None else None
        rows = qualities(run, self._state) if run is not None else []
        # Room for all figures that will come, so that nothing moves when the first of them do.
        awaited = len(run.spec.metrics) + 1 if run is not None and run.spec is not None else 0
        if (rows, awaited) == (self._rows, self._lines):
            return
        self._rows, self._lines = rows, awaited
        clear(self._grid)
        shown = rows or [("Not evaluated yet", "", "")]
        shown = [*shown, *[("", "", "")] * (awaited - len(shown))]
        self._cells = [
            (Elided(title, "muted"), label(value), label(note, "small", wrap=True))
            for title, value, note in shown
        ]
        self._place()

    def _place(self) -> None:
        """Arrange the cells in as many columns as fit."""
        columns = 3 * self._across
        for i, (title, value, note) in enumerate(self._cells):
            line, column = 2 * (i // self._across), 3 * (i % self._across)
            self._grid.addWidget(title, line, column)
            self._grid.addWidget(value, line, column + 1, Qt.AlignmentFlag.AlignRight)
            # Beside its figure a note would be a column of single words.
            self._grid.addWidget(note, line + 1, column, 1, 2)
        for column in range(max(columns, self._grid.columnCount())):
            inside = column < columns
            self._grid.setColumnStretch(column, int(inside and column % 3 == 0))
            apart = inside and column % 3 == 2 and column < columns - 1
            self._grid.setColumnMinimumWidth(column, APART if apart else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across = max(1, self.width() // WIDE)
        if across != self._across:
            self._across = across
            self._place()

    def _clock(self) -> None:
        if self._state.playback.step != self._step:
            self.show_run(self._run)


def qualities(run: RunState, state: AppState) -> list[tuple[str, str, str]]:
    """Return rows of (metric, newest value, floor), then where and with what they are from."""
    catalog = state.catalog

    def title(name: str) -> str:
        return metric_title(name.removeprefix(QUALITY), catalog)

    def entry(slug: str) -> EntrySpec | None:
        return catalog.get("metric", slug) if catalog is not None else None

    found = [each for each in figures(run, title, entry) if each.slug]
    rows = [
        (each.name, f"{each.value} ({each.between})" if each.between else each.value, each.note)
        for each in found
    ]
    every = [each for row in found if (each := newest_figure(run, row.slug)) is not None]
    newest = max(every, key=lambda each: (each.step, each.asked), default=None)
    if newest is None:
        return []
    how = "Evaluated at" if newest.asked else "Measured at"
    return [*rows, (how, f"step {newest.step:,}", _provenance(run, state, newest))]


def _provenance(run: RunState, state: AppState, found: Newest) -> str:
    """Say with how many samples, and which seed, qualities were measured."""
    entry = draft_spec.entry_of(run.spec, "training", state.catalog) if run.spec else None
    settings = {f.path: f.default for f in (entry.fields if entry else [])}
    settings |= run.spec.training if run.spec else {}
    parts = []
    n, asked = found.n, run.evaluated if found.asked else None
    if n is None and "evaluate_samples" in settings:
        n = int(settings["evaluate_samples"])
    if n is not None:
        parts.append(f"n = {n:,}")
    if asked is not None:
        parts.append(f"seed {asked.seed}")
    elif "seed" in settings:
        parts.append(f"seed {settings['seed']}")
    return ", ".join(parts)
