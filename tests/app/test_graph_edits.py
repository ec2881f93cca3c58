"""A graph on the table: edited by mouse and keys, taken back, and handed to a model."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.undo_history import Edits
from pushforward.studio.app.data_types.graphs.graph_canvas import GraphCanvas
from pushforward.studio.app.data_types.graphs.graph_edits import (
    Cut,
    joined,
    laid_anew,
    marked,
    moved,
    operator_inputs,
    sheet_of,
    tasks_for,
    typed,
    with_node,
    without_node,
)
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows
from pushforward.studio.app.data_types.graphs.molecule_paint import paint_atoms_and_bonds
from pushforward.studio.app.data_types.graphs.molecule_rows import MoleculeRows
from pushforward.studio.app.design.tokens import DARK

NODES = 6
CUT = Cut(NODES)


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
    rows = GraphRows.of({"x": ring().row(CUT)[None]})
    assert (rows.nodes, rows.size[0]) == (NODES, 4)
    assert (rows.adjacency[0, :4, :4] == ring().square).all()


def test_what_a_model_has_to_keep():
    edges = ring().kept(CUT, "edges")
    assert (edges > 0).tolist() == (ring().row(CUT) > 0).tolist()
    one = marked(ring(), 0)
    assert int(one.kept(CUT, "unmarked").sum()) == 3, "the pairs of three nodes"
    inputs = operator_inputs(one, CUT, "unmarked")
    assert inputs["rows"] == [ring().row(CUT).tolist()]
    assert sum(inputs["known"][0]) == 3
    with pytest.raises(ValueError, match="No node is marked"):
        operator_inputs(ring(), CUT, "unmarked")
    empty = sheet_of(np.zeros((3, 3), bool), "")
    with pytest.raises(ValueError, match="Nothing is left to keep"):
        operator_inputs(empty, CUT, "edges")
    full = sheet_of(~np.eye(3, dtype=bool), "")
    with pytest.raises(ValueError, match="no edge can be added"):
        operator_inputs(full, CUT, "edges")


MOLECULES = Cut(5, node_types=9, edge_types=3)


def ethanol():
    """Return C-C-O."""
    square = np.zeros((3, 3), np.int64)
    square[[0, 1, 1, 2], [1, 0, 2, 1]] = 1
    return sheet_of(square, "Ethanol", np.array([0, 0, 2]))


def test_types_of_nodes_and_edges_are_edited_and_lie_in_rows_as_the_kind_reads_them():
    atoms, bonds = MoleculeRows.of({"x": ethanol().row(MOLECULES)[None]}).each()[0]
    assert atoms.tolist() == [0, 0, 2]
    assert (bonds == ethanol().square).all()
    sheet, seen = ethanol(), []
    for _ in range(3):
        sheet = joined(sheet, 0, 1, 3)
        seen.append(int(sheet.square[1, 0]))
    assert seen == [2, 3, 0], "after the last type an edge is gone"
    sheet = typed(with_node(ethanol(), (0.0, 2.0), 1), 0, 3)
    assert sheet.types.tolist() == [3, 0, 2, 1]
    assert without_node(sheet, 1).types.tolist() == [3, 2, 1]


def test_a_molecule_that_is_masked_in_part_is_painted_with_all_that_is_told(qapp):
    row = ethanol().row(MOLECULES)
    row[9:18] = 0.0  # what the second atom is
    row[:9] = 0.0
    rows = MoleculeRows.of({"x": row[None]})
    assert rows.size.tolist() == [3]
    assert rows.masked[0].tolist() == [True, True, False, False, False]
    row[:27] = 0.0
    assert MoleculeRows.of({"x": row[None]}).size.tolist() == [3], "bonds say how many there are"
    image = QImage(80, 80, QImage.Format.Format_ARGB32_Premultiplied)
    with QPainter(image) as painter:
        tiles = kind("molecules").tiles({"x": row[None]})
        tiles.paint(painter, QRectF(0, 0, 80, 80), 0, DARK)


def test_what_a_model_has_to_keep_of_types():
    """A place of a row is kept with all of its types, or not at all."""
    sheet = marked(ethanol(), 2)
    cut, k = MOLECULES, 9
    kept = sheet.kept(cut, "unmarked")
    assert kept[: 5 * k].reshape(5, k).all(axis=1).tolist() == [True, True, False, False, False]
    pairs = kept[5 * k :].reshape(3, 10)
    assert (pairs == pairs[0]).all()
    assert pairs[0].tolist() == [1] + [0] * 9, "the pair of two carbons"
    edges = sheet.kept(cut, "edges")
    assert edges[: 5 * k].reshape(5, k).all(axis=1).sum() == 3
    assert edges[5 * k :].reshape(3, 10).sum(axis=1).tolist() == [2, 2, 2]
    assert operator_inputs(sheet, cut, "nothing") == {"rows": [sheet.row(cut).tolist()]}


def test_a_model_does_of_the_tasks_what_it_can():
    done = {task.title: task.operator for task in tasks_for({"fill-in", "revise", "density"})}
    assert done == {"Add edges": "fill-in", "Make marked anew": "fill-in", "Translate": "revise"}
    assert [task.operator for task in tasks_for({"inpaint"})] == ["inpaint", "inpaint"]


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
    kept = edits.now.square
    for node in (0, 2):
        qtbot.mouseClick(canvas, left, Qt.KeyboardModifier.ShiftModifier, at(canvas, node))
    assert edits.now.marked.tolist() == [True, False, True, False]
    assert (edits.now.square == kept).all(), "two that are marked are not joined"
    beside = at(canvas, 0) + QPoint(24, 0)
    qtbot.mouseClick(canvas, left, Qt.KeyboardModifier.ShiftModifier, beside)
    assert edits.now.size == 4, "who misses a node adds none"
    assert edits.now.marked.tolist() == [True, False, True, False]


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


def test_types_are_given_by_keys_and_by_a_double_click(table, qtbot):
    canvas, _ = table
    said = []
    canvas.typed.connect(lambda node, kind: said.append((node, kind)))
    canvas.chosen.connect(said.append)
    canvas.at = 1
    qtbot.keyClick(canvas, Qt.Key.Key_3)
    assert said == [], "nodes have no types"
    canvas.dress(paint_atoms_and_bonds, MOLECULES)
    canvas.show_sheet(ethanol(), fit=True)
    qtbot.keyClick(canvas, Qt.Key.Key_3)
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 2))
    assert said == [(1, 2), 2]
    assert canvas.held == -1
    assert not canvas.grab().isNull()
