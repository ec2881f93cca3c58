"""The full table of runs as Qt's views see one: pinned baselines, then groups with their runs."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from PySide6.QtCore import Qt

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_in_unit, name_of
from pushforward.studio.app.core.latest_metrics import figure_of, floors_of, samples_of
from pushforward.studio.app.core.memorisation import memory_of
from pushforward.studio.app.core.run_groups import (
    Column,
    Group,
    Scale,
    data_taken,
    lines_of,
    scale_of,
)
from pushforward.studio.app.core.run_methods import model_title
from pushforward.studio.app.core.run_summary import RunWords, say, title_of
from pushforward.studio.app.core.run_tree import Line
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import origin_said
from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.design.tree_model import Index, LineModel
from pushforward.studio.app.places.runs.table.cell_values import other_figure, spread_of, suffix_of
from pushforward.studio.app.text import metric_reference
from pushforward.studio.app.text import number_format as words
from pushforward.studio.counts import format_count

__all__ = [
    "AXIS",
    "COLUMNS",
    "DATA",
    "MEMORY",
    "METRIC",
    "MODEL",
    "NAME",
    "NOTE",
    "RIGHT",
    "ROW",
    "STEP",
    "TAGS",
    "Row",
    "RunTableModel",
]

COLUMNS: tuple[tuple[str, Column], ...] = (
    ("Name", "name"), ("Model", "model"), ("Data", "data"), ("Step", "step"),
    ("Headline metric", "metric"), ("Against the floor", "metric"), ("Memory", "memory"),
    ("Time", "time"),
    ("Tags", "tags"), ("Note", "note"),
)  # fmt: skip
"""What a column is called, and what a click on it sorts the runs of each group by."""
NAME, MODEL, DATA, STEP, METRIC, AXIS, MEMORY, TIME, TAGS, NOTE = range(10)
RIGHT = {STEP, METRIC, TIME}  # columns of figures
ROW = Qt.ItemDataRole.UserRole
"""The role under which a line gives its `Row`."""
PINNED = "pinned"
ABOVE = 3  # baselines that stand above all groups, those of the newest: others are in theirs alone
# Made once: Qt asks for them a thousand times when the table is filled.
NOTHING, READ = Qt.ItemFlag.NoItemFlags, Qt.ItemFlag.ItemIsEnabled
CHOSEN = READ | Qt.ItemFlag.ItemIsSelectable
WRITTEN = CHOSEN | Qt.ItemFlag.ItemIsEditable


@dataclass(frozen=True)
class Row:
    """A line: a ``group`` (no ``runs``), a run, or the runs of a race together. ``scale`` is the
    axis of its group; a baseline that is ``pinned`` above all groups stands in its own one, too.
    """

    group: Group
    scale: Scale | None
    runs: tuple[RunState, ...] = ()
    title: str = ""
    pinned: bool = False

    @cached_property
    def run(self) -> RunState | None:
        """The run that the line is of, None for a group or a race."""
        return self.runs[0] if len(self.runs) == 1 and not self.title else None

    @property
    def figure(self) -> tuple[int, float] | None:
        """The newest figure of the run on the group's metric, with its step."""
        return figure_of(self.run, self.group.metric) if self.run is not None else None

    @property
    def has_other_count(self) -> bool:
        """Whether the figure is of another number of samples than the axis of its group."""
        return self.run is not None and self.group.has_other_count(self.run)

    @property
    def floor(self) -> tuple[float, tuple[float, float] | None] | None:
        """The floor and the band of the metric; that of the run if ``apart``. None if unknown."""
        group, run = self.group, self.run
        if not self.has_other_count or run is None:
            return (group.floor, group.band) if group.floor is not None else None
        floors, n = floors_of(run, group.metric), samples_of(run, group.metric)
        known = floors.get(group.metric)
        band = metric_reference.band(group.entry, floors, group.metric, n)
        return (known, band) if known is not None else None

    @property
    def stale(self) -> bool:
        """Whether the figure was measured at an earlier step than the run is at."""
        figure = self.figure
        return self.run is not None and figure is not None and figure[0] < self.run.step


