"""The rail and its four destinations, the drawers, and the keyboard that goes through all parts."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.app_state import Recent
from pushforward.studio.app.core.destinations import TITLES
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.rail_button import AIR, INSET, WIDTH, fitting_font
from pushforward.studio.app.shell.drawer import Opener
from pushforward.studio.app.shell.queue_drawer import QueueList
from pushforward.studio.store.project import Project
from tests.app.test_shell import train


def visit(bench, destination):
    bench.window.rail.buttons[destination].click()


def here(bench):
    return [name for name, each in bench.window.rail.buttons.items() if each.isChecked()]


def test_no_word_of_the_rail_touches_its_frame(qapp):
    room = WIDTH - 2 * (INSET + AIR)
    for title in (*TITLES.values(), "Preferences"):
        assert QFontMetricsF(fitting_font(title, room)).horizontalAdvance(title) <= room
    assert fitting_font("Data", room).pixelSize() == 11


async def test_each_destination_is_one_click_away_and_said(bench, wait):
    await bench.start()
    for destination, place in [("data", "data"), ("runs", "runs"), ("learn", "help")]:
        visit(bench, destination)
        assert (bench.state.place, here(bench)) == (place, [destination])
    visit(bench, "discover")
    assert (bench.state.place, here(bench)) == ("discover", ["discover"])
    assert bench.window.sidebar.isVisible()


async def test_whoever_returns_to_the_runs_finds_the_run_that_was_there(bench, wait):
    await train(bench, wait)
    key = bench.state.runs.current.key
    visit(bench, "discover")
    assert bench.state.runs.current is None, "no command is about what is not seen"
    visit(bench, "runs")
    assert (bench.state.place, bench.state.runs.current.key) == ("run", key)
    visit(bench, "runs")
    assert bench.state.place == "runs"


async def test_whoever_returns_to_a_setup_finds_it_as_it_was(bench, wait):
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    draft = bench.state.draft
    visit(bench, "learn")
    visit(bench, "runs")
    assert (bench.state.place, bench.state.draft) == ("setup", draft)


async def test_the_column_lists_only_the_destinations_own_things(bench, wait):
    await train(bench, wait)
    side, window = bench.window.sidebar, bench.window
    assert side.runs.isVisible()
    for destination, part in [
        ("discover", window.canvas.discover.facets),
        ("data", side.data),
        ("learn", window.canvas.help.column),
    ]:
        visit(bench, destination)
        assert part.isVisible()
        assert not side.runs.isVisible()


async def test_arrows_walk_the_rail_and_return_goes_there(bench, wait):
    await bench.start()
    rail = bench.window.rail
    rail.buttons["discover"].setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert bench.state.place == "discover"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert bench.state.place == "data"


async def test_f6_goes_round_the_parts_and_returns_to_where_one_was_in_each(bench, wait):
    await train(bench, wait)
    window = bench.window
    bench.window.canvas.lenses.tabs.setFocus()
    parts, seen = window._parts(), []
    for _ in range(10):
        window.registry.trigger("next-pane")
        focused = QApplication.focusWidget()
        seen += [part for part in parts if part.isAncestorOf(focused)]
    for part in (window.rail, window.sidebar, window.canvas, window.inspector, window._timebar):
        assert part in seen
    while not window.canvas.isAncestorOf(QApplication.focusWidget()):
        window.registry.trigger("previous-pane")
    assert QApplication.focusWidget() is bench.window.canvas.lenses.tabs


@pytest.mark.parametrize("destination", ["discover", "data", "runs", "learn"])
async def test_tab_goes_down_each_part_and_comes_round(bench, wait, destination):
    await bench.start()
    visit(bench, destination)
    window = bench.window
    window.rail.buttons[destination].setFocus()
    first, order = QApplication.focusWidget(), []
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is first:
            break
        order.append(focused)
    assert focused is first, "Tab never came back"
    parts = window._parts()
    parts = parts[1:] + parts[:1]
    places = [next(i for i, p in enumerate(parts) if p.isAncestorOf(each)) for each in order]
    assert places == sorted(places), "a part was left before all of it was seen"


async def test_the_drawer_shows_the_queue_and_goes_with_escape(bench, wait):
    await train(bench, wait)
    window = bench.window
    window.registry.trigger("queue")
    (queue,) = window.drawer.findChildren(QueueList)
    assert queue.isVisible()
    await wait(lambda: queue.nothing.isVisible() or queue.running.isVisible())
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not window.drawer.isVisible()
    window.registry.trigger("log")
    assert window.drawer.shown == "log"
    window.registry.trigger("log")
    assert not window.drawer.isVisible()


async def test_escape_closes_what_a_button_has_opened_and_the_keyboard_is_there_again(
    bench, qtbot, wait
):
    await bench.start()
    window = bench.window
    window.show()
    queue = next(each for each in window.statusbar.findChildren(Opener) if each.text() == "Queue")
    queue.setFocus()
    qtbot.mouseClick(queue, Qt.MouseButton.LeftButton)
    assert window.drawer.shown == "queue"
    qtbot.keyClick(queue, Qt.Key.Key_Escape)
    assert not window.drawer.isVisible()
    queue.click()
    window.drawer.close_button.setFocus()
    await wait(window.drawer.close_button.hasFocus)
    qtbot.keyClick(window.drawer.close_button, Qt.Key.Key_Escape)
    assert not window.drawer.isVisible()
    assert queue.hasFocus()


async def test_the_title_leads_to_other_projects(bench, wait, tmp_path):
    made = Project.create(tmp_path / "jets", "Jets")
    await bench.start()
    bench.state.recent = [Recent(path=made.path, name="Jets", opened=0.0)]
    button = bench.window.topbar.project
    menu = button.menu()
    menu.aboutToShow.emit()
    entry = next(each for each in menu.actions() if each.text().startswith("Jets"))
    entry.trigger()
    await wait(lambda: bench.state.project == made.path)
    assert button.text() == "Jets"
    menu.aboutToShow.emit()
    assert not [each for each in menu.actions() if each.text().startswith("Jets")]


async def test_every_way_to_go_somewhere_has_a_key(bench):
    await bench.start()
    for id in ("discover", "data", "runs", "learn", "next-pane", "queue", "log"):
        assert not QKeySequence(bench.window.registry[id].shortcut).isEmpty()


async def test_the_main_button_names_what_trains_where_another_run_is_looked_at(bench, wait):
    await train(bench, wait)
    main, trains = bench.window.topbar.main, bench.state.runs.current
    await wait(lambda: main.text() == "Pause  Space")
    other = RunState(trains.key.replace("0001", "0007"), "0007-edm", state="finished")
    bench.state.runs.by_key[other.key] = other
    bench.actions.runs.select(other.key)
    assert main.text() == "Pause 1", "a press would not be about the run that is seen"


async def test_space_is_named_on_the_main_button_where_it_is_its_key(bench, qtbot, wait):
    await train(bench, wait)
    main, window = bench.window.topbar.main, bench.window
    await wait(lambda: main.text() == "Pause  Space")
    window.canvas.lenses.want("quality")
    views = window.canvas.lenses.findChild(Segments)
    assert views is not None
    views.heir.setFocus()  # the view that is chosen: Space would do nothing there
    assert main.text() == "Pause  Space"
    qtbot.keyClick(views.heir, Qt.Key.Key_Space)
    await wait(lambda: bench.state.runs.current.state == "paused")
    window.topbar.search.setFocus()
    assert main.text() == "Resume", "Space presses the button that has the keyboard"
    views.heir.setFocus()
    assert main.text() == "Resume  Space"
    bench.state.playback.set(flow=0.5)
    assert main.text() == "Resume  Space", "the flow clock moves nothing that is seen"
    window.canvas.lenses.want("watch")
    assert main.text() == "Resume", "Space plays the flow"


async def test_a_setup_is_queued_by_the_main_button_where_its_own_is_hidden(bench, wait):
    await train(bench, wait)
    main = bench.window.topbar.main
    bench.state.go("setup")
    bench.window.topbar.offer_train(True)
    await wait(lambda: main.text() == "Add to the queue")
