"""A banner belongs to a run, or to the engine: it is seen there, and leaves with its cause."""

import pytest

from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.shell.banners import Banner, Banners
from pushforward.studio.app.shell.toasts import Toast
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import ProblemSpec
from pushforward.studio.store.project import Project
from tests.client.fakes.engine import Refusal


def banners(bench):
    """What is said above the canvas."""
    found = bench.window.canvas.findChildren(Banner)
    return [each.notice.text for each in found if each.isVisible()]


def toasts(bench):
    return [each.notice.text for each in bench.window.findChildren(Toast)]


async def training(bench, wait):
    """Start a run that takes long, and wait until it is under way."""
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)
    bench.engine.speed = 1
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    run = bench.state.runs.current
    await wait(lambda: run.state == "running", 15)
    return run


def info(run, state, job="again"):
    return m.JobInfo(
        job=job, kind="training", title="x", state=state, run=run.key, step=run.step, total=9999
    )


async def test_an_interrupted_run_says_so_only_where_it_is_shown(bench, wait):
    run = await training(bench, wait)
    bench.engine.end(signal=9)
    await wait(lambda: banners(bench))
    assert banners(bench) == [f"{numbered(run)} was interrupted"]
    await wait(lambda: bench.state.engine.state == "ready")
    assert banners(bench) == [f"{numbered(run)} was interrupted"], "a new engine resumes nothing"
    bench.state.show_help()
    assert banners(bench) == []
    bench.state.leave_help()
    assert banners(bench) == [f"{numbered(run)} was interrupted"]
    bench.actions.setup.new()
    assert banners(bench) == []


async def test_it_leaves_when_the_run_goes_on(bench, wait):
    run = await training(bench, wait)
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    await wait(lambda: bench.state.engine.state == "ready")

    def resume(command):
        bench.engine.emit(m.JobChanged(info=info(run, "running")))
        return {"job": "again", "run": command.run, "step": run.step, "skipped": []}

    bench.engine.script[m.ResumeTraining] = resume
    bench.state.notices.banners[0].actions[0].run()
    await wait(lambda: run.state == "running")
    # The engine of this new life may have been asked for the run's target, which it does not know.
    assert not [text for text in banners(bench) if "interrupted" in text]


async def test_who_is_elsewhere_is_told_in_passing(bench, wait):
    run = await training(bench, wait)
    bench.state.show_help()
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    assert banners(bench) == []
    assert f"{numbered(run)} was interrupted" in toasts(bench)
    bench.actions.runs.select(run.key)
    assert banners(bench) == [f"{numbered(run)} was interrupted"]


async def test_a_failure_leaves_when_the_run_begins_again_or_is_deleted(bench, wait):
    run = await training(bench, wait)
    failed = m.ErrorInfo(kind="numeric", message="The loss is not finite.")
    for step in ("resumed", "deleted"):
        job = m.JobChanged(
            info=m.JobInfo(
                job=run.job or "again",
                kind="training",
                title="x",
                state="failed",
                run=run.key,
                step=5,
                total=9,
                error=failed,
            )
        )
        bench.engine.emit(job)
        await wait(lambda: banners(bench) == ["x failed"])
        if step == "resumed":
            bench.engine.emit(m.JobChanged(info=info(run, "queued")))
        else:
            bench.state.notices.forget(run.key)
        await wait(lambda: banners(bench) == [])


async def test_a_refusal_leaves_when_the_same_is_done(bench, wait):
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)

    def refuse(command):
        raise Refusal("The disk is full.", kind="disk")

    bench.engine.script[m.StartTraining] = refuse
    for _ in range(2):
        bench.actions.training.start()
        await wait(lambda: len(bench.state.notices.history) >= 1 and banners(bench))
    assert banners(bench) == ["The run did not start"], "one cause is one banner"
    del bench.engine.script[m.StartTraining]
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    await wait(lambda: banners(bench) == [])


@pytest.mark.parametrize("name", ["unresponsive", "lost"])
async def test_a_ready_engine_takes_away_what_was_said_of_it(bench, wait, name):
    from pushforward.studio.client.client import EngineState

    await bench.start()
    error = m.ErrorInfo(kind="engine", message="Gone.")
    bench.actions.engine.became(EngineState(name=name, message="Gone", error=error))
    assert len(banners(bench)) == 1
    bench.engine.emit(m.Ready(versions={}, device="cpu"))
    await wait(lambda: banners(bench) == [])


