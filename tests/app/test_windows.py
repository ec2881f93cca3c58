"""Another window on the open project is said, and so is what one that was killed was training."""

import subprocess
import sys

import pytest

from pushforward.studio.app.engine.requests import window_registry
from pushforward.studio.app.shell.banners import Banner
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.lock import Lock
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord, RunStatus

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
OTHER = """
import sys
from pathlib import Path
from pushforward.studio.app.engine.requests.window_registry import NAME
from pushforward.studio.store.lock import Lock
Lock(Path(sys.argv[1]), "It is shown", NAME).take()
print("shown", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "rings", "rings")


@pytest.fixture
def other(project):
    """Another process that shows the project."""
    command = [sys.executable, "-c", OTHER, str(project.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"shown\n"
        yield process
        process.kill()


def banners(bench):
    return [notice.text for notice in bench.state.notices.banners]


async def test_a_second_window_says_so_until_the_first_is_gone(
    bench, wait, project, other, monkeypatch
):
    monkeypatch.setattr(window_registry, "EVERY", 0.05)
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: banners(bench) == ["This project is also open in another window"])
    shown = bench.window.findChildren(Banner)
    assert [each.isVisible() for each in shown] == [True]
    other.kill()
    await wait(lambda: banners(bench) == [])


async def test_the_only_window_says_nothing_and_leaves_no_file(
    bench, wait, project, tmp_path, monkeypatch
):
    monkeypatch.setattr(window_registry, "EVERY", 0.05)
    mark = project.path / window_registry.NAME
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.actions.windows.first)
    assert mark.exists()
    assert banners(bench) == []
    second = Project.create(tmp_path / "moons", "moons")
    bench.actions.project.open(second.path)
    await wait((second.path / window_registry.NAME).exists)
    await wait(lambda: bench.actions.windows.first)
    assert not mark.exists()
    bench.actions.windows.leave()
    assert not (second.path / window_registry.NAME).exists()


async def test_the_word_is_about_that_project_alone(bench, wait, project, other, tmp_path):
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: banners(bench))
    bench.actions.project.open(Project.create(tmp_path / "moons", "moons").path)
    await wait(lambda: bench.state.project_name == "moons")
    assert banners(bench) == []


async def test_it_does_not_keep_runs_from_being_made(project, other):
    with Lock(project.path, "Changed").hold():
        assert (project.path / window_registry.NAME).exists()
    assert project.new_run(RunRecord(spec=SPEC, seed=0, device="cpu")).path.is_dir()


def left_by(project, state, step=40):
    """A run of an engine that is no more."""
    run = project.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
    gone = RunStatus(state=state, step=step, total=100, heartbeat=9.0, pid=2**22 + 1)
    run.write_status(gone)
    return run


@pytest.mark.parametrize("state", ["running", "interrupted"])
async def test_what_a_killed_window_was_training_is_said_with_what_is_kept(
    bench, wait, project, state
):
    run = left_by(project, state)
    run.checkpoints.path(30).parent.mkdir(parents=True)
    run.checkpoints.path(30).touch()
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.notices.banners)
    (notice,) = bench.state.notices.banners
    assert notice.text.endswith("was interrupted")
    assert notice.todo == "What it had learned up to step 30 is kept."
    assert [action.title for action in notice.actions] == ["Resume from step 30"]
    notice.actions[0].run()
    await wait(lambda: [c.run for c in resumed(bench)] == [str(run.path)])


def resumed(bench):
    return [c for c in bench.engine.received if type(c).__name__ == "ResumeTraining"]


@pytest.mark.parametrize("state", ["paused", "finished", "cancelled"])
async def test_nothing_is_said_of_what_ended_as_it_was_asked_to(bench, wait, project, state):
    left_by(project, state)
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.runs.current is not None)
    assert banners(bench) == []


async def test_it_is_said_in_a_window_that_looks_on_when_the_other_dies(bench, wait, project):
    run = left_by(project, "finished", 10)
    await bench.start()
    await bench.actions.project.show(project.path)
    await bench.actions.folder.look()
    run.write_status(RunStatus(state="interrupted", step=60, total=100, heartbeat=10.0))
    await bench.actions.folder.look()
    (text,) = banners(bench)
    assert text.endswith("was interrupted")


async def test_that_the_engine_was_killed_is_not_said_to_be_an_end_of_the_studio(
    bench, wait, project
):
    """Its folder is read anew when the next engine is there, and tells of another step."""
    left = left_by(project, "finished", 10)
    await bench.start()
    await bench.actions.project.show(project.path)
    await bench.actions.folder.look()
    run = bench.state.runs.by_key[str(left.path)]
    run.job, run.state, run.step = "of-the-engine", "running", 60
    bench.state.runs.select(run.key)
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    left.write_status(RunStatus(state="running", step=50, total=100, heartbeat=9.0, pid=2**22 + 1))
    await bench.actions.folder.look()
    (banner,) = bench.state.notices.banners
    assert run.step == 50
    assert "SIGKILL" in banner.why
