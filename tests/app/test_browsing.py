"""Browsing: thousands of tiles in one frame, sorted, filtered, zoomed, selected for all lenses."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app.kinds.browsed import Browsed
from studio.app.kinds.filtering import Unfiltered, keeps, orders, sorted_rows
from studio.app.kinds.registry import kind
from studio.app.state.selection import Selection, Source
from studio.app.state.session import AppState
from studio.app.widgets.browser import Browser, short

MADE, REAL = Source("/p/runs/0001-r", "samples", "a.h5"), Source("/p/runs/0001-r", "data", "0")
KNOWN = {"Mass": np.array([3.0, np.nan, 1.0]), "Type": np.array(["top", "gluon", "Top"])}
N = 5000


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    made = Browser(Selection())
    made.resize(800, 500)
    made.show()
    light = np.arange(N, dtype=np.float32)[::-1] / N
    x = np.broadcast_to(light[:, None, None, None], (N, 1, 4, 4))
    real = {"x": x[:40], "label": np.array(["one", "two"] * 20)}
    made.show_data(kind("images"), {"x": x}, MADE, real, REAL, "")
    qapp.processEvents()
    yield made
    made.close()
    made.deleteLater()


def test_rows_are_sorted_and_those_without_a_number_come_last() -> None:
    assert orders(KNOWN) == ["As drawn", "Mass, high first", "Mass, low first", "Type"]
    assert sorted_rows(KNOWN, "Mass, low first", 3).tolist() == [2, 0, 1]
    assert sorted_rows(KNOWN, "Mass, high first", 3).tolist() == [0, 2, 1]
    assert sorted_rows(KNOWN, "", 3).tolist() == [0, 1, 2]


def test_a_filter_compares_numbers_and_looks_for_words() -> None:
    assert keeps(KNOWN, "mass >= 3", 3).tolist() == [True, False, False]
    assert keeps(KNOWN, "TOP, ma < 2", 3).tolist() == [False, False, True]
    assert keeps(KNOWN, "type = gluon", 3).tolist() == [False, True, False]
    assert keeps(KNOWN, " , ", 3).all()
    for wrong in ("spin > 1", "mass > heavy", "type < top"):
        with pytest.raises(Unfiltered):
            keeps(KNOWN, wrong, 3)


def test_kinds_say_what_their_data_can_be_sorted_by(qapp: QApplication) -> None:
    jets = np.zeros((1, 3, 3), np.float32)
    jets[0, 0] = 0.1, 0.0, np.log1p(100.0)
    known = kind("jets").measures({"x": jets, "label": np.array(["top"])})
    assert known["Constituents"].tolist() == [1]
    assert known["pT"][0] == pytest.approx(100.0, rel=1e-3)
    assert known["Type"].tolist() == ["top"]
    row = np.float32([[1, -1, 0, 0.2, 0, 0]])
    assert {n: v[0] for n, v in kind("graphs").measures({"x": row}).items()} == {
        "Nodes": 3,
        "Edges": 2,
    }


def test_only_tiles_in_sight_are_made(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[int] = set()
    paint = Browsed.paint
    monkeypatch.setattr(
        Browsed,
        "paint",
        lambda self, p, rect, row, t: (asked.add(row), paint(self, p, rect, row, t)),
    )
    grid = browser.made.grid
    browser.real.hide()
    grid.zoom(40)
    grid.scrollTo(grid.model().index(N - 1))
    while not asked or grid.waiting:
        QApplication.processEvents()
    first, last = grid.in_sight()
    assert last == N
    assert min(asked) >= first - 2 * (last - first)
    assert len(asked) < N / 5


def test_tiles_are_sorted_and_filtered_on_both_sides(browser: Browser) -> None:
    browser.order.setCurrentText("Light, low first")
    assert browser.made.grid._items.row(0) == N - 1
    browser.filter.setText("light > 99.5")
    assert browser.made._where.accessibleName().endswith("filtered from 5,000")
    assert (browser.made.grid.count, browser.real.grid.count) == (24, 24)
    browser.filter.setText("spin > 3")
    assert browser.made.grid.count == N
    assert browser.filter.property("invalid") == "true"
    assert "spin is not known" in browser._line.accessibleName()


def test_rows_stay_selected_however_they_are_sorted(browser: Browser) -> None:
    selection, grid = browser._selection, browser.made.grid
    selection.set(MADE, np.array([7, 3, 3]), "lasso")
    assert grid.rows.tolist() == [3, 7]
    assert not len(browser.real.grid.rows)
    browser.order.setCurrentText("Light, low first")
    assert grid.rows.tolist() == [3, 7]
    browser.filter.setText("light < 50")
    assert grid.rows.tolist() == []
    assert selection.of(MADE).tolist() == [3, 7]  # what is not seen is selected still
    assert browser.picked.text() == "2 selected, 0.04 %"
    browser.picked.click()
    assert selection.source is None
    assert not browser.picked.isVisible()


def test_other_data_are_not_said_to_be_selected(browser: Browser) -> None:
    browser._selection.set(MADE, np.array([3, 7]), "lasso")
    assert browser.picked.isVisible()
    other = Source("/p/runs/0002-r", "samples", "b.h5")
    x = np.zeros((9, 1, 4, 4), np.float32)
    browser.show_data(kind("images"), {"x": x}, other, None, None, "")
    assert not browser.picked.isVisible()


def test_what_is_selected_in_a_project_is_not_in_the_next(qapp: QApplication) -> None:
    state = AppState()
    state.selection.set(MADE, np.array([3]), "tiles")
    state.project_changed.emit()
    assert state.selection.source is None


def test_escape_empties_the_filter(browser: Browser) -> None:
    browser.filter.setText("light < 50")
    QTest.keyClick(browser.filter, Qt.Key.Key_Escape)
    assert browser.filter.text() == ""
    assert browser.made.grid.count == N


def test_measures_are_said_in_full_and_with_their_unit() -> None:
    assert short(np.float32(1021.4)) == "1,021"
    assert short(np.int64(12_345)) == "12,345"
    assert kind("jets").units == {"Mass": "GeV", "pT": "GeV"}


def test_the_keyboard_walks_extends_and_lets_go(browser: Browser) -> None:
    grid, keys = browser.made.grid, Qt.Key
    QTest.keyClick(grid, keys.Key_Home)
    QTest.keyClick(grid, keys.Key_Right)
    assert browser._line.accessibleName() == "Generated image 1 · light 100 %"
    QTest.keyClick(grid, keys.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert browser._selection.of(MADE).tolist() == [1, 2]
    QTest.mouseClick(
        grid.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier,
        grid._cell(5).center().toPoint(),
    )
    assert browser._selection.of(MADE).tolist() == [1, 2, 5]
    QTest.keyClick(grid, keys.Key_Escape)
    assert browser._selection.source is None
    assert grid.inspected == 5


def test_the_nearest_real_ones_of_the_one_in_the_ring_come_first(browser: Browser) -> None:
    browser.nearest.click()
    assert browser.real.grid._items.row(0) == 0  # nothing is in the ring
    browser.made.grid.setCurrentIndex(browser.made.grid.model().index(7))
    # Data that are as far above as below stay in their order.
    rows = [browser.real.grid._items.row(place) for place in range(3)]
    assert rows[0] == 7
    assert set(rows[1:]) == {6, 8}
    said = browser._line.accessibleName()
    assert "nearest of 40 real ones 0 away (they from each other: 0.0008)" in said
    browser.filter.setText("two")
    assert browser.real.grid._items.row(0) == 7
    assert browser.real.grid.count == 20
    browser.nearest.click()
    assert browser.real.grid._items.row(0) == 1
    assert kind("jets").apart is None


def test_what_is_selected_is_copied_and_dragged_out(browser: Browser) -> None:
    grid = browser.made.grid
    browser._selection.set(MADE, np.array([0, N - 1]), "tiles")
    QTest.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard.text().splitlines() == [
        "Generated image 0 · light 100 %", "Generated image 4999 · light 0 %"
    ]  # fmt: skip
    picture = clipboard.image()
    lights = {picture.pixelColor(x, picture.height() // 2).lightness() for x in (60, 180)}
    assert lights == {0, 255}
    # Both are where the order has them, whichever way they are sorted.
    browser.order.setCurrentText("Light, low first")
    assert grid.model().flags(grid.model().index(0)) & Qt.ItemFlag.ItemIsDragEnabled
    taken = grid.model().mimeData(grid.selectionModel().selectedIndexes())
    (url,) = taken.urls()
    assert url.toLocalFile().endswith("pictures-1.png")
    assert QImage(url.toLocalFile()) == QImage(taken.imageData())
    assert taken.text() == clipboard.text()


@pytest.mark.parametrize("few", [64, 40])
def test_tiles_beside_each_other_are_of_one_size(browser: Browser, few: int) -> None:
    x = np.zeros((N, 1, 4, 4), dtype=np.float32)
    for made, real in ((x[:few], x), (x, x[:few]), (x[:few], x[:few])):
        browser.show_data(kind("images"), {"x": made}, MADE, {"x": real}, REAL, "")
        assert browser.made.grid.tile_height == browser.real.grid.tile_height > 16


def test_the_wheel_with_ctrl_zooms_both_sides_and_keeps_the_place(browser: Browser) -> None:
    grid = browser.made.grid
    grid.verticalScrollBar().setValue(400)
    first = grid.in_sight()[0]
    height = grid.tile_height
    place = QPointF(30, 30)
    turn = QWheelEvent(
        place, place, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(grid.viewport(), turn)
    assert grid.tile_height > height
    assert browser.real.grid.tile_height == grid.tile_height
    assert browser.size_.value() == grid.tile_height
    first_now, last_now = grid.in_sight()
    assert first_now <= first < last_now


def test_squares_of_heat_share_their_scale_however_many_are_made_at_once(
    qapp: QApplication,
) -> None:
    bags = kind("bags")
    x = np.float32([[0.0, 0.0], [1.0, 1.0], [9.0, 9.0]])
    common = bags.common({"x": x})
    apart = bags.tiles({"x": x[1:2], **common}).arrays["x"]  # type: ignore[attr-defined]
    np.testing.assert_allclose(apart[0], bags.tiles({"x": x}).arrays["x"][1])  # type: ignore[attr-defined]
