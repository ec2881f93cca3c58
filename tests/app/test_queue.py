"""What waits in the queue: told apart by number, and only what can be done with it is offered."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from studio.app.widgets.row_button import RowButton


async def waiting(bench, wait, runs=4):
    """Start runs of one name in a project; all but the first one wait."""
    await bench.start()
    bench.engine.speed = 1
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)
    for n in range(runs):
        bench.actions.training.start()
        await wait(lambda n=n: len(bench.state.runs.by_key) == n + 1 and not bench.state.starting)
        bench.state.go("setup")
    await wait(lambda: len(bench.state.queue) == runs - 1)


def lines(bench):
    return bench.window.sidebar._queue.findChildren(RowButton)


def offered(bench, line):
    """The entries of a line's menu, each with whether it can be done."""
    line.customContextMenuRequested.emit(QPoint(1, 1))
    menu = line.findChildren(QMenu)[-1]
    entries = {action.text(): action.isEnabled() for action in menu.actions()}
    menu.deleteLater()
    return entries


async def test_runs_of_one_name_are_told_apart_and_only_what_can_be_done_is_offered(
    bench, wait, monkeypatch
):
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: None)
    await waiting(bench, wait)
    names = [run.name for run in bench.state.runs.by_key.values()]
    assert len(set(names)) == 4
    assert [line.text() for line in lines(bench)] == [n.replace("-", " ", 1) for n in names[1:]]
    first, middle, last = lines(bench)
    assert offered(bench, first) == {
        "Run next": False, "Up": False, "Down": True, "Remove from the queue": True
    }  # fmt: skip
    assert all(offered(bench, middle).values())
    assert offered(bench, last) == {
        "Run next": True, "Up": True, "Down": False, "Remove from the queue": True
    }  # fmt: skip


async def test_the_main_button_of_a_run_that_waits_is_about_it(bench, qtbot, wait):
    await waiting(bench, wait, runs=3)
    trained, second, third = bench.state.runs.by_key
    main = bench.window.topbar.main
    bench.actions.runs.select(trained)
    assert main.text().startswith("Pause")
    bench.actions.runs.select(third)
    assert main.text() == "Run next"
    qtbot.mouseClick(main, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.queue[0] == bench.state.runs.by_key[third].job)
    assert main.text() == "Remove from the queue"
    qtbot.mouseClick(main, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.runs.by_key[third].state == "cancelled")
    assert bench.state.queue == [bench.state.runs.by_key[second].job]
    assert not bench.window.registry.trigger("run-next")
