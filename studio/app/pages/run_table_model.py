"""The full table of runs as Qt's views see one: groups, and under each its runs."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from PySide6.QtCore import Qt

from studio.app import held, words
from studio.app.run_words import RunWords, say, title_of
from studio.app.shell.line_model import Index, LineModel
from studio.app.state.comparison import QUALITY
from studio.app.state.naming import name_of
from studio.app.state.runs import RunState
from studio.app.state.runtable import Column, Group, Scale, figure_of, in_order, scale_of
from studio.app.state.session import AppState
from studio.app.state.tree import Line, tree
from studio.app.widgets.literal import tip_text
from studio.counted import counted

__all__ = ["AXIS", "COLUMNS", "NAME", "NOTE", "ROW", "TAGS", "Row", "RunTableModel"]

COLUMNS: tuple[tuple[str, Column], ...] = (
    ("Name", "name"), ("Model", "model"), ("Step", "step"), ("Metric", "metric"), ("", "metric"),
    ("Time", "time"), ("Tags", "tags"), ("Note", "note"),
)  # fmt: skip
"""What a column is called, and what a click on it sorts the runs of each group by."""
NAME, METRIC, AXIS, TAGS, NOTE = 0, 3, 4, 6, 7
ROW = Qt.ItemDataRole.UserRole
"""The role under which a line gives its `Row`."""
DASH = "–"
# Made once: Qt asks for them a thousand times when the table is filled.
NOTHING, READ = Qt.ItemFlag.NoItemFlags, Qt.ItemFlag.ItemIsEnabled
CHOSEN = READ | Qt.ItemFlag.ItemIsSelectable
WRITTEN = CHOSEN | Qt.ItemFlag.ItemIsEditable


@dataclass(frozen=True)
class Row:
    """A line: a ``group`` (no ``runs``), a run, or the runs of a race together. ``scale`` is the
    axis of its group.
    """

    group: Group
    scale: Scale | None
    runs: tuple[RunState, ...] = ()
    title: str = ""

    @cached_property
    def run(self) -> RunState | None:
        """The run that the line is of, None for a group or a race."""
        return self.runs[0] if len(self.runs) == 1 and not self.title else None

    @property
    def figure(self) -> tuple[int, float] | None:
        """The newest figure of the run on the group's metric, with its step."""
        return figure_of(self.run, self.group.metric) if self.run is not None else None


