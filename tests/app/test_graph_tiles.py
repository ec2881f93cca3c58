"""Graphs as tiles: nodes where they were placed, edges as clear as they are certain."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.observables.graphs.makes import MAKES
from pushforward.studio.app.core.data_type_registry import fitting, kind
from pushforward.studio.app.data.row_filter import keeps
from pushforward.studio.app.data_types.graphs.node_canvas import REACH, SMALLEST, Paper
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.places.setup.pickers.data_preview import DataPreview
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec

SIDE = 120
CORNERS = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def painted(row, places=None, **more):
    arrays = {"x": np.float32([row]), **more}
    if places is not None:
        arrays["places"] = np.float32([places])
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        kind("graphs").tiles(arrays).paint(painter, QRectF(0, 0, SIDE, SIDE), 0, DARK)
    return np.array(
        [[QColor(image.pixel(i, j)).lightness() for i in range(SIDE)] for j in range(SIDE)]
    )


def middle_of(pixels, first, second):
    """Return how light the middle of an edge is."""
    x, y = (CORNERS[first] + CORNERS[second]) / 2 * [1, -1]
    scale = SIDE / (2 * REACH)
    i, j = round(SIDE / 2 + scale * x), round(SIDE / 2 + scale * y)
    return int(pixels[j - 1 : j + 2, i - 1 : i + 2].max())


def test_edges_are_as_clear_as_they_are_certain(qapp):
    # Pairs 01, 02, 03, 12, 13, 23.
    pixels = painted([1.0, -1.0, -1.0, 0.0001, -1.0, -0.9], CORNERS)
    sure, half, none, faint = (
        middle_of(pixels, *pair) for pair in ((0, 1), (1, 2), (0, 3), (2, 3))
    )
    assert sure > half > 30
    assert none == 0
    assert faint == 0


def test_padded_nodes_are_not_drawn(qapp):
    whole = painted([1.0, -1, -1, 1, -1, 1], CORNERS)
    three = painted([1.0, -1, 0, 1, 0, 0], CORNERS)
    corner = (slice(0, SIDE // 2), slice(0, SIDE // 2))  # that of the last node
    assert whole[corner].any()
    assert not three[corner].any()


def test_a_graph_whose_pairs_have_come_in_any_order_has_all_its_nodes(qapp):
    """Three of six pairs are still undecided: that is no graph of two or three nodes."""
    pixels = painted([0.0, 1.0, 0.0, 0.0, 1.0, -1.0], CORNERS)
    assert middle_of(pixels, 0, 2) > 30
    assert middle_of(pixels, 1, 3) > 30


def test_a_graph_that_nobody_placed_is_drawn_by_how_it_hangs_together(qapp):
    rng = np.random.default_rng(0)
    for length in (1, 3, 190):
        pixels = painted(np.where(rng.random(length) < 0.4, 1.0, -1.0))
        assert pixels.any()
        assert not pixels[[0, -1]].any()
    assert painted(np.zeros(6)).max() < 255


def test_nodes_of_dense_halves_are_told_apart(qapp):
    """Where nobody placed them: as samples are drawn, and the data beside them."""
    half = np.arange(12) // 6
    first, second = np.triu_indices(12, 1)
    rng = np.random.default_rng(0)
    edges = (half[first] == half[second]) & (rng.random(len(first)) < 0.8)
    edges |= (first == 0) & (second == 11)
    (places,) = kind("graphs").tiles({"x": np.float32([2.0 * edges - 1.0])}).arrays["places"]
    apart = np.linalg.norm(places[first] - places[second], axis=1)
    assert apart.min() > 0.15
    assert apart[half[first] == half[second]].mean() < 0.6 * apart.mean()


def test_a_preview_draws_nodes_where_the_engine_placed_them(qapp, monkeypatch):
    preview = DataPreview()
    seen = []
    monkeypatch.setattr(preview.tiles, "show_tiles", lambda tiles, **_: seen.append(tiles))
    places = np.tile(CORNERS, (2, 1, 1))
    answer = {"x": np.ones((3, 6), np.float32), "size": np.full(3, 4), "places": places}
    parts = {name: each for name, each in answer.items() if name != "x"}
    preview.show_data(answer["x"], kind("graphs"), (), "", parts)
    (tiles,) = seen
    assert set(tiles.arrays) == {"x", "places"}
    assert len(tiles) == 2  # only what was placed, or the rest would look like other graphs
    np.testing.assert_array_equal(tiles.arrays["places"], places)


async def test_the_setup_shows_graphs_as_the_flow_lens_does(bench, wait):
    places = np.tile(CORNERS, (2, 1, 1))
    arrays = {"x": np.ones((2, 6), np.float32), "places": places}
    bench.script[m.PreviewData] = lambda command: ({"n": 2}, arrays)
    await bench.start()
    data = bench.state.catalog.entries_of("dataset")[0]
    graphs = msgspec.structs.replace(data, kinds=["graphs"])
    entries = [graphs if each is data else each for each in bench.state.catalog.entries]
    bench.state.catalog = msgspec.structs.replace(bench.state.catalog, entries=entries)
    bench.actions.setup.open(
        RunSpec(name="", family=Pick(slug="gan"), dataset=Pick(slug=data.slug))
    )
    await wait(lambda: bench.state.draft.points is not None)
    tiles = bench.window.canvas.setup.data.tiles.tiles
    np.testing.assert_array_equal(tiles.arrays["places"], places)


def test_rows_of_pairs_fit_and_others_do_not(qapp):
    graphs = kind("graphs")
    assert all(graphs.fits((n,)) for n in (1, 3, 6, 10, 190))
    assert not any(graphs.fits(shape) for shape in ((2,), (4,), (3, 3), (191,)))
    assert fitting(kind("points"), (3,)) is kind("points")
    x = np.zeros((5, 190))
    assert graphs.facts(x, (), {"n": 80}) == "80 graphs of at most 20 nodes"
    assert graphs.facts(x, (), {"nodes": 19}) == "5 graphs of at most 19 nodes"


@pytest.mark.parametrize("far", [1.0, 5.0])
def test_nodes_stay_in_their_tile(qapp, far):
    pixels = painted([1.0], [[-far, 0.0], [far, 0.0]])
    assert pixels[:, 8 : SIDE - 8].any()
    assert not pixels[:, [0, SIDE - 1]].any()


def rows(*graphs, nodes=6):
    """Return graphs, given by how many nodes they have and their edges, as rows."""
    first, second = np.triu_indices(nodes, 1)
    x = np.zeros((len(graphs), len(first)), np.float32)
    for row, (size, edges) in zip(x, graphs, strict=True):
        row[second < size] = -1.0
        for i, j in edges:
            row[(first == min(i, j)) & (second == max(i, j))] = 1.0
    return x


RING = [(0, 1), (1, 2), (2, 3), (0, 3)]
PATH = [(0, 1), (1, 2), (2, 3)]
TURNED = [(3, 1), (1, 0), (0, 2)]  # a path, too
STAR = [(0, 1), (0, 2), (0, 3)]


def test_the_same_graphs_are_one_class_and_the_nearest_training_graph_is_told():
    made = {"x": rows((4, RING), (4, PATH), (4, TURNED), (3, [(0, 1), (1, 2)]))}
    training = {"x": rows((4, PATH), (4, STAR))}
    found = kind("graphs").among(made, training, own=False)
    assert found["class"].tolist() == [2, 1, 1, 3], "the largest class is the first one"
    assert found["copies"].tolist() == [1, 2, 2, 1]
    assert found["nearest"][1:3].tolist() == [0.0, 0.0]
    assert found["nearest"][0] > 0.0, "of the spectrum of a star, and no star"
    assert found["why"].tolist() == ["1 cycle", "", "", ""], "all training graphs are lobsters"
    assert kind("graphs").means({**made, **found}) == "✓: a lobster"
    assert kind("graphs").means(made) == "", "nobody has looked yet"
    known = kind("graphs").measures({**made, **found})
    assert known["Validity"].tolist() == ["invalid: 1 cycle", "valid", "valid", "valid"]
    assert keeps(known, "valid, nodes = 4", 4).tolist() == [False, True, True, False]
    for wrong in (
        *("cycle", "invalid", "not valid", "validity = invalid", "validity = 1 cycle"),
        *("Validity != valid", "validity = invalid: 1 cycle"),
    ):
        assert keeps(known, wrong, 4).tolist() == [True, False, False, False], wrong


def test_a_make_that_graphs_are_meant_to_be_of_says_how_many_real_ones_are():
    training = {"x": rows((4, PATH), (4, RING), (4, STAR), (4, TURNED))}
    own = kind("graphs").among(training, training, own=True)
    assert own["why"].tolist() == [""] * 4, "planar, as all are: no real graph is called wrong"
    number = 1.0 + list(MAKES).index("tree")
    meant = {**training, **kind("graphs").holding({"meant": number}, 4)}
    own = kind("graphs").among(training, meant, own=True)
    assert own["why"].tolist() == ["", "1 cycle", "", ""]
    assert kind("graphs").means({**training, **own}) == "✓: a tree (75 % of the real graphs)"


def test_a_person_chooses_what_is_valid_by_how_many_real_graphs_are_so():
    training = {"x": rows((4, PATH), (4, RING), (4, STAR), (4, TURNED))}
    offered = dict(kind("graphs").rules(training))
    assert list(offered) == ["", *MAKES, "none"]
    assert offered["tree"] == "A tree: 75 % of the real graphs"
    assert offered["grid"] == "A grid: 25 % of the real graphs"
    none = {**training, **kind("graphs").holding({"meant": -1.0}, 4)}
    own = kind("graphs").among(training, none, own=True)
    assert "why" not in own, "nothing is wrong with any"
    assert kind("graphs").means({**training, **own}) == "No rule"


def test_among_themselves_training_graphs_are_held_against_the_others():
    training = {"x": rows((4, PATH), (4, TURNED), (4, STAR))}
    near = kind("graphs").among(training, training, own=True)["nearest"]
    assert near[:2].tolist() == [0.0, 0.0]
    assert near[2] > 0.05
    alone = kind("graphs").among({"x": rows((4, PATH))}, None, own=False)
    assert set(alone) == {"class", "copies"}


def test_a_graph_in_pieces_is_not_near_one_whose_spectrum_its_pieces_have():
    """Two paths of three nodes have the spectrum of one; a path of six is whole and as large."""
    halves = (6, [(0, 1), (1, 2), (3, 4), (4, 5)])
    whole = (6, [(i, i + 1) for i in range(5)])
    training = {"x": rows((3, [(0, 1), (1, 2)]), whole)}
    near = kind("graphs").among({"x": rows(halves, whole)}, training, own=False)["nearest"]
    assert near[0] > 0.6, "another number of nodes, or of pieces"
    assert near[1] == 0.0
    a_node_less = (5, [(i, i + 1) for i in range(4)])
    assert kind("graphs").among({"x": rows(a_node_less)}, training, own=False)["nearest"][0] < 0.3


def test_nodes_of_a_crowded_tile_are_smaller_than_the_way_between_them():
    """126 nodes, most of them alone, were one solid disc."""
    many = Paper(QRectF(0, 0, 100, 100), np.zeros((126, 2)))
    few = Paper(QRectF(0, 0, 100, 100), np.zeros((9, 2)))
    assert (few.radius(0.03, 2.0), few.radius(0.001, 2.0)) == (3.0, 2.0)
    assert many.radius(0.03, 2.0) == SMALLEST
    large = Paper(QRectF(0, 0, 400, 400), np.zeros((126, 2)))
    assert 126 * (2 * large.radius(0.03, 2.0)) ** 2 < 0.1 * 400**2


def test_spectra_that_agree_do_not_make_two_graphs_one():
    """The normalised Laplacians of K(1, 4) and K(2, 3) both have 0, 1, 1, 1 and 2."""
    two_three = [(i, j) for i in (0, 1) for j in (2, 3, 4)]
    made = {"x": rows((5, [(0, i) for i in (1, 2, 3, 4)]))}
    found = kind("graphs").among(made, {"x": rows((5, two_three))}, own=False)
    assert 0.0 < found["nearest"][0] <= 1e-3


def test_tiles_say_whether_a_graph_is_valid_by_a_mark_of_another_shape(qapp):
    row, places = [1.0, -1, -1, 1, -1, 1], np.float32(CORNERS) * 0.3
    plain, good, bad = (
        painted(row, places, **more)
        for more in ({}, {"why": np.array([""])}, {"why": np.array(["2 pieces"])})
    )
    corner = (slice(0, 20), slice(SIDE - 20, SIDE))
    assert not plain[corner].any()
    shapes = [each[corner] > 60 for each in (good, bad)]
    assert all(shape.sum() > 8 for shape in shapes)
    assert (shapes[0] != shapes[1]).sum() > 8


def test_graphs_with_a_number_a_node_are_read_by_their_sizes(qapp):
    x = np.concatenate([np.full((2, 6), 3.0, np.float32), rows((6, RING), (4, PATH))], axis=1)
    known = kind("graphs").measures({"x": x, "size": np.array([6, 4])})
    assert known["Nodes"].tolist() == [6, 4]
    assert known["Edges"].tolist() == [4, 3]


def test_a_graph_of_many_sizes_is_drawn_alike_among_others(qapp):
    """Whatever it is drawn with, and however many places a row has."""
    rng = np.random.default_rng(0)
    ring = np.zeros((9, 9), bool)
    for i, j in RING:
        ring[i, j] = ring[j, i] = True
    other = np.triu(rng.random((9, 9)) < 0.4, 1)
    alone = lay_out(ring[None, :4, :4], np.array([4]))[0]
    among = lay_out(np.stack([other | other.T, ring]), np.array([9, 4]))[1]
    assert (among[:4] == alone).all()
    assert not among[4:].any()


def test_communities_are_told_by_colour_and_shape(qapp):
    """As a set of two communities is one; the edge between them is the brightest."""
    ends = [
        (i, j) for side in (0, 3) for i in range(side, side + 3) for j in range(i + 1, side + 3)
    ]
    arrays = {"x": rows((6, [*ends, (2, 3)])), "make": np.array(["two communities"])}
    half = kind("graphs").ready(arrays)["half"][0]
    assert half.sum() == 3
    assert len(set(half[:3])) == len(set(half[3:])) == 1
    assert "half" not in kind("graphs").ready({**arrays, "make": np.array(["a tree"])})
    places = np.float32([[[-1, 0], [-0.8, 0.5], [-0.5, 0], [0.5, 0], [0.8, 0.5], [1, 0]]])
    plain = painted(arrays["x"][0], places[0])
    told = painted(arrays["x"][0], places[0], make=arrays["make"])
    bridge = (slice(SIDE // 2 - 2, SIDE // 2 + 3), slice(SIDE // 2 - 4, SIDE // 2 + 4))
    assert told[bridge].max() > plain[bridge].max() + 30
    assert (told != plain).sum() > 20
