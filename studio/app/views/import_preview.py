"""The import dialog: what is in a file, which columns to take, and why it may not be taken yet.

It only shows what the engine found; nothing is read here. A dialog, opened with ``open()``.
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app.actions import Actions
from studio.app.plots.canvas import ParticleCanvas
from studio.app.plots.style import CanvasStyle
from studio.app.plots.ticks import number
from studio.app.plots.timeline import Timeline
from studio.app.state.session import AppState
from studio.app.theme import colors, theme
from studio.app.widgets.basic import button, label, row, section
from studio.app.widgets.literal import set_tip, set_title
from studio.formats.base import Column, Inspection, Item
from studio.literal import one_line

__all__ = ["ImportDialog", "file_size", "reasons", "suggested_name"]

HEADERS = ("Take", "Column", "Kind", "Values", "Missing", "Lowest", "Highest", "Mean", "Std")
FEWEST = 10


def file_size(count: int) -> str:
    """Write a number of bytes for people."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def suggested_name(file: str, taken: list[str]) -> str:
    """Return a free name for a data set, made from the file's."""
    words = "".join(c if c.isalnum() else "-" for c in Path(file).stem.lower())
    base = "-".join(part for part in words.split("-") if part)[:40] or "data"
    name, n = base, 2
    while name in taken:
        name, n = f"{base}-{n}", n + 1
    return name


def reasons(item: Item | None, chosen: list[Column], name: str, taken: list[str]) -> list[str]:
    """Return why the import cannot start, with what to do, in the order of the dialog."""
    if item is None:
        return ["There is nothing in this file that can be imported."]
    found = []
    if len(chosen) < 2:
        found.append("Choose at least two columns of numbers: points need two coordinates.")
    for column in chosen:
        if column.kind != "number":
            kinds = {"text": "holds text", "empty": "is empty"}
            words = kinds.get(column.kind, "is not all numbers")
            found.append(f"Column {column.name} {words}{_first(column)}: leave it out.")
        elif column.nan:
            cells = "cell is" if column.nan == 1 else "cells are"
            found.append(
                f"Column {column.name}: {column.nan:,} {cells} missing or not a number"
                f"{_first(column)}. Fill or remove those rows in the file, or leave it out."
            )
    if item.rows < FEWEST:
        found.append(f"There are {item.rows:,} rows; a model needs at least {FEWEST}.")
    if not name:
        found.append("Give the data set a name.")
    elif name in taken:
        found.append(f"A data set called {name} is already in the project: choose another name.")
    elif not all(c.isalnum() or c in "-_. " for c in name) or name[0] in ". ":
        found.append("The name may hold letters, figures, spaces, hyphens and underscores.")
    return found


def _first(column: Column) -> str:
    return f" (first: {column.problem})" if column.problem else ""


