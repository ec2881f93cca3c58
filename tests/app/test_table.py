"""The read-only table: sorted by a clicked heading, copied as CSV, and its selection."""

import csv
import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from pushforward.studio.app.design.table import Column, Table

COLUMNS = (Column("Name"), Column("Value, nats", "Mean"))
ROWS = (("b", "10"), ("a", "9"), ("c, d", "100"))
KEYS = ((0, 10), (1, 9), (2, 100))


@pytest.fixture
def table(qtbot):
    made = Table("Some", COLUMNS, sortable=True)
    qtbot.addWidget(made)
    made.show_rows(ROWS, [{}, {1: "#ff0000"}], keys=KEYS)
    return made


def shown(table, column=0):
    rows = range(table.model().rowCount())
    return [table.cell(row, column).text() for row in rows]


def copied(table, qtbot):
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    return list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))


def test_a_heading_sorts_numbers_by_size_and_colours_follow_their_row(table):
    click = table.horizontalHeader().sectionClicked.emit
    assert shown(table) == ["b", "a", "c, d"]
    click(1)
    assert shown(table) == ["c, d", "b", "a"]
    assert table.cell(2, 1).foreground().color().name() == "#ff0000"
    click(1)
    assert shown(table) == ["a", "b", "c, d"]
    click(0)
    assert shown(table) == ["b", "a", "c, d"]


def test_new_rows_keep_the_order(table):
    table.sort_by(1)
    table.show_rows([("x", "1"), ("y", "2")], keys=[(0, 1), (1, 2)])
    assert shown(table) == ["y", "x"]


def test_copy_gives_the_selected_rows_as_csv_or_all(table, qtbot):
    heading = ["Name", "Value, nats"]
    assert copied(table, qtbot) == [heading, *map(list, ROWS)]
    table.sort_by(1)
    table.selectRow(0)
    assert table.selected_rows == [0]
    assert copied(table, qtbot) == [heading, ["c, d", "100"]], "the row as it is shown"


def test_only_the_user_changes_the_selection(table):
    changes = []
    table.selection_changed.connect(lambda: changes.append(table.selected_rows))
    table.selectRow(1)
    table.show_rows(ROWS, keys=KEYS)
    assert changes == [[1]]
    assert table.selected_rows == []
