"""A graph on its way: nodes keep their places and numbers, edges stay, go or are foreseen."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data_types.graphs.adjacency_matrix import AdjacencyPlot
from pushforward.studio.app.data_types.graphs.graph_flow import ORDERS, GraphWay
from pushforward.studio.app.data_types.graphs.graph_flow_view import VIEW, GraphFlowView
from pushforward.studio.app.data_types.graphs.graph_plane import GraphPlane
from pushforward.studio.app.data_types.graphs.graph_rows import ends, pair_of
from pushforward.studio.app.data_types.graphs.labelled_paint import labelled_rows
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.extras import DENOISED, LEVELS, PLACES
from pushforward.studio.protocol.messages import Watch
from tests.qtloop import until

N, NODES, FRAMES = 3, 5, 5
RING = [(0, 1), (1, 2), (2, 3), (0, 3)]
READ = kind("graphs").graph
ISOLATED = 4  # the last place is padded: graphs have four nodes


def record_of(step: int = 5, *, foreseen: bool = True) -> FlowRecord:
    """Return graphs that go from the pair (0, 2) alone to a ring of four."""
    first, second = ends(NODES)
    real = second < ISOLATED
    end = np.where([(i, j) in RING for i, j in zip(first, second, strict=True)], 1.0, -1.0) * real
    start = np.where((first == 0) & (second == 2), 0.9, -0.9) * real
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)
    w = t[:, None, None]
    x = np.broadcast_to((1 - w) * start + w * end, (FRAMES, N, len(first)))
    square = np.zeros((N, NODES, NODES), bool)
    square[:, first, second] = square[:, second, first] = end > 0
    places = lay_out(square, np.full(N, ISOLATED))
    extras: dict[str, Any] = {PLACES: np.broadcast_to(places, (FRAMES, *places.shape))}
    if foreseen:
        extras[DENOISED] = np.broadcast_to(end, x.shape).astype(np.float32)
        extras[LEVELS] = np.float32([20.0, 5.0, 1.0, 0.1, 0.0])
    return FlowRecord.from_arrays(step, t, x.astype(np.float32), extras=extras)


def test_edges_stay_go_and_are_foreseen() -> None:
    way = GraphWay.of(record_of(), 1, READ)
    diagonal, side = pair_of(NODES, 2, 0), pair_of(NODES, 3, 0)
    early, late = way.at(0.2), way.at(1.0)
    assert early.leaving[diagonal]
    assert early.coming[side]
    assert not early.coming[diagonal]
    assert not late.leaving.any()
    assert not late.coming.any()
    assert int(late.here.sum()) == 4
    assert early.now[side] == pytest.approx(0.24), "between two frames"
    assert way.size == ISOLATED
    assert way.edges.tolist() == [1, 1, 4, 4, 4]
    assert way.settled[0] == pytest.approx(1 / 6), "all but the other diagonal are wrong"
    assert way.settled[-1] == 1.0
    assert way.level(0.125) == pytest.approx(12.5)
    blind = GraphWay.of(record_of(foreseen=False), 0, READ)
    assert blind.level(0.5) is None
    assert not blind.at(0.2).coming.any(), "nobody knows what will come"


def test_a_model_that_joins_or_does_not_has_never_half_an_edge() -> None:
    made = record_of(foreseen=False)
    way = GraphWay.of(made.holding(x=np.sign(made.x)), 1, READ)
    assert set(np.unique(way.at(0.6).now)) <= {0.0, 1.0}
    assert 0.0 < GraphWay.of(made, 1, READ).at(0.6).now[0] < 1.0, "of numbers on their way"


def built() -> FlowRecord:
    """A record of graphs whose nodes come one after the other, and are all there at t = 0.75."""
    record = record_of(foreseen=False)
    second = ends(NODES)[1]
    x = record.x.copy()
    for frame, nodes in enumerate((1, 2, 3, 4)):
        x[frame] = np.where(second < nodes, x[-1], 0.0)
    return record.holding(x=x)


def test_nodes_come_one_after_the_other_where_a_graph_is_built() -> None:
    way = GraphWay.of(built(), 0, READ)
    seen = [int(way.present(t).sum()) for t in (0.0, 0.4, 0.5, 0.7, 1.0)]
    assert seen == [1, 2, 2, 3, 4]
    assert int(way.at(0.7).here.sum()) == 2
    assert way.built
    assert len(way.t) == 4, "nothing comes after its last node"
    assert (way.t[-1], way.across.tolist()) == (1.0, [1.0, 2.0, 3.0, 4.0])
    assert [way.stop(t) for t in (0.0, 0.3, 0.6, 1.0)] == [0, 0, 1, 3], "never one of more nodes"
    assert (way.nodes_at(0.4), GraphWay.of(record_of(), 0, READ).built) == (2, False)
    assert GraphWay.of(record_of(), 0, READ).present(0.0).all(), "noise is on all of them"


@pytest.mark.parametrize("name", ORDERS)
def test_each_order_is_one_of_all_nodes(name: str) -> None:
    rng = np.random.default_rng(0)
    square = np.triu(rng.random((9, 9)) < 0.15, 1)
    square |= square.T
    assert sorted(ORDERS[name](square).tolist()) == list(range(9))
    path = np.zeros((4, 4), bool)
    for one, other in ((2, 0), (0, 3), (3, 1)):
        path[one, other] = path[other, one] = True
    if name == "Breadth first":
        assert ORDERS[name](path).tolist() == [0, 2, 3, 1], "from a node of most neighbours"


@pytest.fixture
def view(lens: Any, qtbot: QtBot) -> GraphFlowView:
    state = lens.state
    state.engine = replace(state.engine, state="ready")
    state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug=lens.run.spec.dataset.slug, title="", summary="", source="",
            fields=[], kinds=["graphs"],
        )
    )  # fmt: skip
    made = VIEW.factory(state, lens.actions)
    made.resize(1000, 700)
    qtbot.addWidget(made)
    return made


async def shown(view: GraphFlowView, lens: Any, record: FlowRecord | None = None) -> None:
    assert VIEW.applies(lens.state)
    view.show()
    record = record or record_of()
    lens.run.live, lens.run.step = record, record.step
    lens.state.runs.record_arrived.emit(lens.run.key)
    lens.state.runs.changed.emit(lens.run.key)
    await until(lambda: view.plane.way is not None)


def shades(widget: Any) -> set[str]:
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.panel))
    with QPainter(image) as painter:
        widget.paint_on(painter, DARK)
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return {f"#{int(pixel) & 0xFFFFFF:06x}" for pixel in np.unique(pixels)}


async def test_both_pictures_follow_the_flow_clock_and_nodes_stay(view: Any, lens: Any) -> None:
    await shown(view, lens)
    assert {PLACES, DENOISED, LEVELS} <= set(lens.link.of(Watch)[0].extras)
    lens.state.playback.set(flow=1.0)
    end, spots = shades(view.matrix), view.plane.paper.points
    assert DARK.warm not in end, "at the end nothing goes any more"
    assert view._where.accessibleName() == "4 edges, 4 at the end"
    lens.state.playback.set(flow=0.2)
    assert view.plane.paper.points == spots
    assert DARK.warm in shades(view.matrix)
    assert view._title.accessibleName() == "Graph 0 at t = 0.20"
    assert view._where.accessibleName().startswith("σ = ")


async def test_a_node_is_lit_in_both_and_a_pair_is_said(view: Any, lens: Any) -> None:
    await shown(view, lens)
    lens.state.playback.set(flow=0.2)
    view.plane.hovered.emit(2)
    assert view.matrix.under == (2, -1)
    assert view._said.accessibleName().endswith("degree 1")
    box, order = view.matrix.box, view.matrix.order.tolist()
    cell = box.width() / ISOLATED
    row, column = order.index(3), order.index(0)
    at = box.topLeft() + QPointF((column + 0.5) * cell, (row + 0.5) * cell)
    view.matrix.mouseMoveEvent(_moved(at))
    assert view.plane.under == 3
    assert view._said.accessibleName() == f"pair {row + 1} to {column + 1}: no edge, p 1.00"


def _moved(at: QPointF) -> Any:
    none = Qt.MouseButton.NoButton
    return QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)


async def test_graphs_are_turned_by_keys_and_by_what_is_selected_elsewhere(
    view: Any, lens: Any, qtbot: QtBot
) -> None:
    await shown(view, lens)
    assert view.which.count() == N
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    source = Source(lens.run.key, "particles")
    assert lens.state.selection.of(source).tolist() == [N - 1]
    assert view._title.accessibleName().startswith(f"Graph {N - 1}")
    lens.state.selection.set(source, np.array([1]), "tiles")
    assert view.which.currentIndex() == 1
    assert dict(lens.state.selection.find_offered(source).tell(1))["Nodes"] == "4"
    view.strip.picked.emit(0)
    assert lens.state.playback.flow == 0.0


async def test_a_graph_that_a_step_has_not_kept_comes_back_and_that_is_said(
    view: Any, lens: Any
) -> None:
    await shown(view, lens)
    source = Source(lens.run.key, "particles")
    lens.state.selection.set(source, np.array([N - 1]), "click")
    whole = record_of(7)
    few = whole.holding(x=whole.x[:, :1], extras={PLACES: whole.extras[PLACES][:, :1]})
    for step, record, told in ((6, few, 0), (7, whole, N - 1)):
        lens.run.live, lens.run.step = record, step
        lens.state.runs.record_arrived.emit(lens.run.key)
        await until(lambda told=told: view._title.accessibleName().startswith(f"Graph {told} "))
        assert view._absent.isHidden() == (told == N - 1)
    assert view._absent.text().endswith(f"graph {N - 1} comes back.")
    assert lens.state.selection.of(source).tolist() == [N - 1], "it is still the selected one"


async def test_a_flow_that_is_not_seen_tells_the_inspector_nothing(view: Any, lens: Any) -> None:
    """The samples do, as they are at the end."""
    await shown(view, lens)
    lens.state.playback.set(flow=0.2)
    source, selection = Source(lens.run.key, "particles"), lens.state.selection
    on_the_way = selection.find_offered(source)
    view.hide()
    ended = Offered({"x": np.ones((N, 6), np.float32)}, "Generated graph", lambda row: [])
    selection.offer(source, ended)
    selection.set(source, np.array([1]), "tiles")
    assert view.which.currentIndex() == 1
    assert selection.find_offered(source) is ended
    view.show()
    assert selection.find_offered(source) not in (ended, on_the_way)


async def test_a_model_that_foresees_nothing_is_shown_as_it_is_now(view: Any, lens: Any) -> None:
    await shown(view, lens, record_of(foreseen=False))
    lens.state.playback.set(flow=0.2)
    assert view._cells.text() == "below the diagonal: now, above: at the end"
    assert "foreseen" not in view._legend.text()
    view._point(3, 0)
    assert view._said.accessibleName().endswith("no edge")


def test_molecules_have_the_letters_of_their_atoms_as_these_are_now() -> None:
    carbon, oxygen = np.eye(9)[0] * 2 - 1, np.eye(9)[2] * 2 - 1
    bond = np.float32([1.0, -1.0, -1.0])
    last = np.concatenate([carbon, oxygen, np.zeros(9), *np.outer(bond, [1, 0, 0])])
    first = last.copy()
    first[9:18] = carbon
    x = np.float32([[first], [last]])
    places = np.zeros((2, 1, 3, 2), np.float32)
    record = FlowRecord.from_arrays(1, np.float32([0, 1]), x, extras={PLACES: places})
    way = GraphWay.of(record, 0, kind("molecules").graph)
    assert way.size == 2
    assert way.letters_at(0.0) == ["C", "C"]
    assert way.letters_at(1.0) == ["C", "O"]
    assert way.last.tolist() == [True, False, False]
    assert [way.inks_at(t)[1] for t in (0.0, 1.0)] == ["muted", "danger"], "of the element"
    triple = last.copy()
    triple[[27, 33]] = -1.0, 1.0
    found = kind("molecules").graph({"x": np.float32([last, triple])})
    assert found.wrong.tolist() == [[False] * 3, [False, True, False]], "three bonds at O"


def chain_of(orders: tuple[int, int]) -> np.ndarray:
    """Return the row of three carbon atoms in a chain whose bonds are of these orders."""
    pairs = -np.ones((3, 3), np.float32)  # by order, of (0, 1), (0, 2) and (1, 2)
    for pair, order in zip((0, 2), orders, strict=True):
        pairs[order - 1, pair] = 1.0
    atoms = np.tile(2.0 * np.eye(9, dtype=np.float32)[0] - 1.0, 3)
    return np.concatenate([atoms, pairs.ravel()])


def test_a_bond_has_as_many_lines_as_its_order_and_settles_with_it(qtbot: QtBot) -> None:
    ways = [[chain_of((1, 1)), chain_of((2, 1)), chain_of((2, 3))]]
    places = np.tile(np.float32([[0, 0], [1, 0], [2, 0]]), (3, 1, 1, 1))
    record = FlowRecord.from_arrays(
        1, np.float32([0, 0.5, 1]), np.float32(ways).swapaxes(0, 1), extras={PLACES: places}
    )
    way = GraphWay.of(record, 0, kind("molecules").graph)
    assert way.typed
    assert way.at(0.5).kinds[[0, 2]].tolist() == [2, 1]
    assert way.settled.tolist() == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]
    plane = GraphPlane()
    qtbot.addWidget(plane)
    plane.resize(400, 300)
    plane.show_way(way, np.arange(3))

    def lines(t: float, one: int) -> int:
        """Count the lines that a cut across the middle of the bond of two neighbours meets."""
        plane.set_flow(t)
        image = QImage(plane.size(), QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        with QPainter(image) as painter:
            plane.paint_on(painter, replace(DARK, text="#000000"))
        start, end = plane.paper.points[one : one + 2]
        column, row = round((start.x() + end.x()) / 2), round((start.y() + end.y()) / 2)
        dark = [image.pixelColor(column, row + k).lightness() < 160 for k in range(-15, 16)]
        return int((np.diff(np.int64([False, *dark])) == 1).sum())

    assert [(lines(t, 0), lines(t, 1)) for t in (0.0, 0.5, 1.0)] == [(1, 1), (2, 1), (2, 3)]
    matrix = AdjacencyPlot()
    qtbot.addWidget(matrix)
    matrix.resize(300, 300)
    written = []
    for t in (0.0, 1.0):
        matrix.show_way(way, np.arange(3))
        matrix.set_flow(t)
        written.append(matrix.grab().toImage())
    assert written[0] != written[1], "the order stands in its cell"


def test_nodes_with_labels_have_their_shapes_on_the_way() -> None:
    types = -np.ones((2, 8), np.float32)
    types[0, 1] = types[1, 4] = 1.0
    edges = np.float32([-1.0, 1.0, -1.0, -1.0])
    last = np.concatenate([types.ravel(), edges])
    first = np.concatenate([np.zeros(8, np.float32), types[1], edges])
    places = np.zeros((2, 1, 2, 2), np.float32)
    record = FlowRecord.from_arrays(
        1, np.float32([0, 1]), np.float32([[first], [last]]), extras={PLACES: places}
    )
    way = GraphWay.of(record, 0, kind("labelled-graphs").graph)
    assert [way.marks_at(t) for t in (0.0, 1.0)] == [[-1, 4], [1, 4]]
    none = record.holding(x=record.x * np.float32([[[0]], [[1]]]))
    assert GraphWay.of(none, 0, kind("labelled-graphs").graph).letters_at(0.0) == ["?", "?"]
    assert [way.letters_at(t) for t in (0.0, 1.0)] == [["?", "5"], ["2", "5"]]
    assert way.at(1.0).kinds.tolist() == [2]
    assert way.present(0.0).all(), "a node is there before anybody knows of which type"
    blank = {"x": np.zeros((1, len(first)), np.float32), "size": np.array([2])}
    rows = labelled_rows(blank)
    assert (rows.size.tolist(), rows.masked.tolist()) == ([2], [[True, True]])
    assert kind("labelled-graphs").by_hand.edges(("",) * 8 + ("likes", "hates"))[1] == (
        "edge 2 hates"
    )


async def test_the_curves_of_a_graph_that_is_built_are_over_its_nodes(
    view: GraphFlowView, lens: Any
) -> None:
    await shown(view, lens, built())
    assert view.edges.lines[0].x.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert view.edges.plane.bottom.labelText == "nodes"
    view.edges.chosen_at.emit(3.0)
    assert view.plane.way is not None
    assert view.plane.way.nodes_at(lens.state.playback.flow) == 3
