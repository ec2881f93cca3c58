"""Kinds of data on the screen: found, asked, painted; also one that nobody has described."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import EachTile, filters
from pushforward.studio.app.core.data_type_registry import (
    all_kinds,
    fitting,
    kind,
    kind_of,
    kind_of_run,
)
from pushforward.studio.app.data.number_tiles import strips
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.data_types.plain_type import plain
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.places.discover.discover_page import Discover
from pushforward.studio.app.shell.lens_tabs import discover as discover_views
from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.protocol.spec import Pick
from tests.client.fakes.catalog import catalog

SIDE = 40


def painted(tiles, row):
    """Return the pixels of a tile, (SIDE, SIDE) as ARGB."""
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        tiles.paint(painter, QRectF(0, 0, SIDE, SIDE), row, DARK)
    return np.array([[image.pixel(i, j) for i in range(SIDE)] for j in range(SIDE)])


def test_kinds_are_found_in_their_order_and_one_is_assumed():
    assert [each.slug for each in all_kinds()][:2] == ["points", "images"]
    assert [each.slug for each in all_kinds() if each.assumed] == ["points"]
    assert kind("") is kind("points")
    assert kind_of(Pick(slug="no-such-data"), catalog()) is kind("points")
    assert kind_of_run(None, None) is kind("points")


@pytest.mark.parametrize("each", [*all_kinds(), plain("knots")], ids=lambda each: each.slug)
def test_every_kind_can_be_exported_and_has_its_words(each):
    assert each.files.count("(*.") == len(each.suffixes) > 0
    assert all([each.title, each.one, each.many, each.moving, each.loading, each.views])


def test_suffixes_of_one_format_are_one_filter_of_a_dialog():
    assert filters([".csv", ".h5", ".hdf5"]) == "CSV (*.csv);;HDF5 (*.h5 *.hdf5)"


def test_every_kind_that_has_an_importer_says_so_where_files_are_dropped(qapp):
    discover()
    able = {importer.kind for importer in importers.all()}
    assert {each.slug for each in all_kinds() if each.imports} == able
    page = Discover(AppState(), SimpleNamespace())
    assert all(each.imports in page.own.facts(None) for each in all_kinds())
    page.deleteLater()


def test_an_unknown_kind_is_seen_at_once(qapp):
    knots = kind("tied-knots")
    assert (knots.layout, knots.title) == ("tiles", "Tied knots")
    x = np.zeros((2, 3, 3))
    x[1] = np.arange(9).reshape(3, 3)
    tiles = knots.tiles({"x": x})
    assert len(tiles) == 2
    flat, ramp = painted(tiles, 0), painted(tiles, 1)
    assert len(np.unique(flat)) == 1
    assert len(np.unique(ramp)) > 4
    assert knots.facts(x, (), {"n": 1234}) == "1,234 data of 3 x 3 numbers"


def test_numbers_of_one_page_share_a_scale_and_missing_ones_stay_empty(qapp):
    x = np.array([[0.0, 1.0, -1.0, np.nan], [0.0, 1.0, -1.0, 8.0]])
    first, second = (painted(strips({"x": x}), row) for row in range(2))
    half = SIDE // 2
    assert (first[:half] == second[:half]).all()
    assert QColor.fromRgba(int(first[-1, -1])).alpha() == 0
    assert QColor.fromRgba(int(second[-1, -1])) == QColor(DARK.accent)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_numbers_that_are_all_the_same_have_no_colour(qapp, value):
    tile = painted(strips({"x": np.full((1, 4), value)}), 0)
    assert {QColor.fromRgba(int(each)).name() for each in np.unique(tile)} == {DARK.raised}


def test_a_datum_brings_its_parts_from_a_record_to_its_painter(qapp):
    seen = []

    def paint(painter, rect, datum, palette):
        seen.append({name: array.shape for name, array in datum.items()})

    jets = replace(plain("bags"), parts=("mask",), tiles=lambda arrays: EachTile(arrays, paint, 2))
    x, mask = np.zeros((5, 8, 6, 3)), np.ones((5, 8, 6), dtype=bool)
    extras = {"mask": mask, "velocity": np.zeros(3)}
    assert jets.rows(x, extras, 4, slice(2)).keys() == {"x", "mask"}
    grid = TileGrid("Bags")
    grid.resize(300, 200)
    grid.show_tiles(jets.tiles(jets.rows(x, extras, 4, slice(2))), noun=jets.moving)
    grid.grab()
    assert seen == [{"x": (6, 3), "mask": (6,)}] * 2
    cell = grid._cell(0)
    assert cell.width() == pytest.approx(2 * cell.height())
    way = jets.way(x, extras, 7, np.array([0, 2]))
    assert {name: array.shape for name, array in way.items()} == {"x": (2, 6, 3), "mask": (2, 6)}


def test_data_that_are_not_what_was_expected_are_shown_as_what_they_are():
    images, points = kind("images"), kind("points")
    assert fitting(images, (1, 4, 4)) is images
    assert fitting(images, (2,)) is points
    assert fitting(points, (4, 4)).layout == "tiles"


def test_images_are_painted_in_their_colours(qapp):
    images = kind("images")
    assert images.fits((3, 8, 8))
    assert not images.fits((2,))
    red = np.zeros((1, 3, 2, 2))
    red[:, 0] = 1
    assert {int(v) for v in np.unique(painted(images.tiles({"x": red}), 0))} == {0xFFFF0000}


@pytest.mark.parametrize(
    ("slug", "views"),
    [("points", ("particles", "scatter")),
     ("images", ("tiles", "browser", "film", "edit", "image-guidance")),
     ("jets", ("jet-flow", "tiles", "browser", "jet-means")),
     ("cubes", ("tiles", "scene", "browser")),
     ("interactions", ("recommend",)), ("tied-knots", ("tiles", "browser"))],
)  # fmt: skip
def test_views_apply_to_the_kinds_that_name_them(slug, views):
    run = SimpleNamespace(spec=SimpleNamespace(dataset=SimpleNamespace(slug="data")))
    state = SimpleNamespace(
        runs=SimpleNamespace(current=run), catalog=SimpleNamespace(kind_of=lambda dataset: slug)
    )
    all_views = {view for each in all_kinds() for view in each.views}
    assert {view for view in all_views if shows(view)(state)} == set(views)
    state.runs.current = None
    assert not any(shows(view)(state) for view in views)


def test_the_views_of_every_kind_are_there(qapp):
    ids = {view.id for view in discover_views(AppState())}
    assert {view for each in (*all_kinds(), plain("knots")) for view in each.views} <= ids


@pytest.mark.parametrize(
    ("slug", "shape", "said"),
    [
        ("graphs", (1, 6), "1 graph of"),
        ("images", (1, 1, 4, 4), "1 picture of"),
        ("interactions", (1, 3), "1 user"),
    ],
)
def test_a_single_datum_is_counted_as_one(slug, shape, said):
    assert kind(slug).facts(np.ones(shape), (), {}).startswith(said)