async def test_a_mended_module_takes_its_warning_away(bench, wait):
    await bench.start()
    problem = ProblemSpec(module="models.mine", message="It is broken.", details="")
    offer = bench.engine.jobs.offer
    broken = type(offer)(entries=offer.entries, devices=offer.devices, problems=[problem])
    bench.engine.emit(m.CatalogEvent(catalog=broken))
    await wait(lambda: banners(bench) == ["models.mine could not be loaded"])
    bench.engine.emit(m.CatalogEvent(catalog=offer))
    await wait(lambda: banners(bench) == [])


async def test_another_project_begins_without_what_was_said_of_the_last_ones_runs(
    bench, wait, tmp_path
):
    run = await training(bench, wait)
    bench.engine.end(signal=9)
    await wait(lambda: banners(bench))
    await bench.actions.project.show(Project.create(tmp_path / "other", "Other").path)
    assert run.key not in bench.state.runs.by_key
    assert banners(bench) == []
    assert bench.state.notices.banners == []


async def test_a_refusal_about_a_run_stays_with_it(bench, wait):
    run = await training(bench, wait)

    async def fail():
        raise Refused(m.ErrorInfo(kind="disk", message="Full."))

    bench.actions.training._do(fail(), "The weights were not exported", run=run.key)
    await wait(lambda: banners(bench) == ["The weights were not exported"])
    bench.state.show_help()
    assert banners(bench) == []


def _fails_at(lens):
    raise IndexError(f"size of axis is {lens}")


async def test_the_same_mistake_of_the_studio_is_told_once_and_counted_in_place(bench):
    await bench.start()

    def fail(axis, place=_fails_at):
        try:
            place(axis)
        except (IndexError, KeyError) as error:
            bench.studio.report(error)

    fail(2)
    (shown,) = bench.window.canvas.findChildren(Banner)
    fail(9)
    assert bench.window.canvas.findChildren(Banner) == [shown], "nothing moves under the mouse"
    assert shown.accessibleName() == "error: Internal error, 2 times"
    shown._dismiss.click()
    fail(9)
    assert bench.state.notices.banners == []
    assert bench.state.notices.history[-1].times == 3
    fail("colours", {}.__getitem__)
    assert [each.why for each in bench.state.notices.banners] == ["KeyError: 'colours'"]


async def test_what_could_not_be_opened_is_forgotten_in_the_next_project(bench, wait, tmp_path):
    await bench.start()
    good = Project.create(tmp_path / "good", "Good").path
    bench.actions.project.open(tmp_path / "gml")
    await wait(lambda: banners(bench) == ["gml cannot be opened"])

    def refuse(command):
        raise Refusal("It ends too early.", kind="format")

    bench.engine.script[m.InspectData] = refuse
    bench.actions.data.inspect_files([str(tmp_path / "trunc.h5")])
    await wait(lambda: len(banners(bench)) == 2)
    error = m.ErrorInfo(kind="engine", message="Gone.")
    bench.state.notices.error(error, title="The engine is gone", topic="engine-lost")
    bench.actions.project.open(good)
    await wait(lambda: bench.state.project == good)
    await wait(lambda: banners(bench) == ["The engine is gone"])
    bench.actions.project.open(tmp_path / "gml")
    await wait(lambda: len(banners(bench)) == 2)
    bench.actions.project.open(Project.create(tmp_path / "other", "Other").path)
    await wait(lambda: banners(bench) == ["The engine is gone"])


async def test_only_the_newest_are_shown_and_the_others_counted(bench, wait):
    await bench.start()
    stack = bench.window.canvas.findChild(Banners)
    for n in range(5):
        error = m.ErrorInfo(kind="disk", message="No.")
        bench.state.notices.error(error, title=f"{n}", topic=f"{n}")
        assert stack.more.isHidden() == (n < 3)
    await wait(lambda: banners(bench) == ["2", "3", "4"])
    assert stack.more.text().startswith("and 2 older")
    bench.state.notices.dismiss(bench.state.notices.banners[-1].number)
    await wait(lambda: banners(bench) == ["1", "2", "3"])
    assert stack.more.text().startswith("and 1 older")
