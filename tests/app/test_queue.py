"""What waits in the queue: told apart by number, and only what can be done with it is offered."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton

from pushforward.studio.app.core.comparison_labels import short_name
from pushforward.studio.app.core.display_names import called
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Elided
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.places.runs.run_menu import run_entries
from pushforward.studio.app.shell.queue_drawer import QueueList
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord, RunStatus

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


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
    bench.window.drawer.show_held("queue")
    (queue,) = bench.window.drawer.findChildren(QueueList)
    return [line.row for line in queue.lines.values()]


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
    assert [line.text() for line in lines(bench)] == [called(n) for n in names[1:]]
    first, middle, last = lines(bench)
    assert offered(bench, first) == {
        "Run next": False, "Up": False, "Down": True, "Remove from the queue": True
    }  # fmt: skip
    assert all(offered(bench, middle).values())
    assert offered(bench, last) == {
        "Run next": True, "Up": True, "Down": False, "Remove from the queue": True
    }  # fmt: skip


async def test_the_line_of_a_run_that_waits_says_so(bench, wait):
    await waiting(bench, wait, runs=2)
    listed, (_, second) = bench.window.sidebar.runs, bench.state.runs.by_key
    assert listed.words(second).note == "waiting"
    assert listed.words(second).spoken.count("waiting") == 1


async def test_stop_in_the_menu_of_a_run_that_is_not_open_stops_it(bench, wait):
    await waiting(bench, wait, runs=2)
    trained, second = bench.state.runs.by_key
    bench.actions.runs.select(second)
    entries = dict(run_entries(bench.state, bench.actions, trained, lambda said: None))
    entries["Stop and keep"]()
    await wait(lambda: bench.state.runs.by_key[trained].state == "cancelled")


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


async def test_what_waited_for_an_engine_that_died_is_named_and_queued_again(bench, wait):
    await waiting(bench, wait, runs=3)
    trained, second, third = bench.state.runs.by_key.values()
    bench.engine.end(signal=9)
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    (banner,) = [each for each in bench.state.notices.banners if "queue" in each.text]
    assert banner.text == "2 that waited left the queue"
    for run in (second, third):
        assert called(run.name) in banner.why
    assert called(trained.name) not in banner.why
    bench.state.place = "setup"  # it is about no run alone
    assert bench.state.concerns(banner)
    jobs = {second.key: "again-2", third.key: "again-3"}

    def resume(command):
        info = m.JobInfo(
            job=jobs[command.run], kind="training", title="x", state="queued", run=command.run
        )
        bench.engine.emit(m.JobChanged(info=info, place=-1))
        return {"job": info.job, "run": command.run, "step": 0, "skipped": []}

    bench.engine.script[m.ResumeTraining] = resume
    banner.actions[0].run()
    await wait(lambda: bench.state.queue == ["again-2", "again-3"])
    await wait(lambda: banner not in bench.state.notices.banners)


async def test_what_waited_as_the_studio_ended_is_named_when_it_opens_and_queued_again(
    bench, wait, tmp_path
):
    made = Project.create(tmp_path / "ended", "ended")
    for state, step in (("running", 40), ("queued", 0), ("queued", 0)):  # of a window that is gone
        run = made.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
        run.write_status(RunStatus(state=state, step=step, total=100, pid=2**22 + 1))
    trained, *waited = (str(run.path) for run in made.runs())
    await bench.start()
    bench.actions.project.open(made.path)
    await wait(lambda: any("queue" in each.text for each in bench.state.notices.banners))
    runs = bench.state.runs.by_key
    assert [runs[key].state for key in (trained, *waited)] == ["interrupted", "dropped", "dropped"]
    (banner,) = [each for each in bench.state.notices.banners if "queue" in each.text]
    assert banner.text == "2 that waited left the queue"
    bench.actions.runs.select(waited[1])
    canvas = bench.window.canvas
    (way,) = [
        each for each in canvas.findChildren(QPushButton)
        if each.text() == "Start it" and each.isVisible()
    ]  # fmt: skip
    asked = []
    bench.engine.script[m.ResumeTraining] = lambda command: asked.append(command.run) or {}
    way.click()
    await wait(lambda: asked == [waited[1]])
    banner.actions[0].run()
    await wait(lambda: asked == [waited[1], *waited])
    # Whoever has trained another one since has gone on without them.
    later = made.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
    later.write_status(RunStatus(state="finished", step=100, total=100))
    bench.actions.project.open(made.path)
    await wait(lambda: str(later.path) in bench.state.runs.by_key)
    await wait(lambda: not any("queue" in each.text for each in bench.state.notices.banners))


async def test_what_was_started_by_hand_is_not_queued_twice(bench, wait):
    await waiting(bench, wait, runs=3)
    _, second, third = bench.state.runs.by_key.values()
    bench.engine.end(signal=9)
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    info = m.JobInfo(job="j", kind="training", title="x", state="running", run=second.key)
    bench.engine.emit(m.JobChanged(info=info))
    await wait(lambda: second.state == "running")
    bench.engine.script[m.ResumeTraining] = lambda command: {"job": "k", "run": command.run}
    bench.actions.dropped.queue_again()

    def asked():
        return [c.run for c in bench.engine.received if isinstance(c, m.ResumeTraining)]

    await wait(asked)
    assert asked() == [third.key]


async def test_what_is_done_beside_trainings_is_no_nothing(bench, wait):
    await bench.start()
    bench.window.drawer.show_held("queue")
    (queue,) = bench.window.drawer.findChildren(QueueList)
    assert queue.nothing.text() == "The queue is empty."
    info = m.JobInfo(job="j8", kind="operator", state="running", title="Colourise: 0003-edm")
    bench.state.jobs["j8"] = info
    bench.state.queue_changed.emit()
    assert queue.nothing.text().endswith("Done beside trainings: Colourise: 0003-edm.")


def test_a_name_is_cut_at_its_end_and_whole_in_the_tip(qtbot):
    titles = [f"0002 edm-projections-of-jets-{end}" for end in ("win", "lose")]
    shown = []
    for title in titles:
        row, name = RowButton(""), Elided(title, middle=True)
        qtbot.addWidget(row)
        qtbot.addWidget(name)
        row.show_facts(text=title)
        name.resize(140, 20)
        name.resizeEvent(QResizeEvent(name.size(), name.size()))
        assert row.elided(140).endswith("…")
        shown.append(name.text())
        assert title in row.toolTip()
        assert title in name.toolTip()
        assert title not in shown[-1]
    assert shown[0] != shown[1]
    run = RunState(key="k", name=titles[0].replace(" ", "-"))
    assert short_name(run, 14) == "edm-pro…ts-win"


async def test_what_is_said_to_a_run_reaches_it_and_no_other(bench, qtbot, wait):
    """A checkpoint was saved of what trained, whatever was on the canvas."""
    await waiting(bench, wait, runs=2)
    trained, queued = bench.state.runs.by_key
    told = []
    bench.engine.script[m.Control] = lambda command: told.append(command) or {}
    registry, runs = bench.window.registry, bench.state.runs.by_key
    bench.actions.runs.select(queued)
    names = [called(runs[key].name) for key in (queued, trained)]
    why = f"{names[0]} is not training. {names[1]} does: open that."
    for id in ("checkpoint", "step-training", "slow", "full-speed", "stop"):
        assert registry[id].why_not() == why
    waits = "The run is waiting in the queue."
    assert registry["export-weights"].why_not() == waits
    for command in (bench.actions.training.checkpoint, bench.actions.training.stop):
        command()
    bench.state.playback.set(step=None, flow=1.0)
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert told == []
    bench.actions.runs.select(trained)
    assert registry.trigger("checkpoint")
    await wait(lambda: told)
    assert (told[0].job, told[0].action) == (runs[trained].job, "checkpoint")


async def test_weights_are_those_of_the_run_that_was_asked_for(bench, wait, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    await waiting(bench, wait, runs=2)
    trained, queued = bench.state.runs.by_key
    asked = []
    bench.engine.script[m.ExportWeights] = lambda command: asked.append(command) or {}
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)
    bench.actions.runs.select(trained)
    bench.window._asks.export_weights()
    bench.actions.runs.select(queued)
    dialog = bench.window.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit("/x/weights.safetensors")
    await wait(lambda: asked)
    assert asked[0].run == trained
    dialog.deleteLater()


async def test_a_paused_run_is_resumed_from_its_menu(bench, wait):
    await waiting(bench, wait, runs=2)
    trained, _ = bench.state.runs.by_key

    def menu():
        return dict(run_entries(bench.state, bench.actions, trained, lambda said: None))

    assert "Resume" not in menu()
    bench.actions.training.pause_or_resume()
    await wait(lambda: bench.state.running.state == "paused")
    menu()["Resume"]()
    await wait(lambda: bench.state.running.state == "running")
