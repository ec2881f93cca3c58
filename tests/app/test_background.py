"""Trainings in the background: found, followed by their files, stopped by a file."""

import os

import pytest
from psutil import Process

from pushforward.studio.app.core import preferences
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from pushforward.studio.workflows import background

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


@pytest.fixture
def run(tmp_path):
    """A run that this very process claims to train in the background."""
    made = Project.create(tmp_path / "rings", "rings").new_run(
        RunRecord(spec=SPEC, seed=0, device="cpu")
    )
    me = Process()
    made.update_status(
        state="running",
        step=10,
        total=100,
        background=True,
        pid=os.getpid(),
        process_started=me.create_time(),
    )
    made.metrics.append({"loss": ([5, 10], [2.0, 1.0])})
    return made


async def test_it_is_followed_live_and_its_end_is_announced(bench, wait, run):
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None and bench.state.runs.current.series)
    state = bench.state.runs.current
    assert (state.state, state.background, state.step) == ("running", True, 10)
    assert bench.state.running is None  # the engine has nothing to do with it
    run.metrics.append({"loss": ([20], [0.5])})
    run.update_status(step=20)
    await wait(lambda: state.step == 20 and len(state.series["loss"]) == 3)
    run.update_status(state="finished", step=100)
    await wait(lambda: state.state == "finished" and not state.background)


async def test_the_end_of_the_engine_does_not_touch_it(bench, wait, run):
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None and bench.state.runs.current.job)
    bench.engine.end(signal=9)
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    assert (bench.state.runs.current.state, bench.state.runs.current.step) == ("running", 10)
    assert list(bench.state.jobs) == [bench.state.runs.current.job]
    run.update_status(state="finished")


async def test_it_is_found_at_the_start_and_offered(bench, wait, run):
    kept = preferences.Preferences()
    kept.opened(run.path.parent.parent, "rings", 1.0)
    await bench.start()
    await bench.actions.project.show_recent(kept)
    await bench.actions.background.find()
    banner = bench.state.notices.banners[0]
    assert banner.text == f"{run.name} is being trained in the background"
    banner.actions[0].run()
    await wait(lambda: bench.state.runs.selection == str(run.path))
    assert bench.state.notices.banners == []
    run.update_status(state="finished")


async def test_what_is_said_of_it_goes_where_it_is_shown_and_when_it_ends(bench, wait, run):
    kept = preferences.Preferences()
    kept.opened(run.path.parent.parent, "rings", 1.0)
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None)
    engine = bench.window.statusbar._engine
    await wait(lambda: engine.text() == "Training in the background")
    said = [each for each in bench.state.notices.history if "in the background" in each.text]
    assert [each.actions[0].title for each in said] == ["Show it"]
    await bench.actions.project.show_recent(kept)
    await bench.actions.background.find()
    bench.state.notices.banners[0].actions[0].run()
    assert bench.state.notices.banners == []
    await bench.actions.background.find()
    assert len(bench.state.notices.banners) == 1
    run.update_status(state="finished", step=100)
    await wait(lambda: bench.state.notices.banners == [])


async def test_stop_asks_the_process_through_its_folder(bench, wait, run):
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None)
    assert bench.window.registry["stop"].why_not() == ""
    await wait(lambda: bench.window.topbar.main.text() == "Stop and keep")
    bench.window.topbar.main.click()
    assert background.stop_asked(run.path)
    run.update_status(state="paused")  # saved; now the process leaves
    await wait(lambda: bench.state.runs.current.state == "paused")
    run.update_status(pid=2**22 + 7, process_started=1.0)
    await wait(lambda: bench.state.runs.current.state == "cancelled")
    assert bench.state.notices.banners == []
    await wait(lambda: bench.window.registry["resume"].why_not() == "")


async def test_a_failure_of_a_paused_training_is_a_failure(bench, wait, run):
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None)
    run.update_status(state="paused")
    await wait(lambda: bench.state.runs.current.state == "paused")
    error = ErrorInfo(kind="disk", message="The disk is full.")
    run.update_status(state="failed", error=error)
    await wait(lambda: bench.state.runs.current.state == "failed")
    assert bench.state.runs.current.error == error
    assert bench.state.notices.banners[0].why == "The disk is full."
