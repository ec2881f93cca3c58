"""A training goes on while another project is open: what is said of it, and coming back to it."""

import asyncio

import pytest

from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.engine.requests.project_requests import ProjectIntents
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


@pytest.fixture
def rings(tmp_path):
    """A project whose run has done 20 of 100 steps."""
    made = Project.create(tmp_path / "rings", "Rings")
    run = made.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
    run.update_status(state="running", step=20, total=100, pid=2**22 + 1, process_started=1.0)
    run.metrics.append({"loss": ([10, 20], [2.0, 1.0])})
    return made


@pytest.fixture
def other(tmp_path):
    return Project.create(tmp_path / "other", "Other")


def training(project, state="running", **more):
    (run,) = project.runs()
    facts = {"title": "edm", "run": str(run.path), "step": 30, "total": 100, "spec": SPEC}
    return m.JobInfo(**{"job": "7", "kind": "training", "state": state} | facts | more)


def progress(step):
    return m.Progress(
        job="7", step=step, total=100, steps_per_second=9.0, seconds_left=5.0, memory=1
    )


async def test_a_run_that_one_comes_back_to_is_live_with_all_it_had(
    bench, wait, rings, other, monkeypatch
):
    fill, told = ProjectIntents._fill, []

    async def while_reading(self, run):
        if not told:  # after it was listed, before its curves were read
            told.append(run.key)
            bench.engine.emit(m.Metrics(job="7", columns={"loss": ([40], [0.5])}))
        await fill(self, run)

    await bench.start()
    await bench.actions.project.show(other.path)
    bench.engine.emit(m.JobChanged(info=training(rings)))
    bench.engine.emit(progress(35))
    monkeypatch.setattr(ProjectIntents, "_fill", while_reading)
    await bench.actions.project.show(rings.path)
    run = bench.state.runs.current
    assert (run.state, run.job, run.step) == ("running", "7", 35)
    assert run.series["loss"].steps.tolist() == [10, 20, 40]
    bench.engine.emit(progress(50))
    bench.engine.emit(m.Metrics(job="7", columns={"loss": ([50], [0.4])}))
    bench.engine.emit(m.Kept(job="7", step=50, steps=[0, 50]))
    await wait(lambda: run.step == 50 and run.kept == [0, 50])
    assert run.series["loss"].values.tolist() == [2.0, 1.0, 0.5, 0.4]
    assert bench.window.registry["pause"].why_not() == ""
    bench.engine.emit(m.JobChanged(info=training(rings, "finished", step=100)))
    await wait(lambda: (run.state, run.step) == ("finished", 100))


async def test_what_trains_elsewhere_is_named_and_led_to_and_not_paused_from_here(
    bench, wait, rings, other
):
    await bench.start()
    await bench.actions.project.show(rings.path)
    bench.engine.emit(m.JobChanged(info=training(rings)))
    window, state = bench.window, bench.state
    await wait(lambda: window.topbar.main.text().startswith("Pause"))
    await bench.actions.project.show(other.path)
    bench.actions.setup.open_recipe(state.recipes[0])
    row = window.elsewhere
    assert row.isVisible()
    assert row.text() == "edm in Rings, 30 %"
    assert not window.topbar.main.text().startswith("Pause") or window.topbar.main.isHidden()
    assert "another project, Rings" in window.registry["pause"].why_not()
    assert window.inspector.setup.train.text() == "Add to the queue"
    bench.engine.emit(progress(60))
    await wait(lambda: row.text().endswith("60 %"))
    row.click()
    await wait(lambda: state.project == rings.path and state.place == "run")
    assert state.runs.current.step == 60
    assert not row.isVisible()


async def test_built_in_data_of_a_project_are_listed_when_it_is_opened_again(bench, wait, rings):
    await bench.start()
    await bench.actions.project.show(rings.path)
    assert bench.state.draft is None
    bench.state.runs.select("")
    title = bench.state.catalog.get("dataset", "eight-gaussians").title
    lines = {each.text(): each for each in bench.window.sidebar.data.findChildren(RowButton)}
    assert lines[title].note == "1 run"
    lines[title].click()
    assert (bench.state.place, bench.state.dataset) == ("data", "eight-gaussians")


async def test_a_training_elsewhere_that_the_engine_took_along_is_told(bench, wait, rings, other):
    await bench.start()
    await bench.actions.project.show(other.path)
    bench.engine.emit(m.JobChanged(info=training(rings)))
    await wait(lambda: bench.state.elsewhere is not None)
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    (banner,) = bench.state.notices.banners
    assert banner.text == "edm was interrupted"
    assert "project rings" in banner.why
    banner.actions[0].run()
    await wait(lambda: bench.state.project == rings.path and bench.state.runs.current is not None)


async def test_a_run_that_was_queued_in_a_project_that_was_left_is_not_listed(bench, wait, other):
    await bench.start()
    recipe = next(r for r in bench.state.recipes if r.run.family.slug == "edm")
    bench.actions.setup.open_recipe(recipe)
    await wait(lambda: bench.state.draft.checked)
    bench.actions.training.start()
    await bench.actions.project.show(other.path)
    await wait(lambda: any("is in the queue" in n.text for n in bench.state.notices.history))
    assert bench.state.runs.by_key == {}
    assert bench.state.place == "discover"


async def test_the_project_that_was_opened_last_is_shown(bench, rings, other):
    await bench.start()
    first = asyncio.ensure_future(bench.actions.project.show(rings.path))
    await asyncio.sleep(0)  # it is being read
    await bench.actions.project.show(other.path)
    await first
    assert bench.state.project == other.path


def test_what_was_read_precedes_what_was_told_meanwhile():
    def curve(steps):
        made = Series()
        made.extend(steps, [float(step) for step in steps])
        return made

    run = RunState("k", "k", series={"loss": curve([30, 40])}, checkpoints=[10, 30])
    run.kept, run.log = [0, 30], ["done", "warning: slow"]
    lines = ["T info: begun", "T info: done"]
    read = RunState("k", "k", series={"loss": curve([10, 20, 30]), "old": curve([10])}, log=lines)
    read.kept, read.checkpoints, read.floors = [0], [10, 20], {"w2": 0.1}
    run.join(read)
    assert run.series["loss"].steps.tolist() == [10, 20, 30, 40]
    assert list(run.series) == ["loss", "old"]
    assert (run.kept, run.checkpoints, run.floors) == ([0, 30], [10, 20, 30], {"w2": 0.1})
    assert run.log == [*lines, "warning: slow"]
