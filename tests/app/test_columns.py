"""Windows with little room: nothing is pushed out of the screen, and what hides can be had back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tests.app.test_shell import train

LOW = (720, 400)  # of a screen of 1440 x 900 at twice the size, what its frame leaves


def test_a_window_on_a_low_screen_leaves_room_for_its_title(bench):
    """Its last line, the status, would be below the screen."""
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert bench.window.height() <= screen.height() - 32


@pytest.mark.parametrize("id", ["watch", "samples", "quality", "compare", "explain"])
async def test_the_status_stays_in_a_low_window(bench, wait, id):
    await train(bench, wait)
    bench.window.canvas.lenses.want(id)
    assert bench.window.canvas.lenses.shown == id
    bench.window.resize(*LOW)
    await wait(lambda: bench.window.height() == LOW[1])
    bar = bench.window.statusbar
    await wait(lambda: bar.mapTo(bench.window, bar.rect().bottomLeft()).y() < LOW[1])


async def sized(bench, wait, width, height=720):
    bench.window.resize(width, height)
    await wait(lambda: bench.window.width() == width)


def right_of(widget, window):
    return widget.mapTo(window, widget.rect().topRight()).x() + 1


async def test_columns_that_are_hidden_can_be_had_back(bench, qtbot, wait):
    await train(bench, wait)
    window, bar = bench.window, bench.window.topbar
    assert not bar.sidebar.isVisible()
    assert not bar.inspector.isVisible()
    await sized(bench, wait, *LOW)
    assert not window.sidebar.isVisible()
    assert not window.inspector.isVisible()
    for button, column in ((bar.sidebar, window.sidebar), (bar.inspector, window.inspector)):
        await wait(button.isVisible)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert column.isVisible()
        assert column.isAncestorOf(window.focusWidget())
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert not column.isVisible()
    await sized(bench, wait, 1280)
    assert window.sidebar.isVisible()
    assert window.inspector.isVisible()
    assert not bar.sidebar.isVisible()


@pytest.mark.parametrize(
    ("width", "docked"),
    [(1280, "both"), (1200, "both"), (1199, "left"), (1000, "left"), (999, ""), (720, "")],
)
async def test_columns_are_docked_where_there_is_room(bench, wait, width, docked):
    await train(bench, wait)
    await sized(bench, wait, width)
    window = bench.window
    assert window.sidebar.isVisible() == (docked in ("both", "left"))
    assert window.inspector.isVisible() == (docked == "both")
    assert window.rail.isVisible()
    canvas = window.canvas.width()
    for flank in (window.left, window.right):
        flank.ask()
    assert window.sidebar.isVisible()
    assert window.inspector.isVisible()
    assert window.canvas.width() == canvas  # what floats takes nothing of it
    assert right_of(window.inspector, window) == width
    assert window.sidebar.width() == 232
    assert window.inspector.width() == 312


async def test_a_column_comes_back_as_wide_as_it_was(bench, wait):
    await train(bench, wait)
    await sized(bench, wait, 1440)
    window = bench.window
    window.split.setSizes([180, 1440 - 72 - 180 - 400, 400])
    window.split.splitterMoved.emit(180, 1)  # as by hand
    before = window.split.sizes()
    await sized(bench, wait, 900)
    window.right.ask()
    assert window.inspector.width() == before[2]
    await sized(bench, wait, 1440)
    assert window.split.sizes() == before


async def test_escape_takes_what_floats_away_and_gives_the_keyboard_back(bench, qtbot, wait):
    await train(bench, wait)
    await sized(bench, wait, 980)
    window = bench.window
    window.registry.trigger("inspector")
    assert window.inspector.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not window.inspector.isVisible()
    assert window.canvas.hasFocus()
    window.registry.trigger("sidebar")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not window.sidebar.isVisible()
    await sized(bench, wait, 1280)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.inspector.isVisible()  # docked it stays


async def test_f6_calls_what_floats_and_takes_it_away_as_it_goes_on(bench, wait):
    await train(bench, wait)
    await sized(bench, wait, 980)
    window = bench.window
    seen = []
    window.rail.setFocus()
    window.panes.enter(window.rail)
    for _ in range(3):
        window.panes.turn(1)
        seen.append((window.sidebar.isVisible(), window.inspector.isVisible()))
    assert seen == [(True, False), (False, False), (False, True)]
    assert window.inspector.isAncestorOf(window.focusWidget())
    window.right.ask()  # now it is wanted
    window.panes.turn(-1)
    assert window.inspector.isVisible()


async def test_what_is_selected_brings_the_inspector_and_takes_it_along(bench, qtbot, wait):
    await train(bench, wait)
    await sized(bench, wait, 1180)
    window, state = bench.window, bench.state
    state.looked.look("layer", "velocity")
    assert window.inspector.isVisible()
    assert not window.inspector.isAncestorOf(window.focusWidget())  # keys stay with the canvas
    state.looked.look("run")
    assert not window.inspector.isVisible()
    window.right.ask()
    state.looked.look("layer", "velocity")
    state.looked.look("run")
    assert window.inspector.isVisible()  # it was there before, and stays


async def test_the_settings_of_a_setup_always_have_room(bench, wait):
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)
    for width in (1180, 980, 720):
        await sized(bench, wait, width)
        assert bench.window.inspector.isVisible()
        assert not bench.window.right.floats


async def test_a_run_that_is_chosen_in_a_floating_column_is_seen_at_once(bench, wait):
    await train(bench, wait)
    await sized(bench, wait, 980)
    window = bench.window
    window.left.ask()
    assert window.sidebar.isVisible()
    bench.actions.runs.show_table()
    assert not window.sidebar.isVisible()


async def test_where_there_is_no_inspector_none_is_offered(bench):
    await bench.start()
    bench.window.resize(*LOW)
    assert bench.state.place == "discover"
    assert not bench.window.topbar.inspector.isVisible()
