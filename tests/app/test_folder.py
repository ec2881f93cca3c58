"""What another window or a command does in the open project is seen here, too."""

import os
import shutil

import numpy as np
import pytest
from psutil import Process

from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "rings", "rings")


def trained(project, step=100):
    run = project.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
    run.metrics.append({"loss": ([10, step], [2.0, 1.0])})
    run.update_status(state="finished", step=step, total=100)
    return run


def going(run, step):
    """Let this very process, which is no engine of the studio, say that it trains a run."""
    me = Process()
    who = {"pid": os.getpid(), "process_started": me.create_time()}
    run.update_status(state="running", step=step, total=100, **who)


async def opened(bench, project):
    await bench.start()
    await bench.actions.project.show(project.path)
    await bench.actions.folder.look()
    return bench.state


async def test_a_run_of_another_window_is_followed_to_its_end(bench, wait, project):
    run = trained(project, 20)
    going(run, 20)
    state = await opened(bench, project)
    known = state.runs.current
    await wait(lambda: known.job)
    assert (known.state, known.background) == ("running", True)
    assert "in another window" in bench.window.inspector.run.state_line.text()
    assert "stop it there" in bench.window.registry["stop"].why_not()
    assert state.running is None
    run.metrics.append({"loss": ([60], [0.5])})
    going(run, 60)
    await wait(lambda: known.step == 60 and known.series["loss"].steps.tolist() == [10, 20, 60])
    run.update_status(state="finished", step=100)
    await wait(lambda: known.state == "finished" and not known.background and not known.elsewhere)


async def test_runs_that_others_add_are_listed_and_those_they_delete_leave(bench, wait, project):
    first = trained(project)
    state = await opened(bench, project)
    second = trained(project)
    await bench.actions.folder.look()
    assert list(state.runs.by_key) == [str(first.path), str(second.path)]
    assert state.runs.by_key[str(second.path)].series["loss"].steps.tolist() == [10, 100]
    assert str(second.path) in bench.window.sidebar.runs.tree.open_keys
    assert state.runs.selection == str(first.path)
    project.trash(first.path)
    await bench.actions.folder.look()
    assert list(state.runs.by_key) == [str(second.path)]
    assert (state.runs.selection, state.place) == ("", "discover")


async def test_a_run_that_others_went_on_with_is_read_anew(bench, project):
    run = trained(project, 50)
    state = await opened(bench, project)
    known = state.runs.current
    run.metrics.append({"loss": ([70, 90], [0.7, 0.6])})
    run.update_status(state="cancelled", step=90)
    await bench.actions.folder.look()
    assert (known.state, known.step) == ("cancelled", 90)
    assert known.series["loss"].steps.tolist() == [10, 50, 70, 90]


async def test_a_run_of_ours_that_has_only_just_been_made_is_nobody_elses(bench, project):
    state = await opened(bench, project)
    run = trained(project, 0)
    going(run, 0)
    state.engine_pid = os.getpid()
    await bench.actions.folder.look()
    assert not state.runs.by_key[str(run.path)].background


async def test_data_that_others_add_are_listed_and_nobody_is_led_there(bench, project):
    trained(project)
    state = await opened(bench, project)
    data = project.add_dataset("mine", np.zeros((12, 2), np.float32), ["x", "y"])
    await bench.actions.folder.look()
    assert [each.name for each in state.datasets] == ["mine"]
    assert state.place == "run"
    shutil.rmtree(data.path)
    await bench.actions.folder.look()
    assert state.datasets == []


async def test_what_the_opening_has_read_is_not_read_again(bench, monkeypatch, project):
    trained(project)
    read = []
    monkeypatch.setattr("pushforward.studio.app.engine.requests.project_files.look", read.append)
    await opened(bench, project)
    await bench.actions.folder.look()
    assert not read
    other = trained(project)
    await bench.actions.folder.look()
    assert read == [str(other.path)]


async def test_data_that_cannot_be_listed_now_are_looked_at_again(bench, monkeypatch, project):
    """The window noticed nothing more of its folder until it was opened again."""
    trained(project)
    state = await opened(bench, project)

    def refuse(path):
        raise Refused(ErrorInfo(kind="disk", message="It does not answer."))

    with monkeypatch.context() as patch:
        patch.setattr("pushforward.studio.app.engine.requests.project_files.datasets", refuse)
        project.add_dataset("mine", np.zeros((12, 2), np.float32), ["x", "y"])
        await bench.actions.folder.look()
    assert state.datasets == []
    other = trained(project)
    await bench.actions.folder.look()
    assert [each.name for each in state.datasets] == ["mine"]
    assert str(other.path) in state.runs.by_key
