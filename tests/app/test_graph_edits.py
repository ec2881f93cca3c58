"""A graph on the table: edited by mouse and keys, taken back, and handed to a model."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from studio.app.kinds.graph_rows import GraphRows
from studio.app.state.graph_editing import (
    handed,
    joined,
    laid_anew,
    marked,
    moved,
    sheet_of,
    with_node,
    without_node,
)
from studio.app.state.undoing import Edits
from studio.app.widgets.graphcanvas import GraphCanvas

NODES = 6


def ring(n=4):
    square = np.zeros((n, n), bool)
    for i in range(n):
        square[i, (i + 1) % n] = square[(i + 1) % n, i] = True
    return sheet_of(square, "Ring")


def test_edits_make_another_graph_and_leave_the_one_before():
    first = ring()
    parted = joined(first, 0, 1)
    assert (first.edges, parted.edges, joined(parted, 1, 0).edges) == (4, 3, 4)
    assert joined(first, 2, 2).edges == 4, "no node is joined to itself"
    larger = with_node(first, (0.5, -2.0))
    assert (larger.size, larger.edges, len(larger.marked)) == (5, 4, 5)
    assert larger.places[4].tolist() == [0.5, -2.0]
    assert laid_anew(larger).places[4].tolist() != [0.5, -2.0]
    assert moved(first, 1, (3.0, 3.0)).places[1].tolist() == [3.0, 3.0]
    smaller = without_node(marked(first, 3), 0)
    assert (smaller.size, smaller.edges, smaller.marked.tolist()) == (3, 2, [False, False, True])
    pair = sheet_of(np.ones((2, 2), bool) ^ np.eye(2, dtype=bool), "")
    assert without_node(pair, 0) is pair


def test_rows_of_a_sheet_are_the_graph_and_its_padding():
    rows = GraphRows.of({"x": ring().row(NODES)[None]})
    assert (rows.nodes, rows.size[0]) == (NODES, 4)
    assert (rows.adjacency[0, :4, :4] == ring().square).all()


def test_what_a_model_has_to_keep():
    edges = ring().kept(NODES, "edges")
    assert (edges > 0).tolist() == (ring().row(NODES) > 0).tolist()
    one = marked(ring(), 0)
    assert int(one.kept(NODES, "unmarked").sum()) == 3, "the pairs of three nodes"
    inputs = handed(one, NODES, "unmarked")
    assert inputs["rows"] == [ring().row(NODES).tolist()]
    assert sum(inputs["known"][0]) == 3
    with pytest.raises(ValueError, match="No node is marked"):
        handed(ring(), NODES, "unmarked")
    empty = sheet_of(np.zeros((3, 3), bool), "")
    with pytest.raises(ValueError, match="Nothing would be kept"):
        handed(empty, NODES, "edges")
    full = sheet_of(~np.eye(3, dtype=bool), "")
    with pytest.raises(ValueError, match="nothing can be added"):
        handed(full, NODES, "edges")


@pytest.fixture
def table(qtbot):
    """Return a canvas whose signals edit what is on it, and its edits."""
    canvas, edits = GraphCanvas(), Edits()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)

    def put(change, *at):
        edits.put(change(edits.now, *at))
        canvas.show_sheet(edits.now)

    canvas.joined.connect(lambda one, other: put(joined, one, other))
    canvas.removed.connect(lambda node: put(without_node, node))
    canvas.marked.connect(lambda node: put(marked, node))
    canvas.added.connect(lambda x, y: put(with_node, (x, y)))
    edits.put(ring())
    canvas.show_sheet(edits.now, fit=True)
    canvas.show()
    return canvas, edits


def at(canvas, node):
    return canvas.points[node].toPoint()


def test_the_mouse_joins_adds_and_removes(table, qtbot):
    canvas, edits = table
    left, right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
    before = canvas.points[0]
    qtbot.mousePress(canvas, left, pos=at(canvas, 0))
    qtbot.mouseMove(canvas, at(canvas, 2))
    qtbot.mouseRelease(canvas, left, pos=at(canvas, 2))
    assert edits.now.square[0, 2]
    qtbot.mouseClick(canvas, left, pos=at(canvas, 1))
    qtbot.mouseClick(canvas, left, pos=at(canvas, 3))
    assert edits.now.square[1, 3], "one click after the other does as well"
    middle = (at(canvas, 0) + at(canvas, 1)) / 2
    qtbot.mouseClick(canvas, left, pos=middle)
    assert not edits.now.square[0, 1], "a click on an edge takes it away"
    qtbot.mouseClick(canvas, left, pos=QPoint(8, 290))
    assert edits.now.size == 5
    assert (canvas.points[4].toPoint() - QPoint(8, 290)).manhattanLength() <= 2
    assert canvas.points[0] == before, "what is there stays where it is"
    qtbot.mouseClick(canvas, right, pos=at(canvas, 4))
    assert edits.now.size == 4
    for _ in range(5):
        edits.undo()
    assert (edits.now.square == ring().square).all()
    for _ in range(5):
        edits.redo()
    assert edits.now.square[1, 3]


def test_the_keyboard_does_all_of_it(table, qtbot):
    canvas, edits = table
    canvas.setFocus()
    key = Qt.Key
    for each in (key.Key_Right, key.Key_Return):
        qtbot.keyClick(canvas, each)
    start = canvas.at
    assert canvas.held == start == 0
    seen = {start}
    for each in (key.Key_Right, key.Key_Up, key.Key_Left, key.Key_Down) * 2:
        qtbot.keyClick(canvas, each)
        seen.add(canvas.at)
    assert seen == set(range(4)), "arrows reach all nodes"
    other = next(i for i in range(4) if i != start)
    canvas.at = other
    joined_before = bool(edits.now.square[start, other])
    qtbot.keyClick(canvas, key.Key_Return)
    assert bool(edits.now.square[start, other]) != joined_before
    qtbot.keyClick(canvas, key.Key_M)
    assert edits.now.marked[other]
    qtbot.keyClick(canvas, key.Key_Insert)
    assert edits.now.size == 5
    canvas.at = 4
    qtbot.keyClick(canvas, key.Key_Delete)
    assert edits.now.size == 4
    qtbot.keyClick(canvas, key.Key_Return)
    qtbot.keyClick(canvas, key.Key_Escape)
    assert canvas.held == -1
