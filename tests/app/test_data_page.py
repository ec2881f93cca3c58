"""All data there are: found, chosen, looked at, and taken to a setup; own sets are deleted here."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from shiboken6 import delete

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.dataset_list import all_sets, found
from pushforward.studio.app.data.statistics import Column, classes_of, columns_of, of_all
from pushforward.studio.app.places.data.dataset_facts import DataFacts
from pushforward.studio.app.places.setup.pickers.dataset_picker import DataCards
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.option_preview import DataLook
from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.home import cache_folder
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.project import Project
from tests.app.test_graph_tiles import PATH, RING, STAR, rows
from tests.client.fakes.catalog import catalog
from tests.client.fakes.engine import Refusal


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "rings", "rings")
    made.add_dataset("mine", np.zeros((12, 2), dtype=np.float32), ["x", "y"], "points.csv")
    return made


def own(tmp_path, name="mine", **more):
    facts = {"name": name, "rows": 5, "columns": ("a", "b"), "path": tmp_path / name}
    return DataInfo(**{**facts, **more})


async def browser(bench, datasets=()):
    await bench.start()
    bench.state.datasets = list(datasets)
    bench.state.datasets_changed.emit()
    bench.actions.data.select("")
    return bench.window.canvas.data.currentWidget().grid


async def test_a_preview_that_comes_when_its_picker_was_left_is_not_shown(qapp):
    finished, errors = asyncio.Event(), []

    async def late(slug):
        delete(look)
        asyncio.get_running_loop().call_soon(finished.set)
        return np.zeros((4, 2), np.float32), {}, {}

    look = DataLook(late, lambda slug: kind("points"))
    look.show_option(Option("mine", "mine"))
    async_tasks.on_error(errors.append)
    await finished.wait()
    await asyncio.sleep(0)
    assert errors == []


def test_own_sets_come_first_and_say_what_they_are(tmp_path):
    sets = all_sets(catalog(), [own(tmp_path, source="/some/where/quakes.csv")])
    first = sets[0]
    assert (first.slug, first.size) == ("project:mine", "5 points, 2 columns")
    assert first.summary == "Imported from quakes.csv."
    built_in = sets[1:]
    assert len(built_in) == len(catalog().entries_of("dataset"))
    assert all(each.licence and each.size and not each.own for each in built_in)


def test_a_set_is_found_by_its_field_and_by_all_words(tmp_path):
    jets = own(tmp_path, "clouds", kind="jets")
    sets = all_sets(catalog(), [own(tmp_path), jets])
    assert [each.title for each in found(sets, "particle physics")] == ["clouds"]
    assert found(sets, "particle gibberish") == []
    assert {each.kind for each in found(sets, "", "jets")} == {"jets"}
    # What is called so comes first, whatever else has the words.
    fives = [replace(sets[0], title="Fashion ring"), replace(sets[0], title="Ring")]
    assert [each.title for each in found(fives, "ring")] == ["Ring", "Fashion ring"]
    within = [replace(sets[0], title=each) for each in ("Categories", "Networks of ego", "Egos")]
    assert [each.title for each in found(within, "ego")] == [
        "Egos",
        "Networks of ego",
        "Categories",
    ]


async def test_a_click_opens_a_set_and_its_button_sets_up_a_run(bench, qtbot, wait):
    grid = await browser(bench)
    card = next(card for card in grid.cards if card.data.slug == "eight-gaussians")
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    page = bench.window.canvas.data.currentWidget()
    assert bench.state.dataset == "eight-gaussians"
    assert page.title._whole == card.data.title
    assert not page.delete.isVisible()
    assert card.data.licence in page.known.texts["Licence"].text()
    await wait(lambda: "x" in said(page))
    page.train.click()
    assert bench.state.draft.spec.dataset.slug == "eight-gaussians"
    assert bench.state.place == "setup"


def said(page):
    """Return what stands in the table of columns."""
    grid = page.known._grid
    items = (grid.itemAt(place).widget() for place in range(grid.count()))
    return [item.text() for item in items if hasattr(item, "text")]


async def test_words_and_a_kind_narrow_and_escape_shows_all_again(bench, qtbot, wait, tmp_path):
    grid = await browser(bench, [own(tmp_path, "clouds", kind="jets")])
    every = len(grid.cards)
    grid.focus_first()
    qtbot.keyClicks(grid.search, "gaussians")
    assert [card.data.slug for card in grid.cards] == ["eight-gaussians"]
    assert grid.shelves.shelves[0].link.text() == "Clear"
    qtbot.keyClick(grid.search, Qt.Key.Key_Escape)
    assert len(grid.cards) == every
    grid.kinds.setCurrentIndex(grid._kinds.index("jets"))
    grid.kinds.activated.emit(grid.kinds.currentIndex())
    assert [card.data.title for card in grid.cards] == ["clouds"]
    qtbot.keyClicks(grid.search, "no such thing")
    assert grid.cards == []
    assert grid.shelves.shelves[0].grid.cards == [grid.own]


async def picker(bench, options):
    await bench.start()
    sets = all_sets(bench.state.catalog, [])
    body = DataCards(sets, options, "ring-of-five", bench.actions.covers)
    body.resize(640, 480)
    body.show()
    return body


def of_slugs(*slugs, **more):
    return [Option(value=slug, title=slug, **more) for slug in slugs]


async def test_a_picker_shows_what_does_not_fit_last_with_the_reason(bench, qtbot):
    first, last, *_ = [entry.slug for entry in catalog().entries_of("dataset")]
    other = of_slugs(last, why_not="It takes no jets.", instead="Use, with POP")
    body = await picker(bench, [*of_slugs(first), *other])
    assert body.seek("") == 2
    assert [card.data.slug for card in body.shelves.cards] == [first, last]
    refused = body.shelves.cards[1]
    assert refused.reason == refused.toolTip() == "It takes no jets."
    assert "It takes no jets." in refused.accessibleDescription()
    with qtbot.waitSignal(body.used):
        qtbot.mouseClick(refused, Qt.MouseButton.LeftButton)
    assert body.current == other[0]  # whose reason and way out the picker shows
    body.deleteLater()


async def test_a_picker_is_walked_from_its_search_line(bench, qtbot):
    slugs = [entry.slug for entry in catalog().entries_of("dataset")]
    body = await picker(bench, of_slugs(*slugs))
    body.seek("")
    assert not body.go(Qt.Key.Key_Left)  # which goes through the words
    lines = [line for shelf in body.shelves.shelves for line in shelf.grid.lines]
    for _ in lines:
        assert body.go(Qt.Key.Key_Down)
    assert body.current.value in [card.data.slug for card in lines[-1]]
    assert [card.isChecked() for line in lines for card in line].count(True) == 1
    assert body.seek(slugs[0]) >= 1
    assert body.current.value == slugs[0]
    with qtbot.waitSignal(body.typed) as typed:
        qtbot.keyClick(body.shelves.cards[0], Qt.Key.Key_G)
    assert typed.args == ["g"]
    body.deleteLater()


async def test_cards_are_one_stop_of_tab_and_arrows_go_among_them(bench, qtbot, wait):
    grid = await browser(bench)
    grid.focus_first()
    qtbot.keyClick(grid.search, Qt.Key.Key_Down)
    cards = grid.shelves.cards
    await wait(cards[0].hasFocus)
    qtbot.keyClick(cards[0], Qt.Key.Key_Down)
    below = bench.window.focusWidget()
    assert below in cards
    assert below is not cards[0]
    stops = [card for card in cards if card.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [below]
    qtbot.keyClick(below, Qt.Key.Key_Up)
    qtbot.keyClick(cards[0], Qt.Key.Key_Up)
    assert grid.search.hasFocus()


async def test_whoever_comes_to_the_data_can_type_at_once(bench, qtbot, wait):
    grid = await browser(bench)
    await wait(lambda: grid.search.hasFocus())
    bench.actions.data.select("eight-gaussians")
    page = bench.window.canvas.data.currentWidget()
    await wait(lambda: page.train.hasFocus())
    assert bench.window.registry["find-here"].why_not()
    qtbot.keyClick(page.train, Qt.Key.Key_Escape)
    await wait(lambda: grid.search.hasFocus())
    # The same one again: Enter goes on to a setup.
    bench.actions.data.select("eight-gaussians")
    await wait(lambda: page.train.hasFocus())
    qtbot.keyClick(page.train, Qt.Key.Key_Return)
    assert bench.state.place == "setup"


async def test_rows_of_a_card_are_asked_once_and_kept_on_the_disk(bench, wait):
    grid = await browser(bench)
    first = grid.cards[0]
    await wait(lambda: first._arrays is not None)
    kept = list((cache_folder() / "covers").glob("*.npz"))
    assert kept
    bench.engine.received.clear()
    bench.actions.covers._known.clear()
    again = await bench.actions.covers.of(first.data)
    np.testing.assert_array_equal(again["x"], first._arrays["x"])
    # Other rows under the same name are asked for.
    await bench.actions.covers.of(replace(first.data, version="other"))
    asked = [c for c in bench.engine.received if isinstance(c, m.PreviewData)]
    assert [c.dataset.slug for c in asked if c.n == 2048].count(first.data.slug) == 1


async def test_what_is_kept_damaged_is_asked_again(bench, wait):
    grid = await browser(bench)
    first = grid.cards[0]
    await wait(lambda: first._arrays is not None)
    for file in (cache_folder() / "covers").glob("*.npz"):
        file.write_bytes(b"PK no archive")
    bench.actions.covers._known.clear()
    assert len((await bench.actions.covers.of(first.data))["x"]) > 0


async def test_an_own_set_is_deleted_from_its_page(bench, qtbot, wait, project):
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.datasets)
    name = bench.state.datasets[0].name
    bench.actions.data.select(f"project:{name}")
    page = bench.window.canvas.data.currentWidget()
    page.delete.click()
    await wait(lambda: not bench.state.datasets)
    assert bench.state.dataset == ""
    assert not any(card.data.own for card in bench.window.canvas.data.currentWidget().grid.cards)


async def test_a_set_that_is_gone_is_said_to_be(bench):
    await bench.start()
    bench.actions.data.select("project:gone")
    page = bench.window.canvas.data.currentWidget()
    assert "no such data set" in page.facts.text()
    assert not page.train.isEnabled()


def test_columns_are_of_numbers_and_missing_ones_are_counted():
    x = np.array([[1.0, 5.0], [3.0, np.nan]])
    one, other = columns_of(kind("points"), {"x": x}, ("a", "b"))
    assert (one.name, one.mean, one.std, one.low, one.high, one.missing) == ("a", 2, 1, 1, 3, 0)
    assert (other.mean, other.missing) == (5, 1)
    light = columns_of(kind("images"), {"x": np.ones((2, 1, 4, 4))}, ())
    assert [(c.name, c.mean) for c in light] == [("Brightness", 100.0)]


def test_statistics_are_of_all_rows_where_the_import_measured_them(tmp_path):
    told = own(tmp_path, mean=(1.0, 2.0), std=(3.0, 4.0), minimum=(5.0, 6.0), maximum=(7.0, 8.0))
    assert [(c.name, c.mean, c.high) for c in of_all(told)] == [("a", 1.0, 7.0), ("b", 2.0, 8.0)]
    assert [c.missing for c in of_all(told)] == [0, 0]
    assert of_all(replace(told, mean=(float("nan"), 2.0)))[0].missing is None
    assert of_all(own(tmp_path)) == of_all(None) == []


@pytest.mark.parametrize(
    ("told", "facts", "expected"),
    [
        ({}, {"names": ["cat", "dog"], "counts": [3, 4]}, {"cat": 3, "dog": 4}),
        ({"label": np.array(["dog", "cat", "dog"])}, {}, {"cat": 1, "dog": 2}),
        ({}, {}, {}),
    ],
)
def test_classes_are_counted(told, facts, expected):
    assert classes_of(told, facts) == expected


async def test_what_cannot_be_shown_says_so_and_is_asked_again(bench, wait):
    refuses = True

    def answer(command):
        if refuses:
            raise Refusal("Not now.")
        return {"columns": ["x", "y"], "n": 9}, {"x": np.zeros((9, 2), np.float32)}

    bench.script[m.PreviewData] = answer
    grid = await browser(bench)
    card = grid.cards[0]
    await wait(lambda: card._failed)
    refuses = False
    bench.state.catalog_changed.emit()
    await wait(lambda: card._arrays is not None)
    assert not card._failed


async def test_a_scene_is_seen_as_a_whole_above_its_windows(bench, wait, tmp_path):
    x = np.random.default_rng(0).random((20, 3, 9, 9), np.float32)
    scene = {"colours": np.zeros((4, 5, 3), np.uint8), "truth": np.ones((4, 5), np.int16)}
    bench.script[m.PreviewData] = lambda command: ({"n": 20, "names": ["oats"]}, {"x": x, **scene})
    grid = await browser(bench, [own(tmp_path, "fields", kind="cubes")])
    page_of = bench.window.canvas.data.currentWidget
    bench.actions.data.select("project:fields")
    await wait(lambda: page_of().cover.isVisible())
    assert page_of().tiles.count == 20
    assert not page_of().grab().isNull()
    card = next(card for card in grid.cards if card.data.title == "fields")
    assert set(await bench.actions.covers.of(card.data)) >= {"colours", "truth"}


async def test_what_is_seen_of_a_set_is_sorted_and_filtered_and_laid_out_as_it_is_seen(
    bench, wait, tmp_path
):
    """Of graphs the engine lays out some: the others were not shown."""
    x = rows((4, PATH), (4, RING), (4, STAR), (4, RING), nodes=4)
    drawn = {"x": x, "places": np.zeros((2, 4, 2), np.float32), "size": np.full(4, 4)}
    bench.script[m.PreviewData] = lambda command: ({"n": 4, "names": []}, drawn)
    await browser(bench, [own(tmp_path, "nets", kind="graphs")])
    bench.actions.data.select("project:nets")
    page = bench.window.canvas.data.currentWidget()
    await wait(lambda: page.tiles.count == 4)
    assert page.filter.placeholderText() == "Filter: edges > 3"
    page.filter.setText("edges > 3")
    assert (page.tiles.grid.count, page.wrong.isHidden()) == (2, True)
    page.filter.setText("banana > 3")
    assert page.wrong.text().startswith("Unknown filter banana")
    page.filter.clear()
    page.order.setCurrentText("Largest degree, high first")
    assert page.tiles.grid._items.row(0) == 2, "the star"


async def test_any_two_columns_of_points_are_drawn_and_their_rows_listed(bench, wait, tmp_path):
    x = np.arange(900, dtype=np.float32).reshape(300, 3)
    facts = {"columns": ["a", "b", "c"], "n": 300}
    bench.script[m.PreviewData] = lambda command: (facts, {"x": x})
    await browser(bench, [own(tmp_path)])
    bench.actions.data.select("project:mine")
    page = bench.window.canvas.data.currentWidget()
    await wait(lambda: page.preview.currentWidget() is page.points)
    shown, rows = page.points, page.points.table.model()
    assert [shown.across.currentText(), shown.up.currentText()] == ["a", "b"]
    shown.up.setCurrentIndex(2)
    shown.up.activated.emit(2)
    assert shown.canvas._timeline.dims == (0, 2)
    assert shown.canvas.accessibleName() == "300 points, c against a"
    assert [rows.headerData(i, Qt.Orientation.Horizontal) for i in range(3)] == ["a", "b", "c"]
    assert [rows.index(1, i).data() for i in range(3)] == ["3", "4", "5"]
    assert rows.rowCount() == 200
    assert shown.count.text() == "300 rows are drawn; the first 200 of them:"


def test_numbers_of_many_columns_fit_beside_each_other(qtbot):
    """Statistics of energy flow are of some hundred thousandths; nothing is missing of most."""
    facts = DataFacts()
    qtbot.addWidget(facts)
    columns = [
        Column("EFP of four edges", 4.24e-4, 7.78e-4, 1.35e-8, 0.00713, 0),
        Column("mass", 78.7, 38.7, 7.56, 238, 0),
    ]
    facts.show_columns(columns, "9 rows")
    shown = [w.text() for w in facts._table.findChildren(QLabel)]
    assert "missing" not in shown
    assert {"4.2e−4", "7.8e−4", "1.4e−8", "0.00713", "78.7", "238"} <= set(shown)
    facts.show_columns([*columns, replace(columns[1], missing=2)], "9 rows")
    shown = [w.text() for w in facts._table.findChildren(QLabel)]
    assert "missing" in shown
    assert "2" in shown


def test_bars_of_classes_have_the_colours_of_the_map(qtbot):
    facts = DataFacts()
    qtbot.addWidget(facts)
    bars = facts.bars
    bars.resize(300, 40)
    colours = {}
    for name, inks in (("map", class_colours(2)), ("one", ())):
        facts.show_classes({"corn": 8, "woods": 8}, "16 rows", inks)
        image = bars.grab().toImage()
        found = [
            image.pixelColor(image.width() // 2, round(image.height() * y)) for y in (0.25, 0.75)
        ]
        colours[name] = [each.getRgb()[:3] for each in found]
    assert colours["map"] == class_colours(2)
    assert colours["one"][0] == colours["one"][1]


def test_a_set_of_several_files_names_them_all():
    """Five files of jets, dropped together, were said to be the last one alone."""

    def said(*files):
        own = DataInfo(name="mine", rows=9, columns=(), path=Path("p"), source=", ".join(files))
        return all_sets(None, [own])[0].summary

    five = [f"/data/jetnet, 30/{name}.hdf5" for name in "gqtwz"]
    assert said(*five) == ("Imported from 5 files: g.hdf5, q.hdf5, t.hdf5, w.hdf5 and z.hdf5.")
    assert said(*five, "/more/a.hdf5").endswith("z.hdf5 and a.hdf5.")
    assert said(*five, "/a.h5", "/b.h5") == (
        "Imported from 7 files: g.hdf5, q.hdf5, t.hdf5, w.hdf5, z.hdf5 and 2 more."
    )
    assert said("/data/one, two.csv") == "Imported from one, two.csv."
    assert said("PYTHIA 8.3, 100 jets a type") == "Imported from PYTHIA 8.3, 100 jets a type."
    assert said("") == "Imported."