class ImportDialog(QDialog):
    """Preview, columns, standardisation, statistics, refusals, name.

    Signals:
        imported: the name under which the import was started.
    """

    imported = Signal(str)

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        file: str,
        found: Any,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._file = actions, file
        self._taken = [data.name for data in state.datasets]
        self._found = msgspec.convert(found, Inspection)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        set_title(self, f"Import {Path(file).name}")
        self._items = QComboBox()
        self._items.setAccessibleName("Table in the file")
        self._columns = QTableWidget()
        self._preview = QTableWidget()
        self.scatter = ParticleCanvas()
        self._scaling = label("", "muted", wrap=True)
        self._why = label("", "danger", wrap=True)
        self._notes = label("", "muted", wrap=True)
        self.name = QLineEdit(suggested_name(file, self._taken))
        self.name.setAccessibleName("Name of the data set")
        self.accept_button = button("Import", self._import, kind="primary")
        self._lay_out()
        self._items.currentIndexChanged.connect(self._show_item)
        self._columns.itemChanged.connect(self._check)
        self.name.textChanged.connect(self._check)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._fill_items()
        self.resize(920, 660)

    def _lay_out(self) -> None:
        found = self._found
        facts = f"{found.format.upper()}, {file_size(found.bytes)}"
        head = row(
            label(Path(self._file).name, "heading"), label(facts, "muted"), None, self._items
        )
        for table, name in ((self._columns, "Columns"), (self._preview, "First rows")):
            table.setMinimumHeight(64)
            table.setAccessibleName(name)
            table.verticalHeader().setVisible(False)
            table.verticalHeader().setDefaultSectionSize(26)
            table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
            table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.scatter.setMinimumSize(260, 160)
        self.scatter.setAccessibleName("Scatter of the first two chosen columns")
        lower = QHBoxLayout()
        lower.setSpacing(12)
        lower.addWidget(self._preview, 1)
        lower.addWidget(self.scatter, 1)
        cancel = button("Cancel", self.reject)
        foot = row(label("Name"), self.name, None, cancel, self.accept_button)
        self.name.setFixedWidth(260)
        body = QVBoxLayout(self)
        body.setContentsMargins(16, 16, 16, 16)
        body.setSpacing(8)
        body.addLayout(head)
        body.addWidget(section("Columns"))
        body.addWidget(self._columns, 3)
        body.addWidget(self._scaling)
        body.addWidget(section("First rows"))
        body.addLayout(lower, 4)
        for words in (self._notes, self._why):
            body.addWidget(words)
        for words in (self._scaling, self._notes, self._why):
            words.setMinimumWidth(560)  # or a wrapped text asks for the height of a narrow one
        body.addLayout(foot)

    # Items and columns

    def _fill_items(self) -> None:
        for item in self._found.items:
            self._items.addItem(f"{one_line(item.name or 'table')} ({item.rows:,} rows)", item.name)
        self._items.setVisible(len(self._found.items) > 1)
        good = next((i for i, x in enumerate(self._found.items) if not x.problems), 0)
        if self._found.items:
            self._items.setCurrentIndex(good)
        self._show_item()

    @property
    def item(self) -> Item | None:
        """The table chosen, if the file has any."""
        index = self._items.currentIndex()
        return self._found.items[index] if 0 <= index < len(self._found.items) else None

    def chosen(self) -> list[int]:
        """Return the indices of the columns that are ticked."""
        ticks = (self._columns.item(i, 0) for i in range(self._columns.rowCount()))
        on = Qt.CheckState.Checked
        return [i for i, tick in enumerate(ticks) if tick is not None and tick.checkState() == on]

    def _show_item(self, _index: int = 0) -> None:
        item = self.item
        columns = item.columns if item else []
        self._columns.blockSignals(True)
        self._columns.setColumnCount(len(HEADERS))
        self._columns.setHorizontalHeaderLabels(list(HEADERS))
        self._columns.setRowCount(len(columns))
        for i, column in enumerate(columns):
            self._fill_column(i, column)
        header = self._columns.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._columns.setMaximumHeight(38 + 26 * min(7, max(1, len(columns))))
        self._columns.blockSignals(False)
        self._fill_preview(item)
        self._check()

    def _fill_column(self, i: int, column: Column) -> None:
        tick = QTableWidgetItem()
        tick.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
        good = column.kind == "number" and not column.nan
        tick.setCheckState(Qt.CheckState.Checked if good else Qt.CheckState.Unchecked)
        tick.setData(Qt.ItemDataRole.AccessibleTextRole, f"Take {column.name}")
        self._columns.setItem(i, 0, tick)
        values = (column.minimum, column.maximum, column.mean, column.std)
        cells = [column.name, column.kind, f"{column.count:,}", f"{column.nan:,}"]
        cells += ["" if value is None else number(value) for value in values]
        for j, text in enumerate(cells, start=1):
            cell = QTableWidgetItem(one_line(text))
            if j > 2:
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if column.problem:
                set_tip(cell, column.problem)
            self._columns.setItem(i, j, cell)

    def _fill_preview(self, item: Item | None) -> None:
        rows = item.preview if item else []
        columns = item.columns if item else []
        self._preview.setColumnCount(len(columns))
        self._preview.setHorizontalHeaderLabels([one_line(c.name) for c in columns])
        self._preview.setRowCount(len(rows))
        for i, values in enumerate(rows):
            for j, value in enumerate(values):
                text = number(float(value)) if isinstance(value, int | float) else str(value)
                self._preview.setItem(
                    i, j, QTableWidgetItem("" if value is None else one_line(text))
                )

    # What follows from the choice

    def _check(self, *_: object) -> None:
        item = self.item
        columns = [item.columns[i] for i in self.chosen()] if item else []
        why = reasons(item, columns, self.name.text().strip(), self._taken)
        if item is None or not item.columns:
            why = (item.problems if item else self._found.problems) or why
        self._why.setText("\n".join(why))
        self._why.setVisible(bool(why))
        self._notes.setText("\n".join(item.notes) if item else "")
        self._notes.setVisible(bool(item and item.notes))
        self.accept_button.setEnabled(not why)
        set_tip(self.accept_button, why[0] if why else "Copy these columns into the project")
        self._scaling.setText(_standardisation(columns))
        self._draw(item)

    def _draw(self, item: Item | None) -> None:
        chosen = self.chosen()[:2]
        points = _points(item, chosen) if item and len(chosen) == 2 else None
        if points is None or not len(points):
            self.scatter.set_record(None)
            return
        self.scatter.set_record(Timeline(np.ones(1, dtype=np.float32), points[None]))
        self.scatter.fit()
        names = " against ".join(item.columns[i].name for i in reversed(chosen)) if item else ""
        self.scatter.setAccessibleDescription(f"{names}, first {len(points)} rows")

    def _restyle(self) -> None:
        self.scatter.set_style(CanvasStyle.of(colors()))
        self.scatter.set_uniform(colors().accent)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.name.setFocus()
        self.name.selectAll()

    def _import(self) -> None:
        item = self.item
        if item is None or not self.accept_button.isEnabled():
            return
        name = self.name.text().strip()
        names = [item.columns[i].name for i in self.chosen()]
        self._actions.data.import_data(self._file, name, names, item.name)
        self.imported.emit(name)
        self.accept()


def _standardisation(columns: list[Column]) -> str:
    """Say how the chosen columns are scaled for the model."""
    known = [c for c in columns if c.kind == "number" and c.mean is not None and c.std is not None]
    if not known:
        return ""
    parts = []
    for c in known[:6]:
        mean, std = c.mean or 0.0, c.std or 0.0
        sign = "+" if mean < 0 else "−"
        parts.append(f"({c.name} {sign} {number(abs(mean))}) / {number(std)}")
    more = f" and {len(known) - 6} more" if len(known) > 6 else ""
    flat = [c.name for c in known if c.std == 0]
    warn = f" {', '.join(flat)} never changes." if flat else ""
    return f"The model learns {', '.join(parts)}{more}; results come back in your units.{warn}"


def _points(item: Item, chosen: list[int]) -> np.ndarray:
    """Return the previewed rows that have numbers in both columns, (k, 2) float32."""
    pairs = [[values[i] for i in chosen] for values in item.preview if len(values) > max(chosen)]
    good = [p for p in pairs if all(isinstance(v, int | float) for v in p)]
    return np.asarray(good, dtype=np.float32).reshape(-1, 2)
