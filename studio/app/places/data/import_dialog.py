"""The import dialog: what is in files, what to take of it, and why it may not be taken yet.

It only shows what the engine found; nothing is read here. A dialog, opened with ``open()``.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import button, column, label, row, section
from pushforward.studio.app.design.literal_text import set_tip, set_title
from pushforward.studio.app.design.table import Column as Heading
from pushforward.studio.app.design.table import Table
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.data_requests import named
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.data.column_roles import (
    CONDITION,
    COORDINATE,
    LABEL,
    TIP,
    WEIGHT,
    RoleDelegate,
    role_reasons,
    roles_for,
)
from pushforward.studio.app.places.data.found_parts import FoundParts
from pushforward.studio.app.places.data.found_tiles import FoundTiles
from pushforward.studio.app.places.data.import_text import (
    are_points,
    file_size,
    left_out,
    part_reasons,
    previewed_points,
    reasons,
    standardisation,
)
from pushforward.studio.app.places.data.importer_picker import ImporterChoice
from pushforward.studio.app.places.data.long_text import LongText
from pushforward.studio.app.places.data.split_picker import SplitChoice
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.formats.inspection import Column, Inspection, Item
from pushforward.studio.literal import one_line
from pushforward.studio.store.names import name_of_data

__all__ = ["ImportDialog"]

HEADERS = (
    "Take", "Column", "Kind", "Values", "Missing", "Lowest", "Highest", "Mean", "Std", "Use as",
)  # fmt: skip
ROLE = len(HEADERS) - 1  # the column of roles, shown behind the first
NOTED = 5  # lines of notes that are seen at once
NUMBERS = 3  # columns from here on are figures, which stand at the right


class ImportDialog(QDialog):
    """Importer and its options; of a table its preview, columns, standardisation, statistics, of
    other kinds of data their parts; refusals, name.

    Signals:
        imported: the name under which the import was started.
    """

    imported = Signal(str)

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        files: list[str],
        found: Any,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._files = actions, files
        self._taken = [data.name for data in state.datasets]
        self._found = msgspec.convert(found, Inspection)
        self._asked = 0
        self._task: asyncio.Task[None] | None = None
        self._looking = False  # whether what was found is not yet what was asked for
        self._refusal = ""  # why it will not be
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        set_title(self, f"Import {named(files)}")
        self._facts = label("", "muted")
        self.busy = _busy_bar("Reading the files")
        self._choice = ImporterChoice()
        self._choice.changed.connect(self._look_again)
        self.parts = FoundParts()
        self._items = QComboBox()
        self._items.setAccessibleName("Table in the file")
        self._columns = QTableWidget()
        self._columns.setItemDelegateForColumn(ROLE, RoleDelegate(self._columns))
        self._preview = Table("First rows", ())
        self.scatter = ParticleCanvas()
        self._scaling = label("", "muted", wrap=True)
        self._why = label("", "danger", wrap=True)
        self._notes = LongText("Notes", "muted", NOTED)
        self._once_more = button("Look again", self._look_again, tip="Reload the files")
        self.name = QLineEdit(name_of_data([Path(each) for each in files], self._taken))
        self.name.setAccessibleName("Name of the data set")
        self.split = SplitChoice()
        self.split.changed.connect(self._check)
        self.accept_button = button("Import", self._import, kind="primary")
        self._lay_out()
        self._items.currentIndexChanged.connect(self._show_item)
        self._columns.itemChanged.connect(self._check)
        self.name.textChanged.connect(self._check)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._show_found()
        self.finished.connect(lambda _: self._no_more())
        self.resize(920, 660)

    def _lay_out(self) -> None:
        top = row(label(named(self._files), "heading"), self._facts, None, self._items)
        for each, name in ((self._columns, "Columns"), (self._preview, "First rows")):
            each.setMinimumHeight(64)
            each.setAccessibleName(name)
            each.verticalHeader().setVisible(False)
            each.verticalHeader().setDefaultSectionSize(26)
            each.setEditTriggers(QTableWidget.EditTrigger.AllEditTriggers)
            head = each.horizontalHeader()
            head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            each.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.scatter.setMinimumSize(260, 160)
        self.scatter.setAccessibleName("Scatter of the first two chosen columns")
        lower = row((self._preview, 1), (self.scatter, 1), gap=12)
        self.tiles = FoundTiles()  # where the rows of a table are no points
        lower.addWidget(self.tiles, 1)
        cancel = button("Cancel", self.reject)
        foot = row(label("Name"), self.name, None, cancel, self.accept_button)
        self.name.setFixedWidth(260)
        self._table = QWidget()
        column(
            section("Columns"),
            (self._columns, 3),
            self._scaling,
            section("First rows"),
            (lower, 4),
            parent=self._table,
        )
        body = column(top, self.busy, self._choice, parent=self, margins=16)
        middle = row(self._choice.beside, (self._table, 1), (self.parts, 1), gap=16)
        body.addLayout(middle, 1)
        body.addWidget(self._notes)
        body.addLayout(wrong := row(self._why, self._once_more))
        wrong.setStretch(0, 1)
        for words in (self._scaling, self._notes, self._why):
            words.setMinimumWidth(560)  # or a wrapped text asks for the height of a narrow one
        body.addWidget(self.split)
        body.addLayout(foot)

    # What was found

    def _show_found(self) -> None:
        found = self._found
        self._facts.setText(f"{found.format.upper()}, {file_size(found.bytes)}")
        self._choice.show_found(found)
        tables = bool(found.items) or not found.parts
        nothing = not found.items and not found.parts  # what is wrong stands below
        self._table.setVisible(tables and not nothing)
        self.parts.setVisible(not tables)
        self.parts.show_found(found)
        points = are_points(found)
        self.scatter.setVisible(points)
        self.tiles.setVisible(tables and not points)
        if tables and not points:
            self.tiles.show_found(found)
        self._fill_items()

    def _look_again(self) -> None:
        self._stop_looking()
        self._task = async_tasks.spawn(self._look())

    def _stop_looking(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        """Look with another importer or other options; only the last that was asked is shown."""
        self._asked += 1
        asked = self._asked
        self._looking, self._refusal = True, ""
        self._check()
        importer, options = self._choice.importer, self._choice.options
        try:
            found = await self._actions.data.look_into(self._files, importer, options)
        except Refused as refused:
            if asked == self._asked:
                self._looking = False
                self._refusal = f"{refused.error.message} {refused.error.hint}".strip()
                self._check()
            return
        if asked == self._asked:
            self._looking = False
            self._found = msgspec.convert(found, Inspection)
            self._show_found()

    def _no_more(self) -> None:
        self._asked = -1
        self._stop_looking()

    # Items and columns

    def _fill_items(self) -> None:
        self._items.blockSignals(True)
        self._items.clear()
        for item in self._found.items:
            self._items.addItem(f"{one_line(item.name or 'table')} ({item.rows:,} rows)", item.name)
        self._items.setVisible(len(self._found.items) > 1)
        good = next((i for i, x in enumerate(self._found.items) if not x.problems), 0)
        if self._found.items:
            self._items.setCurrentIndex(good)
        self._items.blockSignals(False)
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

    def roles(self) -> list[str]:
        """Return what the ticked columns are used for."""
        cells = (self._columns.item(i, ROLE) for i in self.chosen())
        return [cell.text() if cell is not None else COORDINATE for cell in cells]

    def _used_as(self, role: str) -> list[Column]:
        """Return the ticked columns of a role."""
        item, pairs = self.item, zip(self.chosen(), self.roles(), strict=True)
        return [item.columns[i] for i, each in pairs if each == role] if item else []

    def _show_item(self, _index: int = 0) -> None:
        item = self.item
        columns = item.columns if item else []
        self._columns.blockSignals(True)
        self._columns.setColumnCount(len(HEADERS))
        self._columns.setHorizontalHeaderLabels(list(HEADERS))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place in range(NUMBERS, len(HEADERS)):
            if (title := self._columns.horizontalHeaderItem(place)) is not None:
                title.setTextAlignment(right)
        self._columns.setRowCount(len(columns))
        for i, each in enumerate(columns):
            self._fill_column(i, each, item.rows if item else 0)
        header = self._columns.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.moveSection(header.visualIndex(ROLE), 1)
        self._columns.setColumnHidden(ROLE, not are_points(self._found))
        self._columns.setMaximumHeight(38 + 26 * min(7, max(1, len(columns))))
        self._columns.blockSignals(False)
        self._fill_preview(item)
        self._check()

    def _fill_column(self, i: int, column: Column, rows: int) -> None:
        tick = QTableWidgetItem()
        tick.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
        good = column.kind == "number" and not column.nan
        tick.setCheckState(Qt.CheckState.Checked if good else Qt.CheckState.Unchecked)
        tick.setData(Qt.ItemDataRole.AccessibleTextRole, f"Take {column.name}")
        self._columns.setItem(i, 0, tick)
        values = (column.minimum, column.maximum, column.mean, column.std)
        cells = [column.name, column.kind, f"{rows - column.nan:,}", f"{column.nan:,}"]
        cells += ["" if value is None else number(value) for value in values]
        for j, text in enumerate(cells, start=1):
            cell = QTableWidgetItem(one_line(text))
            if j >= NUMBERS:
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if column.problem:
                set_tip(cell, column.problem)
            cell.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self._columns.setItem(i, j, cell)
        fits = roles_for(column) if are_points(self._found) else [COORDINATE]
        role = QTableWidgetItem(fits[0])
        role.setData(Qt.ItemDataRole.UserRole, fits)
        set_tip(role, TIP)
        self._columns.setItem(i, ROLE, role)

    def _fill_preview(self, item: Item | None) -> None:
        columns = item.columns if item else []
        left = Qt.AlignmentFlag.AlignLeft
        self._preview.set_columns([Heading(column.name, side=left) for column in columns])
        rows = item.preview if item else []
        self._preview.show_rows([[_cell(value) for value in each] for each in rows])

    # What follows from the choice

    def _check(self, *_: object) -> None:
        item = self.item
        name = self.name.text().strip()
        columns = self._used_as(COORDINATE)
        if item is None and self._found.parts:
            why = part_reasons(self._found, name, self._taken)
        else:
            fewest = 2 if are_points(self._found) else 1
            why = reasons(item, columns, name, self._taken, fewest)
            if item is not None:
                chosen = [item.columns[i] for i in self.chosen()]
                why = [*role_reasons(chosen, self.roles()), *why]
            if item is None or not item.columns:
                why = (item.problems if item else self._found.problems) or why
        wrong = bool(self._refusal or self._found.problems or (item and item.problems))
        self._once_more.setVisible(wrong and not self._looking)
        why = [
            *self._choice.problems,
            *self.split.problems,
            *([self._refusal] if self._refusal else why),
        ]
        self._why.setText("\n".join(why))
        self._why.setVisible(bool(why))
        notes = self._import_notes()
        self._notes.setText("\n".join(notes))
        self._notes.setVisible(bool(notes))
        self.accept_button.setEnabled(not why and not self._looking)
        self.busy.setVisible(self._looking)
        hint = "Reading the files…" if self._looking else "Copy these data into the project"
        set_tip(self.accept_button, why[0] if why else hint)
        self._scaling.setText(standardisation(columns))
        self._draw(item)

    def _import_notes(self) -> list[str]:
        """Return what the importer says of the files and of the table that is chosen."""
        item = self.item
        if item is None:
            return self._found.notes
        columns = [item.columns[i] for i in self.chosen()]
        return [*self._found.notes, *item.notes, *left_out(item, columns)]

    def _draw(self, item: Item | None) -> None:
        pairs = zip(self.chosen(), self.roles(), strict=True)
        chosen = [i for i, role in pairs if role == COORDINATE][:2]
        points = previewed_points(item, chosen) if item and len(chosen) == 2 else None
        if points is None or not len(points):
            self.scatter.set_record(None)
            return
        self.scatter.set_record(Timeline(np.ones(1, dtype=np.float32), points[None]))
        self._colour_by_label(item, len(points))
        self.scatter.fit()
        names = " against ".join(item.columns[i].name for i in reversed(chosen)) if item else ""
        self.scatter.setAccessibleDescription(f"{names}, first {len(points)} rows")

    def _colour_by_label(self, item: Item | None, n: int) -> None:
        """Colour the previewed points by their class, in one colour without a label."""
        found = self._used_as(LABEL)
        if item is None or not found:
            self.scatter.set_uniform(colors().accent)
            return
        place = item.columns.index(found[0])
        cells = [str(values[place]) for values in item.preview]
        order = {cell: k for k, cell in enumerate(sorted(set(cells)))}
        if len(cells) != n:
            return
        # A hue is a direction; each class has its own.
        turn = np.array([2 * np.pi * order[cell] / len(order) for cell in cells])
        self.scatter.set_uniform("")
        self.scatter.set_identity(np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32))

    def _restyle(self) -> None:
        self.scatter.set_style(CanvasStyle.of(colors()))
        self.scatter.set_uniform(colors().accent)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.name.setFocus()
        self.name.selectAll()

    def _role_options(self) -> dict[str, Any]:
        """Return the options of an import that say what other columns are used for."""
        label, weight = self._used_as(LABEL), self._used_as(WEIGHT)
        conditions = [column.name for column in self._used_as(CONDITION)]
        return {
            **({"label": label[0].name} if label else {}),
            **({"conditions": conditions} if conditions else {}),
            **({"weight": weight[0].name} if weight else {}),
        }

    def _import(self) -> None:
        if not self.accept_button.isEnabled():
            return
        name = self.name.text().strip()
        options, rows = dict(self._choice.options), self._found.rows
        notes = self._import_notes()
        if (item := self.item) is not None:
            options["item"], rows = item.name, item.rows
            options["columns"] = [column.name for column in self._used_as(COORDINATE)]
            options |= self._role_options()
        importer = self._found.importer
        self._actions.data.import_data(
            self._files, name, importer, options, rows, notes, self.split.shares, self.split.seed
        )
        self.imported.emit(name)
        self.accept()


def _busy_bar(name: str) -> QProgressBar:
    """Return a hidden progress bar for work of unknown duration; its room is reserved."""
    bar = QProgressBar()
    bar.setRange(0, 0)
    bar.setTextVisible(False)
    bar.setFixedHeight(3)
    bar.setAccessibleName(name)
    hold = bar.sizePolicy()
    hold.setRetainSizeWhenHidden(True)
    bar.setSizePolicy(hold)
    bar.hide()
    return bar


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return number(float(value)) if isinstance(value, int | float) else str(value)
