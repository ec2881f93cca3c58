"""Who presses the start in haste, by mouse, keyboard or name, starts once."""

import asyncio

import pytest
from PySide6.QtCore import Qt

from pushforward.studio.app.core.app_state import EngineStatus
from pushforward.studio.protocol import messages as m
from tests.app.test_race import started, tray, two_in_the_tray
from tests.client.fakes.engine import Refusal


async def set_up(bench, wait):
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)


def starts(bench):
    return [each for each in bench.engine.received if isinstance(each, m.StartTraining)]


@pytest.mark.parametrize("again", ["click", "shortcut", "palette", "intent"])
async def test_a_hasty_second_start_makes_no_second_run(bench, qtbot, wait, again):
    await set_up(bench, wait)
    train, registry = bench.window.inspector.setup.train, bench.window.registry
    bench.engine.hang()  # it takes its time
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton)
    assert not train.isEnabled()
    assert registry["train"].why_not() == "A run is being started."
    for _ in range(3):
        if again == "click":
            qtbot.mouseClick(train, Qt.MouseButton.LeftButton)
        elif again == "shortcut":
            modifier = Qt.KeyboardModifier.ControlModifier
            qtbot.keyClick(bench.window, Qt.Key.Key_Return, modifier)
        elif again == "palette":
            assert not registry.trigger("train")
        else:
            bench.actions.training.start()
    bench.engine.hang(False)
    await wait(lambda: bench.state.runs.current is not None)
    assert len(starts(bench)) == 1
    assert len(bench.state.runs.by_key) == 1
    assert not bench.state.starting


def with_the_keyboard(bench):
    """Return the widget that a key goes to."""
    return bench.window.focusWidget()


async def test_enter_that_comes_before_train_can_be_pressed_is_kept_for_it(bench, qtbot, wait):
    """Qt hands the keyboard of a grey button to the one beside it, which adds to a race."""
    await bench.start()
    bench.window.activateWindow()
    bench.state.engine = EngineStatus(state="starting", message="Starting the engine")
    bench.state.engine_changed.emit()
    qtbot.keyClick(bench.window.canvas.discover.cards[0], Qt.Key.Key_Return)
    qtbot.keyClick(with_the_keyboard(bench), Qt.Key.Key_Return)
    await wait(lambda: bench.state.draft.checked)
    assert not bench.state.race.entries
    assert not starts(bench)
    bench.state.engine = EngineStatus(state="ready", message="Engine ready")
    bench.state.engine_changed.emit()
    await wait(lambda: bench.state.runs.current is not None)
    assert len(starts(bench)) == 1


async def test_train_has_the_keyboard_again_once_it_can_be_pressed(bench, qtbot, wait):
    await set_up(bench, wait)
    bench.window.activateWindow()
    setup = bench.window.inspector.setup
    await wait(lambda: with_the_keyboard(bench) is setup.train)
    bench.state.set_starting(True)
    assert not setup.train.isEnabled()
    for _ in range(2):
        qtbot.keyClick(with_the_keyboard(bench), Qt.Key.Key_Return)
    assert not bench.state.race.entries
    bench.state.set_starting(False)
    assert with_the_keyboard(bench) is setup.train
    assert not starts(bench), "one that starts already keeps no second Enter"


async def test_an_enter_is_not_kept_by_whoever_goes_elsewhere(bench, qtbot, wait):
    await set_up(bench, wait)
    bench.window.activateWindow()
    setup = bench.window.inspector.setup
    await wait(lambda: with_the_keyboard(bench) is setup.train)
    setup.train.offer(False, waits=True)
    qtbot.keyClick(with_the_keyboard(bench), Qt.Key.Key_Return)
    setup.finder.setFocus()
    setup.train.offer(True, waits=False)
    assert not starts(bench)
    assert with_the_keyboard(bench) is setup.finder


async def test_after_a_refusal_it_can_be_tried_again(bench, wait):
    await set_up(bench, wait)

    def refuse(command):
        raise Refusal("The disk is full.", kind="disk")

    bench.engine.script[m.StartTraining] = refuse
    bench.actions.training.start()
    await wait(lambda: bench.state.notices.banners)
    assert bench.window.inspector.setup.train.isEnabled()
    del bench.engine.script[m.StartTraining]
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)


async def test_a_race_starts_once(bench, wait):
    await two_in_the_tray(bench, wait)
    bench.actions.race.start()
    assert not tray(bench).start.isEnabled()
    bench.actions.race.start()
    await wait(lambda: len(bench.state.runs.by_key) == 2 and not bench.state.starting)
    assert len(started(bench)) == 1


async def test_what_starts_says_so_and_can_be_called_off(bench, qtbot, wait):
    await set_up(bench, wait)
    panel, sidebar = bench.window.inspector.setup, bench.window.sidebar
    bench.engine.hang()
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    assert panel.train.text() == "Starting…"
    assert sidebar.draft.note == "starting…"
    assert panel.cancel.isVisibleTo(panel)
    await asyncio.sleep(0.2)  # it is on its way
    qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    bench.engine.hang(False)
    await wait(lambda: not bench.state.starting)
    assert [c.action for c in bench.engine.received if isinstance(c, m.Control)] == ["cancel"]
    assert bench.state.place == "setup"
    assert panel.train.text() == "Train"


async def test_who_went_elsewhere_stays_there_when_the_run_starts(bench, wait):
    await set_up(bench, wait)
    bench.engine.hang()
    bench.actions.training.start()
    bench.state.go("data")
    bench.engine.hang(False)
    await wait(lambda: not bench.state.starting)
    assert bench.state.place == "data"
    assert len(bench.state.runs.by_key) == 1


@pytest.mark.parametrize("off", [False, True])
async def test_a_start_waits_for_an_engine_that_loads(bench, wait, off):
    await set_up(bench, wait)
    ready = bench.state.engine
    bench.state.engine = EngineStatus(state="starting", message="Loading the models")
    bench.state.engine_changed.emit()
    assert bench.window.registry.trigger("train")
    await asyncio.sleep(0.2)
    assert bench.state.starting
    assert not starts(bench)
    if off:
        bench.actions.training.call_off()
    else:
        bench.state.engine = ready
        bench.state.engine_changed.emit()
    await wait(lambda: not bench.state.starting)
    assert len(starts(bench)) == (not off)


async def test_a_setup_that_was_started_leaves_the_list_until_it_is_changed(bench, wait):
    """It stood beside its run as "not started"."""
    await set_up(bench, wait)
    row = bench.window.sidebar.draft
    bench.actions.training.start()
    await wait(lambda: bench.state.place == "run" and not bench.state.starting)
    assert not row.isVisibleTo(row.parentWidget())
    bench.state.go("setup")
    assert row.isVisibleTo(row.parentWidget())
    assert row.note == "started"
    bench.actions.setup.rename("another")
    await wait(lambda: row.note == "not started")
    bench.state.go("run")
    assert row.isVisibleTo(row.parentWidget())
