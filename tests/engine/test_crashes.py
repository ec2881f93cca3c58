"""The crash matrix, with the real processes. The ids of the tests are its rows.

In each row: the other process lives, a person is told in one sentence with the cause, resume
continues from the last good checkpoint, and no file is lost. The short suite has one row of each
way to die; the whole has all.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from pushforward.studio.client.child import ChildProcess, kill_tree
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.client.transport import Timeouts
from pushforward.studio.launch import own_env
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import EditPoints, Pick, RunSpec
from pushforward.studio.store.edits import made_edits
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.splits import split_rows
from tests.client.harness import Ear
from tests.patience import Patience
from tests.tiers import EXHAUSTIVE

ENGINE = str(Path(__file__).with_name("faulty_engine.py"))
STUDIO = str(Path(__file__).with_name("studio_process.py"))
STEPS = 120
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the accidents are made with signals"
)


class Studio:
    """What a window would hold: a client, what it heard, and a project."""

    def __init__(self, client: EngineClient, ear: Ear, folder: Path) -> None:
        self.client, self.ear, self.folder = client, ear, folder

    def spec(self, fault: str = "none", **training: Any) -> RunSpec:
        config = {
            "net": {"width": 16},
            "fault": fault,
            "marker": str(self.folder / "it-happened"),
        }
        usual = {
            "steps": STEPS,
            "batch": 32,
            "samples": 500,
            "particles": 64,
            "frames": 4,
            "evaluate_every": 10**6,
            "evaluate_samples": 64,
            "checkpoint_steps": 25,
            "device": "cpu",
        }
        return RunSpec(
            name=f"Fault {fault}",
            family=Pick(slug="faulty", config=config),
            dataset=Pick(slug="eight-gaussians"),
            training=usual | training,
        )

    async def start(self, fault: str = "none", **training: Any) -> tuple[str, RunFolder]:
        command = m.StartTraining(spec=self.spec(fault, **training), project=str(self.folder))
        answer = await self.client.request(command)
        return answer.result["job"], RunFolder(Path(answer.result["run"]))

    async def ended(self, job: str) -> m.JobInfo:
        """Wait for the end of a job."""
        states = ("finished", "failed", "cancelled")
        await self.ear.until(lambda: self.ear.job_states(job)[-1:] and self._state(job) in states)
        return self.ear.of(m.JobChanged, job)[-1].info

    def _state(self, job: str) -> str:
        return self.ear.job_states(job)[-1]

    async def resumes(self, run: RunFolder, *, beyond: int = 0) -> list[str]:
        """Resume a run: it must go on from its newest good checkpoint and come to its end.

        Returns the names of the damaged checkpoints that were passed over.
        """
        newest, _ = run.checkpoints.newest()
        assert newest is not None
        assert newest.step >= beyond
        answer = await self.client.request(m.ResumeTraining(run=str(run.path)))
        assert answer.result["step"] == newest.step
        info = await self.ended(answer.result["job"])
        assert (info.state, info.step, info.error) == ("finished", STEPS, None)
        steps, losses = run.metrics.read()[0]["loss"]
        assert steps == list(range(steps[0], STEPS + 1))[: len(steps)]
        assert steps[-1] == STEPS
        assert np.isfinite(losses).all()
        assert not list(run.path.rglob("*.partial"))
        return list(answer.result["skipped"])


Test = Callable[[Studio], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def living() -> Iterator[tuple[asyncio.Runner, EngineClient]]:
    """One client for all rows: each finds it with an engine that is ready."""
    timeouts = Timeouts(restarts=100, ping_every=0.2, unresponsive=2.0, terminate=0.3)
    client = EngineClient(lambda: ChildProcess([sys.executable, ENGINE]), timeouts=timeouts)
    with asyncio.Runner() as runner:
        runner.run(client.start())
        yield runner, client
        outcome = runner.run(client.stop())
    assert outcome is not None
    assert outcome.exit.status == 0


@pytest.fixture
def studio(
    living: Any, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Callable[[Test], None]:
    """Run one row; afterwards an engine must be ready again.

    What the person was told is a property of the test: ``--junitxml=FILE -o junit_family=xunit1``
    makes the table.
    """
    runner, client = living

    async def row(test: Test) -> None:
        ear = Ear(client)
        await asyncio.wait_for(test(Studio(client, ear, tmp_path)), 60)
        assert client.state.name == "ready"
        for sentence in told(ear):
            record_property("told", sentence)

    return lambda test: runner.run(row(test))


def told(ear: Ear) -> list[str]:
    """The sentences about failures, each once, in order."""
    errors = [s.error for s in ear.states[1:]] + [e.info.error for e in ear.of(m.JobChanged)]
    sentences = [error.message for error in errors if error is not None]
    sentences += [e.text for e in ear.of(m.Log) if "damaged" in e.text]
    return list(dict.fromkeys(sentences))


def intact(run: RunFolder, damaged: tuple[str, ...] = ()) -> None:
    """Every file of a run can be read, save those damaged on purpose."""
    assert run.record.spec.family.slug == "faulty"
    assert run.status().step >= 0
    assert run.metrics.read()[0]["loss"][0]
    for step in run.checkpoints.steps():
        if run.checkpoints.path(step).name not in damaged:
            assert run.checkpoints.load(run.checkpoints.path(step)).step == step
    for step in run.flow.steps():
        if run.flow.path(step).name not in damaged:
            _, n, d = run.flow.load(step).x.shape
            assert (n, d) in ((64, 2), (16, 2))  # a whole record, or a light one


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        pytest.param("raises", "bug", "a mistake of the family", id="family-raises"),
        pytest.param("memory", "memory", "memory", id="out-of-memory", marks=EXHAUSTIVE),
        pytest.param("nan", "numeric", "not a number", id="loss-is-nan", marks=EXHAUSTIVE),
        pytest.param(
            "disk-full",
            "disk",
            "checkpoints: ",
            id="disk-full-before-a-checkpoint",
            marks=EXHAUSTIVE,
        ),
        pytest.param(
            "disk-fills",
            "disk",
            "disk is full",
            id="disk-full-within-a-checkpoint",
            marks=EXHAUSTIVE,
        ),
    ],
)
def test_the_training_fails_and_the_engine_lives(
    studio: Any, fault: str, kind: str, cause: str
) -> None:
    async def row(s: Studio) -> None:
        pid = s.client.state.pid
        job, run = await s.start(fault)
        info = await s.ended(job)
        assert info.state == "failed"
        assert info.error is not None
        assert info.error.kind == kind
        assert cause in info.error.message
        assert info.error.hint
        assert "\n" not in info.error.message
        assert run.status().state == "failed"
        assert s.client.state.pid == pid
        intact(run)
        await s.resumes(run, beyond=50)

    studio(row)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        pytest.param("segfault", "crashed in native code (SIGSEGV)", id="segfault-in-training"),
        pytest.param("exits", "ended with status 7", id="engine-raises", marks=EXHAUSTIVE),
        pytest.param(
            "killed-saving",
            "killed (SIGKILL)",
            id="killed-while-writing-a-checkpoint",
            marks=EXHAUSTIVE,
        ),
    ],
)
def test_the_engine_dies_and_is_started_again(studio: Any, fault: str, cause: str) -> None:
    async def row(s: Studio) -> None:
        _, run = await s.start(fault)
        await s.ear.until(lambda: s.client.state.name == "restarting")
        await was_lost(s, cause)
        assert run.interrupted()
        intact(run)
        await s.resumes(run, beyond=50)

    studio(row)


async def was_lost(s: Studio, cause: str) -> None:
    """The person was told the cause in one sentence, and a fresh engine came up."""
    error = s.client.state.error
    assert error is not None
    assert cause in error.message
    assert error.message.count(". ") == 0
    assert "last checkpoint" in error.hint
    await s.ear.until(lambda: s.client.state.name == "ready")
    await s.ear.until(lambda: bool(s.ear.of(m.Snapshot)))
    assert s.ear.of(m.Snapshot)[-1].jobs == []


def test_killed_while_training(studio: Any) -> None:
    async def row(s: Studio) -> None:
        job, run = await s.start(steps=10**6)
        await s.ear.until(lambda: len(s.ear.of(m.CheckpointWritten, job)) >= 2)
        await killed(s)
        intact(run)
        newest, _ = run.checkpoints.newest()
        assert newest is not None
        answer = await s.client.request(m.ResumeTraining(run=str(run.path)))
        assert answer.result["step"] == newest.step
        again = answer.result["job"]
        await s.ear.until(lambda: bool(s.ear.of(m.Progress, again)))
        assert s.ear.last(again).step >= newest.step
        await s.client.request(m.Control(job=again, action="cancel"))

    studio(row)


@EXHAUSTIVE
def test_killed_right_after_an_edit(studio: Any) -> None:
    """What was answered is on disk: it is made again, once, at its step."""

    async def row(s: Studio) -> None:
        job, run = await s.start(steps=10**6)
        await s.ear.until(lambda: len(s.ear.of(m.CheckpointWritten, job)) >= 2)
        edit = EditPoints(step=0, action="add", centre=(0.0, 0.0), radius=0.1, count=100, seed=1)
        answer = await s.client.request(m.ApplyEdit(job=job, edit=edit))
        await killed(s)
        intact(run)
        step = answer.result["step"]
        expected = [msgspec.structs.replace(edit, step=step)]
        assert made_edits(run) == expected
        newest, _ = run.checkpoints.newest()
        assert newest is not None
        answer = await s.client.request(m.ResumeTraining(run=str(run.path)))
        again = answer.result["job"]
        await s.ear.until(lambda: bool(s.ear.of(m.Progress, again)))
        await s.ear.until(lambda: s.ear.last(again).step > step)
        target = await s.client.request(m.GetTarget(run=str(run.path)))
        assert target.result["n"] == 600
        await s.client.request(m.Control(job=again, action="cancel"))
        assert made_edits(run) == expected

    studio(row)


async def killed(s: Studio) -> float:
    """Kill the engine; return the seconds until the client knew."""
    pid, began = s.client.state.pid, time.monotonic()
    assert pid is not None
    kill_tree(pid)
    await s.ear.until(lambda: s.client.state.name == "restarting")
    seconds = time.monotonic() - began
    await was_lost(s, "killed (SIGKILL)")
    return seconds


@EXHAUSTIVE
def test_killed_while_idle(studio: Any) -> None:
    async def row(s: Studio) -> None:
        job, run = await s.start(steps=30)
        assert (await s.ended(job)).state == "finished"
        await killed(s)
        intact(run)
        assert run.status().state == "finished"
        answer = await s.client.request(m.ResumeTraining(run=str(run.path), steps=STEPS))
        assert answer.result["step"] == 30
        assert (await s.ended(answer.result["job"])).step == STEPS

    studio(row)


def test_engine_hangs(studio: Any) -> None:
    async def row(s: Studio) -> None:
        _, run = await s.start("stops")
        await s.ear.until(lambda: s.client.state.name == "unresponsive")
        assert s.client.state.message == "The engine has not responded for 2 seconds."
        assert "restart" in s.client.state.error.hint
        hung = s.client.state.pid
        await s.client.restart("it did not answer")
        assert not psutil.pid_exists(hung)
        assert run.interrupted()
        intact(run)
        await s.resumes(run, beyond=50)

    studio(row)


@EXHAUSTIVE
def test_stray_prints(studio: Any) -> None:
    async def row(s: Studio) -> None:
        pid = s.client.state.pid
        job, run = await s.start("prints")
        assert (await s.ended(job)).state == "finished"
        assert s.client.state.pid == pid
        assert (s.folder / "it-happened").exists()
        intact(run)

    studio(row)


@EXHAUSTIVE
def test_truncated_checkpoint(studio: Any) -> None:
    async def row(s: Studio) -> None:
        job, run = await s.start("raises")
        await s.ended(job)
        newest = run.checkpoints.path(run.checkpoints.steps()[-1])
        newest.write_bytes(newest.read_bytes()[:-1000])
        intact(run, damaged=(newest.name,))
        before = len(s.ear.events)
        assert await s.resumes(run, beyond=25) == [newest.name]
        warnings = [e.text for e, _ in s.ear.events[before:] if isinstance(e, m.Log)]
        assert any(newest.name in text for text in warnings)

    studio(row)


@EXHAUSTIVE
def test_corrupt_hdf5_of_a_kept_step(studio: Any) -> None:
    async def row(s: Studio) -> None:
        job, run = await s.start("raises")
        await s.ended(job)
        broken = run.flow.path(run.flow.steps()[1])
        broken.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
        intact(run, damaged=(broken.name,))
        before = len(s.ear.events)
        await s.resumes(run, beyond=50)
        told = [e.text for e, _ in s.ear.events[before:] if isinstance(e, m.Log)]
        assert any(broken.stem in text and "damaged" in text for text in told)
        intact(run)

    studio(row)


@EXHAUSTIVE
def test_corrupt_file_of_a_data_set(studio: Any) -> None:
    async def row(s: Studio) -> None:
        project = Project.create(s.folder / "with-data", "With data")
        x = np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)
        data = project.add_dataset("mine", x, ("x", "y"), "tests")
        preview = m.PreviewData(dataset=Pick(slug="project:mine"), project=str(project.path))
        trained = split_rows(200, data.record.split, "train")
        seen = (await s.client.request(preview)).arrays["x"]
        rows = (each[np.lexsort(each.T)] for each in (seen, x[trained]))  # they come mixed
        np.testing.assert_array_equal(*rows)
        (data.path / "x.npy").write_bytes(b"no array any more")
        with pytest.raises(CommandFailed) as refused:
            await s.client.request(preview)
        assert "x.npy" in refused.value.info.message
        assert refused.value.info.hint

    studio(row)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        pytest.param("none", "interrupted", id="studio-killed-while-training"),
        pytest.param("stuck", "running", id="studio-killed-while-a-step-hangs", marks=EXHAUSTIVE),
    ],
)
def test_the_studio_is_killed(studio: Any, fault: str, state: str) -> None:
    async def row(s: Studio) -> None:
        with another_studio(s.folder, s.spec(fault, steps=10**6)) as parent:
            assert parent.stdout is not None
            pid, path = (await asyncio.to_thread(parent.stdout.readline)).decode().split()
            if fault == "stuck":
                await asyncio.to_thread(wait_for, s.folder / "it-happened")
            engine = psutil.Process(int(pid))
            parent.kill()
            began = time.monotonic()
            await asyncio.to_thread(gone, engine)
        assert time.monotonic() - began < 5.0
        run = RunFolder(Path(path))
        assert run.status().state == state
        assert not run.alive()
        intact(run)
        newest, skipped = run.checkpoints.newest()
        assert newest is not None
        assert not skipped
        if fault == "none":
            assert newest.step == run.status().step  # it was saved on the way out
        answer = await s.client.request(m.ResumeTraining(run=path))
        assert answer.result["step"] == newest.step
        await s.client.request(m.Control(job=answer.result["job"], action="cancel"))

    studio(row)


def another_studio(project: Path, spec: RunSpec) -> "subprocess.Popen[bytes]":
    command = [sys.executable, STUDIO, ENGINE, str(project), msgspec.json.encode(spec)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=own_env())


def wait_for(path: Path, seconds: float = 20.0) -> None:
    patience = Patience(seconds)
    while not path.exists():
        assert not patience.is_over(), path
        time.sleep(0.02)


def gone(process: psutil.Process, seconds: float = 20.0) -> None:
    """Wait until a process has ended; as somebody else's child it may stay a zombie."""
    patience = Patience(seconds)
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert not patience.is_over(), process
        time.sleep(0.02)
