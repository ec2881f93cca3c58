"""Browsing: thousands of tiles in one frame, sorted, filtered, zoomed, selected for all lenses."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.selection import Selection, Source
from pushforward.studio.app.data import browser as frame
from pushforward.studio.app.data.browser import Browser
from pushforward.studio.app.data.row_filter import (
    Unfiltered,
    hint,
    keeps,
    orders,
    sorted_rows,
    why_none,
)
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_loading import Browsed
from pushforward.studio.app.data.tile_pane import brief, describe_sample, in_unit, short

MADE, REAL = Source("/p/runs/0001-r", "samples", "a.h5"), Source("/p/runs/0001-r", "data", "0")
KNOWN = {"Mass": np.array([3.0, np.nan, 1.0]), "Type": np.array(["top", "gluon", "Top"])}
N = 5000
Wait = Callable[..., Coroutine[Any, Any, None]]


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
    assert orders(KNOWN) == ["Sampling order", "Mass, high first", "Mass, low first", "Type"]
    assert sorted_rows(KNOWN, "Mass, low first", 3).tolist() == [2, 0, 1]
    assert sorted_rows(KNOWN, "Mass, high first", 3).tolist() == [0, 2, 1]
    assert sorted_rows(KNOWN, "", 3).tolist() == [0, 1, 2]


def test_a_measure_says_what_it_is_not(browser: Browser) -> None:
    """Digits that nobody can read were sorted by how sure the judge is, with 99 % each."""
    x = np.zeros((2, 1, 4, 4), np.float32)
    known = {"judge": np.array(["a", "b"]), "sure": np.array([0.5, 0.9]), "nearest": np.ones(2)}
    browser.show_data(kind("images"), {"x": x, **known}, MADE, None, None, "")
    place = browser.order.findText("Confidence, low first")
    assert "Not a quality" in browser.order.itemData(place, Qt.ItemDataRole.ToolTipRole)
    browser.order.setCurrentIndex(place)
    assert "Not a quality" in browser.order.toolTip()
    browser.order.setCurrentIndex(0)
    assert browser.order.toolTip() == ""
    assert dict(describe_sample(kind("images"), browser.made.measures))["Distance"] == "1 by pixels"


def test_what_is_selected_goes_to_where_it_is_edited(browser: Browser) -> None:
    title, went = "Use in the edit lab", []
    browser.edit_wanted.connect(lambda: went.append(1))
    assert title not in dict(browser.entries(browser.made))
    browser.edits = True
    assert dict(browser.entries(browser.made))[title] is None, "nothing is selected"
    browser._selection.set(REAL, np.array([3]), "tiles")
    act = dict(browser.entries(browser.real))[title]
    assert callable(act)
    act()
    assert went == [1]


def test_a_filter_compares_numbers_and_looks_for_words() -> None:
    assert keeps(KNOWN, "mass >= 3", 3).tolist() == [True, False, False]
    assert keeps(KNOWN, "TOP, ma < 2", 3).tolist() == [False, False, True]
    assert keeps(KNOWN, "type = gluon", 3).tolist() == [False, True, False]
    assert keeps(KNOWN, "type == 'top' and mass > 2", 3).tolist() == [True, False, False]
    said = why_none(KNOWN, "type is top and mass > 2", 3, {})
    assert said.endswith("gluon, top. Write conditions as Top, Mass > 1.")
    assert keeps(KNOWN, " , ", 3).all()
    assert keeps(KNOWN, "1 <= mass < 3", 3).tolist() == [False, False, True]
    assert keeps(KNOWN, "3 >= mass > 1 and top", 3).tolist() == [True, False, False]
    with pytest.raises(Unfiltered, match="Put a comma before mass"):
        keeps(KNOWN, "type = top mass > 40", 3)
    with pytest.raises(Unfiltered, match="Put a comma before mass"):
        keeps(KNOWN, "top mass > 40", 3)
    with pytest.raises(Unfiltered, match="Remove GeV"):
        keeps(KNOWN, "mass > 60 GeV", 3)
    with pytest.raises(Unfiltered, match="Put a comma before type = top"):
        keeps(KNOWN, "mass > 120 type = top", 3)
    for wrong in ("spin > 1", "mass > heavy", "type < top"):
        with pytest.raises(Unfiltered):
            keeps(KNOWN, wrong, 3)


def test_what_is_less_than_all_is_not_said_to_be_all() -> None:
    """Of 99.6 % a caption said 100 %, and hid what tiles were sorted by."""
    for value, said in ((100.0, "100 %"), (99.97, "> 99.9 %"), (99.6, "99.6 %"), (98.6, "99 %")):
        number = np.float64(value)
        assert in_unit(brief(number), number, "%") == said


def test_tiles_stay_large_enough_for_what_stands_below_them(browser: Browser) -> None:
    """Sorted by a number a page of 64 had tiles of 16 pixels, and most of the numbers were left
    out.
    """
    browser.resize(660, 400)
    browser.order.setCurrentIndex(browser.order.findText("Brightness, low first"))
    for pane in (browser.made, browser.real):
        assert pane.grid.words
        assert pane.grid.tile_height >= 36


def test_a_filter_compares_two_columns() -> None:
    """ "judge != class" showed all, as if the judge saw none as what it was asked to be."""
    known = {
        "Class": np.array(["8", "3", "8"]), "Judge": np.array(["8", "8", "3"]),
        "Light": np.array([1.0, 2.0, 3.0]), "Sure": np.array([2.0, 2.0, 2.0]),
    }  # fmt: skip
    assert keeps(known, "judge!=class", 3).tolist() == [False, True, True]
    assert keeps(known, "judge = class, judge = 8", 3).tolist() == [True, False, False]
    assert keeps(known, "light < sure", 3).tolist() == [True, False, False]
    assert keeps(known, "1 < light <= sure", 3).tolist() == [False, True, False]
    assert why_none(known, "judge = class, light > 2", 3, {}) == "", "each alone keeps some"
    with pytest.raises(Unfiltered, match=r"classs is none of Judge: 3, 8\."):
        keeps(known, "judge != classs", 3)
    with pytest.raises(Unfiltered, match="Sure is a number, and Class is a word"):
        keeps(known, "sure > class", 3)
    assert not keeps(known, "judge = 5", 3).any()


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
        "Density": pytest.approx(2 / 3),
        "Triangles": 0,
        "Clustering": 0.0,
        "Communities": 1,
        "Components": 1,
        "Largest degree": 2,
        "Squares": 0,
        "Diameter": 2,
        "Assortativity": pytest.approx(-1.0),
        "Spectral gap": pytest.approx(1.0),
    }


def test_a_filter_stays_with_its_kind(browser: Browser) -> None:
    browser.filter.setText("label = one")
    light = {"x": np.zeros((4, 1, 4, 4), np.float32), "label": np.array(["one", "two"] * 2)}
    browser.show_data(kind("images"), light, MADE, light, REAL, "")
    assert browser.filter.text() == "label = one"
    graphs = {"x": np.float32([[1, -1, 0, 0.2, 0, 0]] * 4)}
    browser.show_data(kind("graphs"), graphs, MADE, graphs, REAL, "")
    assert browser.filter.text() == "", "nothing of a graph is called so"


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
    browser.order.setCurrentText("Brightness, low first")
    assert browser.made.grid._items.row(0) == N - 1
    browser.filter.setText("brightness > 99.5")
    assert browser.made._where.text().endswith("filtered from 5,000")
    assert (browser.made.grid.count, browser.real.grid.count) == (24, 24)
    browser.filter.setText("spin > 3")
    assert browser.made.grid.count == N
    assert browser.filter.property("invalid") == "true"
    assert browser.wrong.isVisible()
    assert browser.wrong.text().startswith("Unknown filter spin")
    head = browser.made._where.mapTo(browser, QPoint(0, browser.made._where.height()))
    assert head.y() <= browser.wrong.y() < 60, "below the filter, and no head is covered"


def test_rows_stay_selected_however_they_are_sorted(browser: Browser) -> None:
    selection, grid = browser._selection, browser.made.grid
    selection.set(MADE, np.array([7, 3, 3]), "lasso")
    assert grid.rows.tolist() == [3, 7]
    assert not len(browser.real.grid.rows)
    browser.order.setCurrentText("Brightness, low first")
    assert grid.rows.tolist() == [3, 7]
    browser.filter.setText("brightness < 50")
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
    assert browser.picked.text() == "2 selected elsewhere"
    assert "generated samples" in browser.picked.toolTip()
    browser._selection.clear()
    assert not browser.picked.isVisible()


def test_what_is_selected_in_a_project_is_not_in_the_next(qapp: QApplication) -> None:
    state = AppState()
    state.selection.set(MADE, np.array([3]), "tiles")
    state.project_changed.emit()
    assert state.selection.source is None


def test_escape_empties_the_filter(browser: Browser) -> None:
    browser.filter.setText("brightness < 50")
    QTest.keyClick(browser.filter, Qt.Key.Key_Escape)
    assert browser.filter.text() == ""
    assert browser.made.grid.count == N


def test_measures_are_said_in_full_and_with_their_unit() -> None:
    assert short(np.float32(1021.4)) == "1,021"
    assert short(np.int64(12_345)) == "12,345"
    assert kind("jets").units == {"Mass": "GeV", "pT": "GeV", "Constituent pT": "GeV"}


def test_the_keyboard_walks_extends_and_lets_go(browser: Browser) -> None:
    grid, keys = browser.made.grid, Qt.Key
    QTest.keyClick(grid, keys.Key_Home)
    QTest.keyClick(grid, keys.Key_Right)
    assert browser._line.text() == "Generated image 1 · brightness > 99.9 %"
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


async def test_the_nearest_real_ones_of_the_one_in_the_ring_come_first(
    browser: Browser, wait: Wait
) -> None:
    assert "Compared by pixels" in browser.nearest.toolTip()
    browser.made.grid.inspect(-1)
    browser.nearest.click()
    assert browser.real.grid._items.row(0) == 0  # nothing is in the ring
    assert browser.nearest.text() == "Nearest: pick one", "it waits, and is not in force"
    browser.made.grid.setCurrentIndex(browser.made.grid.model().index(7))
    assert browser._near_line.text() == ""  # the window does not wait for it
    await wait(lambda: "nearest" in browser._near_line.text())
    assert browser.nearest.text() == "Nearest"
    # Data that are as far above as below stay in their order.
    rows = [browser.real.grid._items.row(place) for place in range(3)]
    assert rows[0] == 7
    assert set(rows[1:]) == {6, 8}
    said = browser._near_line.text()
    assert said == (
        "nearest of 40 real images: 0 away by pixels; real samples: 0.0008 from their nearest "
        "(median)"
    )
    assert browser.real._where.text().endswith("nearest first"), "whatever the order"
    browser.order.setCurrentIndex(1)
    assert browser.real.grid.words[7] == "0", "how far, and not what they would be sorted by"
    assert browser.made.grid.words[7].endswith("%")
    assert "nearest first" not in browser.made._where.text()
    browser.filter.setText("two")
    assert browser.real.grid._items.row(0) == 7
    assert browser.real.grid.count == 20
    browser.nearest.click()
    assert browser.real.grid._items.row(0) == 1
    assert "nearest first" not in browser.real._where.text()


def jets_of(*hardest: tuple[float, float, float]) -> dict[str, np.ndarray]:
    """Return jets of two constituents: the place and GeV of the harder one, and one of 1 GeV."""
    x = np.zeros((len(hardest), 3, 3), np.float32)
    for jet, (eta, phi, pt) in zip(x, hardest, strict=True):
        jet[0], jet[1] = (0.0, 0.1, np.log1p(1.0)), (eta, phi, np.log1p(pt))
    return {"x": x, "mask": np.array([[True, True, False]] * len(x))}


def test_jets_are_as_far_apart_as_their_hard_constituents() -> None:
    apart = kind("jets").apart
    assert apart is not None
    jets = jets_of((0.1, 0.0, 100.0), (0.1, 0.0, 90.0), (0.1, 0.02, 100.0), (-0.3, 0.0, 100.0))
    # In another order, and with something where nothing is.
    other = {name: each[0][[1, 0, 2]] for name, each in jets.items()}
    other["x"] = other["x"].copy()
    other["x"][2] = 0.2, 0.2, 3.0
    far = apart(other, jets)
    assert far[0] == pytest.approx(0.0, abs=1e-6)
    assert np.argsort(far).tolist() == [0, 1, 2, 3]


def packed(*edges: tuple[int, int], nodes: int, most: int = 6) -> np.ndarray:
    """Return a graph as a row of pairs."""
    first, second = np.triu_indices(most, 1)
    row = np.where(second < nodes, -1.0, 0.0)
    for a, b in edges:
        row[(first == min(a, b)) & (second == max(a, b))] = 1.0
    return row.astype(np.float32)


def test_only_the_same_graph_is_at_no_distance_however_it_is_numbered() -> None:
    apart = kind("graphs").apart
    assert apart is not None
    star = packed((0, 1), (0, 2), (0, 3), (0, 4), nodes=5)
    turned = packed((3, 1), (3, 2), (3, 0), (3, 4), nodes=5)
    # Of the same spectrum: the normalised Laplacian does not tell K(1, 4) from K(2, 3).
    wide = packed((0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), nodes=5)
    path = packed((0, 1), (1, 2), (2, 3), (3, 4), nodes=5)
    far = apart({"x": star}, {"x": np.stack([path, wide, turned])})
    assert far[2] == 0.0
    assert 0.0 < far[1] < 0.01 < far[0]


def test_graphs_are_laid_out_alike_alone_and_with_others() -> None:
    rng = np.random.default_rng(0)
    x = np.where(rng.random((30, 66)) < 0.3, 1.0, -1.0).astype(np.float32)
    alone, together = (Browsed(kind("graphs"), {"x": x}) for _ in range(2))
    together.make_ready(range(30))
    for row in (0, 17, 29):
        alone.make_ready([row])
        np.testing.assert_allclose(
            alone.known[row]["places"], together.known[row]["places"], atol=1e-4
        )


def test_graphs_in_sight_are_laid_out_many_at_once(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.where(np.random.default_rng(0).random((3000, 66)) < 0.3, 1.0, -1.0).astype(np.float32)
    batches: list[int] = []
    ready = Browsed.make_ready
    monkeypatch.setattr(
        Browsed,
        "make_ready",
        lambda self, rows: (batches.append(len(rows)), ready(self, rows)),
    )
    grid = TileGrid("Graphs", browsed=True)
    grid.resize(500, 500)
    tiles = Browsed(kind("graphs"), {"x": x})
    grid.show_tiles(tiles, page=36)
    grid.zoom(38)
    grid.show()
    qapp.processEvents()
    while grid.waiting:
        qapp.processEvents()
    assert max(batches) > 4
    assert grid.in_sight()[1] <= len(tiles.known) < 200
    grid.close()


def test_what_is_selected_is_copied_and_dragged_out(browser: Browser) -> None:
    grid = browser.made.grid
    browser._selection.set(MADE, np.array([0, N - 1]), "tiles")
    QTest.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard.text().splitlines() == [
        "Generated image 0 · brightness > 99.9 %", "Generated image 4999 · brightness 0 %"
    ]  # fmt: skip
    picture = clipboard.image()
    lights = {picture.pixelColor(x, picture.height() // 2).lightness() for x in (60, 180)}
    assert lights == {0, 255}
    # Both are where the order has them, whichever way they are sorted.
    browser.order.setCurrentText("Brightness, low first")
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


def test_tiles_are_no_smaller_than_what_can_be_made_out_in_them(browser: Browser) -> None:
    rows = np.where(np.arange(10) < 6, 1.0, -1.0) * np.ones((N, 1))
    browser.resize(700, 260)
    graphs = kind("graphs")
    browser.show_data(graphs, {"x": rows}, MADE, {"x": rows}, REAL, "")
    grid = browser.made.grid
    assert grid.tile_height == graphs.least
    first, last = grid.in_sight()
    assert 0 < last - first < graphs.page, "the others are scrolled to"
    browser.resize(1600, 900)
    assert grid.tile_height > graphs.least


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


def do(browser: Browser, title: str, *, real: bool = False) -> None:
    """Choose a line of the menu of a pane."""
    act = dict(browser.entries(browser.real if real else browser.made))[title]
    assert act is not None, f"{title} cannot be chosen"
    act()


async def test_a_menu_and_keys_do_what_can_be_done_with_tiles(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, selection = browser.made.grid, browser._selection
    for title in ("Copy", "Only these", "Select nothing"):
        assert dict(browser.entries(browser.made))[title] is None
    selection.set(MADE, np.array([3, 8]), "tiles")
    do(browser, "Only these")
    assert grid.order.tolist() == [3, 8]
    do(browser, "Show all")
    assert grid.count == N
    do(browser, "Copy")
    assert len(QApplication.clipboard().text().splitlines()) == 2
    do(browser, "Select nothing")
    assert selection.source is None
    do(browser, "Select all", real=True)
    assert len(selection.of(REAL)) == 40
    assert "Nearest real samples" not in dict(browser.entries(browser.real))
    do(browser, "Nearest real samples")
    assert browser.nearest.isChecked()
    QTest.keyClick(grid, Qt.Key.Key_N)
    assert not browser.nearest.isChecked()
    wanted: list[bool] = []
    browser.export_wanted.connect(lambda: wanted.append(True))
    do(browser, "Export…")
    assert wanted
    opened: list[Any] = []
    monkeypatch.setattr(frame, "open_menu", lambda *menu: opened.append(menu))
    place = grid.visualRect(grid.model().index(0)).center()
    keyboard = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(grid, QContextMenuEvent(keyboard, place, grid.mapToGlobal(place)))
    ((_, at, entries),) = opened
    assert grid.viewport().rect().contains(at)
    assert "Copy" in dict(entries)


def test_real_ones_take_the_place_of_generated_ones_and_give_it_back(
    browser: Browser,
) -> None:
    data = jets_of(*[(0.1, 0.0, 100.0)] * 200)
    browser.show_data(kind("jets"), data, MADE, data, REAL, "")
    QTest.keyClick(browser, Qt.Key.Key_R)
    assert (browser.made.isHidden(), browser.real.isHidden()) == (True, False)
    browser.real.grid.zoom(100)
    browser.real.grid.verticalScrollBar().setValue(50)
    QTest.keyClick(browser, Qt.Key.Key_R)
    assert (browser.made.isHidden(), browser.real.isHidden()) == (False, True)


def test_jets_are_drawn_in_either_of_two_ways(browser: Browser) -> None:
    data = jets_of((0.1, 0.0, 100.0), (0.2, 0.0, 90.0))
    browser.show_data(kind("jets"), data, MADE, data, REAL, "")
    assert [browser.look.itemText(i) for i in range(browser.look.count())] == ["Discs", "Image"]
    discs = browser.made.shown_as.tiles
    browser.look.setCurrentIndex(1)
    browser.show_data(kind("jets"), data, MADE, data, REAL, "")
    assert browser.made.shown_as.tiles is kind("jets").looks["Image"] is not discs
    assert not browser.key.isHidden()
    digits = {"x": np.zeros((2, 1, 4, 4), np.float32)}
    browser.show_data(kind("images"), digits, MADE, digits, REAL, "")
    assert browser.look.isHidden()
    assert browser.key.isHidden()


def test_what_is_found_of_data_later_is_painted(browser: Browser) -> None:
    x = np.where(np.random.default_rng(0).random((6, 66)) < 0.5, 1.0, -1.0).astype(np.float32)
    graphs = kind("graphs")
    browser.show_data(graphs, {"x": x}, MADE, None, None, "")
    tiles = browser.made.grid.tiles
    assert isinstance(tiles, Browsed)
    tiles.make_ready([0, 1])
    met = np.ones(6)  # the share of real ones that are of the make
    later = {"x": x, "make": np.full(6, "two communities"), "why": np.full(6, ""), "met": met}
    browser.show_data(graphs, later, MADE, None, None, "")
    tiles = browser.made.grid.tiles
    assert isinstance(tiles, Browsed)
    tiles.make_ready([0, 1])
    assert "half" in tiles.known[0]


def test_what_is_known_of_real_ones_alone_sorts_and_filters_these(browser: Browser) -> None:
    """Of particles of a training less is known; so nobody could ask for copies among the data."""
    x = np.where(np.random.default_rng(0).random((6, 66)) < 0.5, 1.0, -1.0).astype(np.float32)
    known = {"x": x, "class": np.arange(6), "copies": np.array([1, 9, 1, 1, 2, 1])}
    browser.show_data(kind("graphs"), {"x": x.copy()}, MADE, known, REAL, "")
    browser.order.setCurrentText("Copies, high first")
    assert browser.real.grid._items.row(0) == 1
    assert browser.made.grid._items.row(0) == 0, "as drawn"
    said = "Generated samples stay in sampling order: Copies is not known for them."
    assert browser.wrong.text() == f"{said} Newly generated samples have it."
    browser.order.setCurrentIndex(0)
    assert not browser.wrong.isVisible()
    browser.filter.setText("copies > 1")
    assert (browser.made.grid.count, browser.real.grid.count) == (6, 2)
    assert browser.filter.placeholderText().startswith("Filter: edges > ")
    assert browser.wrong.text().startswith("Generated: Unknown filter copies")
    assert browser.wrong.text().endswith("Newly generated samples have it.")
    browser.filter.setText("blubb > 1")
    assert browser.wrong.text().count("Unknown filter blubb") == 1, (
        "though sides have other columns"
    )


def test_what_there_is_instead_tells_its_ends_apart_and_says_that_it_is_per_cent() -> None:
    sure = {"Confidence": np.array([99.9987, 99.9999, 100.0], np.float32)}
    units = kind("images").units
    said = why_none(sure, "confidence < 0.9", 3, units)
    assert said == (
        "Confidence goes from 99.999 to 100 %. The unit is per cent: write 90 instead of 0.9."
    )
    assert why_none(sure, "0.1 < confidence < 0.95", 3, units).endswith("write 10 instead of 0.1.")
    assert why_none(sure, "confidence < 90", 3, units) == "Confidence goes from 99.999 to 100 %."
    alike = {"Confidence": np.full(3, 100.0)}
    assert why_none(alike, "confidence < 90", 3, units) == "Confidence is 100 % for all."
    assert hint(sure, units).endswith("Confidence in per cent, for example 90.")
    assert "per cent" not in hint(sure, {})


def test_a_filter_that_keeps_none_says_what_there_is(browser: Browser) -> None:
    data = jets_of((0.1, 0.0, 100.0), (0.2, 0.0, 90.0)) | {"label": np.array(["top", "W"])}
    browser.show_data(kind("jets"), data, MADE, data, REAL, "")
    known, units = browser.made.measured, kind("jets").units
    low, high = (f"{each:,.3g}" for each in np.sort(known["Mass"]))
    assert why_none(known, "top, mass > 900", 2, units) == f"Mass goes from {low} to {high} GeV."
    assert why_none(known, "900 < mass < 950", 2, units).startswith("Mass goes from")
    assert why_none(known, "toq", 2, units) == "There are W, top."
    assert why_none(known, "top, W", 2, units) == "", "each alone keeps some"
    browser.filter.setText("mass > 900")
    said = browser.made.grid.accessibleDescription()
    assert said.endswith(f"matches the filter. Mass goes from {low} to {high} GeV.")


async def test_escape_takes_one_thing_back_after_the_other(browser: Browser) -> None:
    grid, choice = browser.made.grid, browser.real.choice
    browser.real.offer_choice(["Real", "Run 3"])

    def state() -> tuple[bool, bool, bool, str]:
        chosen = browser.nearest.isChecked()
        selected = len(grid.rows) > 0
        return selected, chosen, grid.inspected >= 0, choice.currentText()

    choice.setCurrentIndex(1)
    at = grid.visualRect(grid.model().index(3, 0)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.keyClick(grid, Qt.Key.Key_N)
    assert state() == (True, True, True, "Run 3")
    steps = [(False, True, True), (False, False, True), (False, False, False)]
    for step in steps:
        QTest.keyClick(grid, Qt.Key.Key_Escape)
        assert state() == (*step, "Run 3")
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert state() == (False, False, False, "Real")
