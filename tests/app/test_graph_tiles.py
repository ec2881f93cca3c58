"""Graphs as tiles: nodes where they were placed, edges as clear as they are certain."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from studio.app.kinds.graphs import REACH
from studio.app.kinds.registry import fitting, kind
from studio.app.tokens import DARK

SIDE = 120
CORNERS = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def painted(row, places=None):
    arrays = {"x": np.float32([row])}
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


def test_a_graph_that_nobody_placed_is_drawn_by_how_it_hangs_together(qapp):
    rng = np.random.default_rng(0)
    for length in (1, 3, 190):
        pixels = painted(np.where(rng.random(length) < 0.4, 1.0, -1.0))
        assert pixels.any()
        assert not pixels[[0, -1]].any()
    assert painted(np.zeros(6)).max() < 255


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