class RunTableModel(LineModel):
    """Says nothing until it is asked; ``say`` is called with the key of a run, a column and a text
    that was typed into it.
    """

    def __init__(self, state: AppState, say: Callable[[str, Column, str], None]) -> None:
        super().__init__(len(COLUMNS))
        self._state, self._say = state, say
        self._held: dict[str, Row] = {}
        self._lines_of: dict[str, list[str]] = {}  # keys of lines, by that of their run
        self._suffixes: dict[str, str] = {}  # by run, until the table is filled anew

    def show(self, groups: Iterable[Group], column: Column, down: bool, as_tree: bool) -> None:
        """Take groups, with the runs of each in the order of a column, as a tree or without."""
        lines: list[Line] = []
        pinned: list[Line] = []
        rows: dict[str, Row] = {}
        for group in groups:
            head = Row(group, scale_of(group))
            if group.baseline is not None:
                line = Line(f"{PINNED}\n{group.baseline.key}")
                if line.key not in rows and len(pinned) < ABOVE:
                    pinned.append(line)
                    rows[line.key] = replace(head, runs=(group.baseline,), pinned=True)
            rows[group.key] = head
            below = lines_of(group, column, down, as_tree, self._state.catalog)
            lines.append(Line(group.key, branches=sum(not line.above for line in below)))
            lines += self._under(head, below, rows)
        self._held, self._lines_of, self._suffixes = rows, {}, {}
        for key, row in rows.items():
            if row.run is not None and not row.pinned:
                self._lines_of.setdefault(row.run.key, []).append(key)
        lines = [*pinned, *lines]
        if lines == self.lines:
            self.tell_all()
        else:
            self.fill(lines)

    def _under(self, head: Row, below: Sequence[Line], rows: dict[str, Row]) -> list[Line]:
        """Return the lines of a group's runs, and put what is in them into ``rows``."""
        group, made = head.group, list[Line]()
        runs = {run.key: run for run in group.runs}
        races: dict[str, list[RunState]] = {}
        for run in group.runs:
            races.setdefault(run.race, []).append(run)
        for line in below:
            key = f"{group.key}\n{line.key}"
            above = f"{group.key}\n{line.above}" if line.above else group.key
            made.append(Line(key, line.depth + 1, above, line.branches))
            race = tuple(races[line.race]) if line.race else ()
            title = f"Race of {line.branches}" if race else ""
            rows[key] = replace(head, runs=race or (runs[line.key],), title=title)
        return made

    def row_at(self, index: Index) -> Row | None:
        """Return what a line is of, None for an invalid index."""
        line = self.line_at(index)
        return self._held.get(line.key) if line is not None else None

    @property
    def rows(self) -> list[Row]:
        """What all lines are of, from top to bottom, also those that a closed one hides."""
        return [self._held[line.key] for line in self.lines]

    def tell_run(self, key: str) -> None:
        """Say that what the lines of a run say has changed."""
        for line in (f"{PINNED}\n{key}", *self._lines_of.get(key, ())):
            self.tell(line)

    def lines_of(self, runs: Sequence[str]) -> list[str]:
        """Return the key of the first line of each run that has one."""
        return [self._lines_of[key][0] for key in runs if key in self._lines_of]

    def all_lines_of(self, runs: Sequence[str]) -> list[str]:
        """Return the keys of all lines of runs in their groups: with several tags a run has one in
        the group of each.
        """
        return [line for key in runs for line in self._lines_of.get(key, ())]

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
        return COLUMNS[section][0] if role == Qt.ItemDataRole.DisplayRole else None

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
                tags = ", ".join(said_of.tags)
                return {NAME: name_of(row.run), TAGS: tags}.get(column, said_of.note)
            case _:
                return row if role == ROW else None

    # What cells say

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
        if column == TIME:
            seconds = sum(each.seconds for each in row.runs)
            return words.duration(seconds) if seconds else ""
        if run is None or column == AXIS:
            return ""
        match COLUMNS[column][1]:
            case "model":
                return model_title(run, self._state.catalog)
            case "data":
                return data_taken(run, self._state.catalog)
            case "step":
                return f"{run.step:,}" if run.step else ""
            case "metric":
                return " ".join(filter(None, self.figure(row)))
            case "memory":
                memory = memory_of(run, self._state.catalog)
                return memory.short if memory is not None else ""
            case "tags":
                return ", ".join(run.label.tags)
            case _:
                return run.label.note

    def figure(self, row: Row) -> tuple[str, str]:
        """Return the figure of a run, and its metric if that is not the one of its group."""
        if row.run is None:
            return "", ""
        if row.figure is not None:
            return words.figure(row.figure[1]), ""
        return other_figure(row.run, self._state.catalog)

    def spread(self, row: Row) -> str:
        """Return the standard deviation of a value, "±0.4", "" if unknown."""
        if row.run is None or row.figure is None:
            return ""
        return spread_of(row.run, row.group.metric)

    def suffix(self, row: Row) -> str:
        """Return what follows the name of a run: that it is the baseline, where it left another."""
        run = row.run
        if run is None:
            return ""
        if run.key not in self._suffixes:
            self._suffixes[run.key] = suffix_of(run, self._state)
        return self._suffixes[run.key]

    def metric(self, group: Group) -> str:
        """Return what the metric of a group is called, "" if it has none."""
        return metric_in_unit(group.metric, self._state.catalog)

    def _text_of_group(self, group: Group, column: int) -> str:
        if column == NAME:
            return group.title
        if column == METRIC:
            return self.metric(group)
        return format_count(len(group.runs), "run") if column == NOTE else ""

    def floor(self, group: Group) -> str:
        """Return the reference of a group's metric in a few words."""
        return metric_reference.bar(group.entry, group.floors, group.metric)

    def _tip(self, row: Row, column: int) -> str:
        if not row.runs:
            return self._tip_of_group(row.group, column)
        if column in (METRIC, AXIS) and row.figure is not None:
            step, value = row.figure
            known = words.figure(value) if math.isfinite(value) else "not finite"
            n = samples_of(row.run, row.group.metric) if row.run is not None else None
            of = f" with n = {n:,}" if n is not None else ""
            at = f"measured at step {step:,}{of}" + (", not since" if row.stale else "")
            return "\n".join(
                filter(None, [f"{self.metric(row.group)} {known}, {at}", *self._against(row)])
            )
        if column == MEMORY and row.run is not None:
            memory = memory_of(row.run, self._state.catalog)
            return f"{memory.text}\nStep {memory.step:,}" if memory is not None else ""
        if column == NAME:
            from_ = origin_said(row.run) if row.run is not None else ""
            model = self.text(row, MODEL)
            return "\n".join(filter(None, [self.words(row).spoken, model, from_]))
        return self.text(row, column)

    def _tip_of_group(self, group: Group, column: int) -> str:
        of = f"n = {group.n:,}" if group.n is not None else ""
        parts = [group.title, group.about, self.metric(group), self.floor(group), of]
        said = ", ".join(filter(None, parts))
        rule = metric_reference.explained(group.entry) if column in (METRIC, AXIS) else ""
        return "\n".join(filter(None, [said, rule]))

    def _against(self, row: Row) -> list[str]:
        """Return the floor for the number of samples of a run's metric."""
        group, run = row.group, row.run
        floors = floors_of(run, group.metric) if run is not None else {}
        floor = metric_reference.bar(group.entry, floors, group.metric)
        if not row.has_other_count or group.n is None:
            return [floor or self.floor(group)]
        axis = f"The axis is for n = {group.n:,}. Pale band: noise floor of this value."
        return [f"its own {floor}" if floor else "", axis]
