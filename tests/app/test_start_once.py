"""Who presses the start in haste, by mouse, keyboard or name, starts once."""

import pytest
from PySide6.QtCore import Qt

from studio.protocol import messages as m
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
