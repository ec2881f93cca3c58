"""What several runs came to and in what they differ, a column a run: the verdict on each and its
figure, what that took, and the settings that are not the same.
"""

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from pushforward.studio.app.charts.run_badge import Badge
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import measure_title, told_apart
from pushforward.studio.app.core.display_names import metric_title, name_of, number
from pushforward.studio.app.core.latest_metrics import floors_of, newest_figure, samples_of
from pushforward.studio.app.core.memorisation import Memory, memory_row
from pushforward.studio.app.core.run_differences import differing
from pushforward.studio.app.core.run_verdict import Verdict, verdicts_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import (
    Elided,
    clear,
    column,
    label,
    row,
    scrolled,
    separator,
)
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.figures import short
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["Finals", "short_count"]

NONE = "–"
TITLES, COLUMN, WIDEST = 124, 122, 490  # pixels: of the titles, of a run, of all at least
LONG = 10  # letters of a word of a name that has no room beside a badge
NAMES = 104  # pixels that a title has at most: what is told of the runs needs the room
Line = tuple[str, tuple[str, ...]]
Name = tuple[str, str, str]
"""Of a run: what tells it from the others, all of it, and its number."""


def short_count(n: int) -> str:
    """Return a large number in three digits: "33.5 k", "1.2 M"."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if n >= size:
            return f"{short(n / size, 3)}{unit}"
    return str(n)


class Finals(QWidget):
    """A table without ranks: whether one of two is better than the other, their verdicts say."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._shown: object = None
        self._lines: list[Line] = []
        self._cells: list[tuple[Elided, list[QLabel]]] = []
        self._caption = label("", "small", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnMinimumWidth(0, 92)
        self._page = page = QWidget()
        self._whole = False
        column(self._grid, self._caption, None, parent=page, margins=(12, 10, 12, 8))
        column(scrolled(page), parent=self)

    @property
    def lines(self) -> list[Line]:
        """Return the rows below the verdicts: a title, and the value of each run."""
        return self._lines

    def show_runs(self, runs: list[RunState], measure: str) -> None:
        """Show the runs as they are now, by a measure."""
        slug = measure.removeprefix(QUALITY) if measure.startswith(QUALITY) else ""
        verdicts: list[Verdict | None] = [None] * len(runs)
        if slug:
            verdicts = verdicts_of(runs, self._state.catalog, slug)
        lines = [_value(runs, measure, self._state), *_memory(runs, slug, self._state)]
        lines += [line for line in self._took(runs) if len(set(line[1])) > 1]
        lines += differing(runs, self._state.catalog).rows
        names = [
            (apart, name_of(run), number(run.name))
            for apart, run in zip(told_apart(runs), runs, strict=True)
        ]
        self._lines = lines
        shown = (names, verdicts, [title for title, _ in lines])
        if shown != self._shown:
            self._shown = shown
            self._build(names, verdicts, lines)
        for (title, values), (name, cells) in zip(lines, self._cells, strict=True):
            name.setAccessibleName(f"{title}: {', '.join(values)}")
            for cell, value in zip(cells, values, strict=True):
                cell.setText(value)
        self._caption.setText(self._floor(runs, slug))
        set_tip(self._caption, metric_reference.explained(self._entry(slug)))
        self._fit()

    def show_whole(self, on: bool) -> None:
        """Be as high as all lines, for who scrolls what is around it; else scroll itself."""
        self._whole = on
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        layout = self._page.layout()
        high = layout.totalHeightForWidth(self.width()) if self._whole and layout else 0
        self.setMinimumHeight(max(0, high))

    def _build(self, names: list[Name], verdicts: list[Verdict | None], lines: list[Line]) -> None:
        clear(self._grid)
        self.setMinimumWidth(min(WIDEST, TITLES + COLUMN * len(names)))
        for place in range(1, max(self._grid.columnCount(), len(names) + 1)):
            self._grid.setColumnStretch(place, int(place <= len(names)))  # of more before, none
        self._head(names)
        at = self._judge(verdicts, 1)
        self._cells = []
        for line, (title, values) in enumerate(lines, at):
            name = Elided(title, "muted")
            name.setMaximumWidth(NAMES)
            cells = [label(wrap=True) for _ in values]
            self._grid.addWidget(name, line, 0)
            for place, cell in enumerate(cells, 1):
                self._grid.addWidget(cell, line, place)
            self._cells.append((name, cells))

    def _head(self, names: list[Name]) -> None:
        """Head the columns with what tells the runs apart, on as many lines as that needs."""
        self._grid.addWidget(label("What differs", "small"), 0, 0)
        parts = (word for apart, *_ in names for word in re.split(r"(?<=[-_ ])", apart))
        above = len(names) > 2 or max(map(len, parts), default=0) > LONG
        for place, (apart, name, badge) in enumerate(names):
            head = QWidget()
            said = label(apart, "strong", wrap=True)
            said.setAccessibleName(name)
            set_tip(said, name if apart != name else "")
            if above:  # each name has the whole width of its column
                head.setLayout(column(Badge(place, badge), said, gap=2))
            else:
                row(Badge(place, badge), (said, 1), parent=head, gap=6)
            self._grid.addWidget(head, 0, place + 1)

    def _judge(self, verdicts: list[Verdict | None], at: int) -> int:
        """Write the verdicts, where there are any; return the line after them."""
        if not any(each is not None and each.words for each in verdicts):
            return at
        self._grid.addWidget(separator(), at, 0, 1, len(verdicts) + 1)
        self._grid.addWidget(label("Verdict", "muted"), at + 1, 0, Qt.AlignmentFlag.AlignTop)
        for place, each in enumerate(verdicts):
            words_ = each.words if each is not None else "not measured yet"
            level = each.level if each is not None else ""
            said = column(label(words_, level or "muted", wrap=True), gap=2)
            if each is not None and each.shared:
                said.addWidget(label(each.shared, "small", wrap=True))
            cell = QWidget()
            cell.setLayout(said)
            self._grid.addWidget(cell, at + 1, place + 1, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(separator(), at + 2, 0, 1, len(verdicts) + 1)
        return at + 3

    def _took(self, runs: list[RunState]) -> list[Line]:
        """Return what the runs took: time, steps, parameters, evaluations of a sample."""
        calls = [run_comparison.nfe(run) for run in runs]
        return [
            (
                "Time",
                tuple(number_format.duration(run.seconds) if run.seconds else NONE for run in runs),
            ),
            ("Steps done", tuple(f"{run.step:,}" for run in runs)),
            (
                "Parameters",
                tuple(NONE if r.parameters is None else short_count(r.parameters) for r in runs),
            ),
            ("Evaluations", tuple(NONE if n is None else f"{n} a sample" for n in calls)),
        ]

    def _floor(self, runs: list[RunState], slug: str) -> str:
        """Return the reference of the values with its method: a floor for each number of
        samples.
        """
        known = [run for run in runs if slug in floors_of(run, slug)]
        if not slug or not known:
            return ""
        catalog, entry = self._state.catalog, self._entry(slug)
        floors: dict[int | None, str] = {}
        for run in known:
            floors.setdefault(
                samples_of(run, slug), number_format.floor(floors_of(run, slug), slug)
            )
        seed = run_comparison.training_value(runs[0].spec, "seed", catalog)
        word, is_floor = (
            metric_reference.bar_name(entry).capitalize(),
            metric_reference.bar_word(entry) == metric_reference.FLOOR,
        )
        what = entry.bar if entry is not None and not is_floor else "data against data"
        better = metric_reference.side(entry)
        if len(floors) > 1:
            each = [f"{floors[n]} at n = {n:,}" if n else floors[n] for n in floors]
            told = f"{word} {' and '.join(each)} ({what}, seed {seed})"
            apart = "values with different n cannot be compared"
            return "; ".join(filter(None, [told, better, apart])) + "."
        (n,) = floors
        n = n or run_comparison.training_value(runs[0].spec, "evaluate_samples", catalog)
        told = (
            f"{word} {floors.popitem()[1]} ({what}{f', {n:,} samples' if n else ''}, seed {seed})"
        )
        return f"{told}; {better}." if better else f"{told}."

    def _entry(self, slug: str) -> EntrySpec | None:
        return self._state.catalog.get("metric", slug) if self._state.catalog and slug else None


def _value(runs: list[RunState], measure: str, state: AppState) -> Line:
    """Return the newest value of a measure of each run, with of how many samples it is where they
    are not all of as many.
    """
    slug = measure.removeprefix(QUALITY) if measure.startswith(QUALITY) else ""
    counts = [samples_of(run, slug) if slug else None for run in runs]
    mixed = len(set(filter(None, counts))) > 1
    entry = state.catalog.get("metric", slug) if state.catalog is not None and slug else None
    found = []
    for run, n in zip(runs, counts, strict=True):
        value = _newest(run, measure, entry)
        found.append(f"{value} (n\u00a0=\u00a0{n:,})" if mixed and n else value)
    title = metric_title(slug, state.catalog) if slug else measure_title(measure, state, runs)
    return (title if measure else "Value", tuple(found))


def _memory(runs: list[RunState], slug: str, state: AppState) -> list[Line]:
    """Return whether samples are copies of training data, where it is known of a run and the value
    above is another one.
    """
    title, found = memory_row(runs, state.catalog)
    known = [each for each in found if each is not None]
    if not known or all(each.slug == slug for each in known):
        return []
    return [(title, tuple(_short(each) for each in found))]


def _short(found: Memory | None) -> str:
    return ", ".join(filter(None, (found.short, found.floor))) if found is not None else NONE


def _newest(run: RunState, measure: str, entry: EntrySpec | None) -> str:
    """Return the newest value of a measure of a run in its unit."""
    if measure.startswith(QUALITY):
        found = newest_figure(run, measure.removeprefix(QUALITY))
        return metric_reference.measured(entry, found.value) if found is not None else NONE
    series = run.series.get(measure)
    some = series is not None and len(series) > 0
    return number_format.figure(float(series.values[-1])) if series is not None and some else NONE