class RunTableModel(LineModel):
    """Says nothing until it is asked; ``say`` is called with the key of a run, a column and a text
    that was typed into it.
    """

    def __init__(self, state: AppState, say: Callable[[str, Column, str], None]) -> None:
        super().__init__(len(COLUMNS))
        self._state, self._say = state, say
        self._held: dict[str, Row] = {}
        self._lines_of: dict[str, list[str]] = {}  # keys of lines, by that of their run

    def show(self, groups: Iterable[Group], column: Column, down: bool) -> None:
        """Take groups, with the runs of each in the order of a column; by their numbers, the newest
        first, they are a tree of what came of what.
        """
        lines: list[Line] = []
        rows: dict[str, Row] = {}
        for group in groups:
            head = Row(group, scale_of(group))
            rows[group.key] = head
            below = self._below_group(group, column, down)
            lines.append(Line(group.key, branches=sum(not line.above for line in below)))
            runs = {run.key: run for run in group.runs}
            races: dict[str, list[RunState]] = {}
            for run in group.runs:
                races.setdefault(run.race, []).append(run)
            for line in below:
                key = f"{group.key}\n{line.key}"
                above = f"{group.key}\n{line.above}" if line.above else group.key
                lines.append(Line(key, line.depth + 1, above, line.branches))
                race = tuple(races[line.race]) if line.race else ()
                title = f"Race of {line.branches}" if race else ""
                rows[key] = replace(head, runs=race or (runs[line.key],), title=title)
        self._held, self._lines_of = rows, {}
        for key, row in rows.items():
            if row.run is not None:
                self._lines_of.setdefault(row.run.key, []).append(key)
        if lines == self.lines:
            self.tell_all()
        else:
            self.fill(lines)

    def _below_group(self, group: Group, column: Column, down: bool) -> list[Line]:
        if column == "name" and down:
            return tree(group.runs)
        return [Line(run.key) for run in in_order(group, column, down, self._state.catalog)]

    def row_at(self, index: Index) -> Row | None:
        """Return what a line is of, None for an invalid index."""
        line = self.line_at(index)
        return self._held.get(line.key) if line is not None else None

    def lines_of(self, runs: Sequence[str]) -> list[str]:
        """Return the key of the first line of each run that has one; it may have several."""
        return [self._lines_of[key][0] for key in runs if key in self._lines_of]

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row_at(index)
        if row is None:
            return NOTHING
        if row.run is None:
            return READ
        return WRITTEN if index.column() in (NAME, TAGS, NOTE) else CHOSEN

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        right = section in (2, 3, 5)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.row_at(index)
        if row is None or row.run is None or role != Qt.ItemDataRole.EditRole:
            return False
        self._say(row.run.key, COLUMNS[index.column()][1], str(value))
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        column = index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(row, column)
            case Qt.ItemDataRole.ToolTipRole:
                return tip_text(self._tip(row, column))
            case Qt.ItemDataRole.AccessibleTextRole:
                said = self.words(row) if column == NAME and row.runs else None
                return said.spoken if said is not None else self.text(row, column)
            case Qt.ItemDataRole.EditRole if row.run is not None:
                said_of = row.run.label
                return {NAME: name_of(row.run), TAGS: ", ".join(said_of.tags)}.get(
                    column, said_of.note
                )
            case _:
                return row if role == ROW else None

    def words(self, row: Row) -> RunWords:
        """Return how a run, or a race, is doing."""
        title = row.title or title_of(row.runs[0])
        return say(self._state, row.runs, title)

    def text(self, row: Row, column: int) -> str:
        """Return what a cell says."""
        if not row.runs:
            return self._text_of_group(row.group, column)
        run = row.run
        if column == NAME:
            return self.words(row).text
        if COLUMNS[column][1] == "time":
            seconds = sum(each.seconds for each in row.runs)
            return words.duration(seconds) if seconds else ""
        if run is None or column == AXIS:
            return ""
        match COLUMNS[column][1]:
            case "model":
                catalog = self._state.catalog
                slug = run.spec.family.slug if run.spec is not None else ""
                entry = catalog.get("family", slug) if catalog is not None else None
                return entry.title if entry is not None else slug
            case "step":
                return f"{run.step:,}" if run.step else ""
            case "metric":
                return words.figure(row.figure[1]) if row.figure is not None else self._other(run)
            case "tags":
                return ", ".join(run.label.tags)
            case _:
                return run.label.note

    def _other(self, run: RunState) -> str:
        """Return another figure of a run that lacks that of its group; a dash if it has none."""
        for name, series in run.series.items():
            if name.startswith(QUALITY) and len(series):
                title = self.metric(name.removeprefix(QUALITY))
                return f"{title} {words.figure(float(series.values[-1]))}"
        return DASH

    def metric(self, slug: str) -> str:
        """Return what a metric is called."""
        entry = self._state.catalog.get("metric", slug) if self._state.catalog and slug else None
        return entry.title if entry is not None else words.plain(slug)

    def _text_of_group(self, group: Group, column: int) -> str:
        if column == NAME:
            return group.title
        if column == METRIC:
            return self.metric(group.metric) if group.metric else ""
        if column == NOTE:
            return counted(len(group.runs), "run")
        return ""

    def floor(self, group: Group) -> str:
        """Return what the figures of a group are held against, in a few words."""
        catalog, floors = self._state.catalog, next((r.floors for r in group.runs if r.floors), {})
        entry = catalog.get("metric", group.metric) if catalog is not None else None
        return held.bar(entry, floors, group.metric)

    def _tip(self, row: Row, column: int) -> str:
        if not row.runs:
            parts = [row.group.title, row.group.about, self.text(row, METRIC)]
            return ", ".join(filter(None, [*parts, self.floor(row.group)]))
        if column == METRIC and row.figure is not None:
            step, value = row.figure
            known = words.figure(value) if math.isfinite(value) else "not finite"
            return f"{self.metric(row.group.metric)} {known}, measured at step {step:,}"
        if column == NAME:
            return self.words(row).spoken
        return self.text(row, column)
