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


async def test_columns_that_are_hidden_can_be_had_back(bench, qtbot, wait):
    await train(bench, wait)
    window, bar = bench.window, bench.window.topbar
    assert not bar.sidebar.isVisible()
    assert not bar.inspector.isVisible()
    window.resize(*LOW)
    await wait(lambda: window.width() == LOW[0])
    assert not window.sidebar.isVisible()
    assert not window.inspector.isVisible()
    for button, column in ((bar.sidebar, window.sidebar), (bar.inspector, window.inspector)):
        await wait(button.isVisible)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert column.isVisible()
        assert not button.isVisible()


async def test_where_there_is_no_inspector_none_is_offered(bench):
    await bench.start()
    bench.window.resize(*LOW)
    assert bench.state.place == "discover"
    assert not bench.window.topbar.inspector.isVisible()
