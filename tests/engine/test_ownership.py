"""A run belongs to one process at a time; and when it is gone, that is no success."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.commands import dispatch
from pushforward.studio.engine.race import headless as headless_race
from pushforward.studio.engine.run.runlog import RunLog
from pushforward.studio.launch import own_env, own_folder
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.commands import PATHS
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.lock import NAME, Busy
from pushforward.studio.store.run import RunFolder
from tests.client.harness import Ear, run
from tests.engine.fakes import MemorySink, new_run, small, spec
from tests.engine.test_commands import Desk

__all__ = ["dispatch"]

HOLDER = """
import sys
from pathlib import Path
from pushforward.studio.store.run import RunFolder
RunFolder(Path(sys.argv[1])).lock.take()
print("held", flush=True)
sys.stdin.read()
"""
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return new_run(tmp_path, spec(steps=40))


@pytest.fixture
def holder(folder: RunFolder) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the run."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)],
        env=own_env(),
        cwd=own_folder(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def files(folder: RunFolder) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}


# Who trains


def test_a_run_of_another_process_is_refused_and_not_touched(
    folder: RunFolder,
    holder: "subprocess.Popen[str]",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(headless, "PATIENCE", 0.0)
    before = files(folder)
    desk = Desk(tmp_path)
    error = desk.refused(m.ResumeTraining(run=str(folder.path)))
    assert error.message == f"{folder.name} is being trained by process {holder.pid}."
    assert (error.kind, error.hint) == ("user", "Stop it there, or wait until it ends.")
    with pytest.raises(Busy):
        headless.run(folder.path)
    assert files(folder) == before
    assert desk.engine.queue.jobs() == []


def test_a_run_is_held_from_the_queue_to_its_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first, run_of_first = desk.start()
    second, run_of_second = desk.start()
    assert (run_of_first.path / NAME).exists()
    assert (run_of_second.path / NAME).exists()
    desk.reply(m.Control(job=second, action="cancel"))  # while it waits
    assert not (run_of_second.path / NAME).exists()
    desk.work()
    assert desk.state(first) == "finished"
    assert not (run_of_first.path / NAME).exists()


def test_a_race_holds_all_its_runs(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    budget = m.Budget(kind="steps", amount=6)
    answer = desk.reply(m.StartRace(specs=[spec(), spec()], budget=budget, project=desk.project))
    folders = [RunFolder(Path(path)) for path in answer["runs"]]
    assert all((folder.path / NAME).exists() for folder in folders)
    desk.work()
    assert [folder.status().state for folder in folders] == ["finished", "finished"]
    assert not any((folder.path / NAME).exists() for folder in folders)


def test_a_race_with_a_run_of_another_process_is_refused_whole(
    folder: RunFolder, holder: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    other = new_run(tmp_path, spec())
    with pytest.raises(Busy):
        headless_race.run([other, folder])
    assert not (other.path / NAME).exists()


@needs_signals
def test_of_two_studios_that_resume_at_once_exactly_one_trains(tmp_path: Path) -> None:
    config = small("edm")
    folder = new_run(tmp_path, spec("edm", config, steps=10**6, evaluate_every=10**6))
    folder.update_status(state="paused", pid=0)

    async def test() -> None:
        clients = [EngineClient(), EngineClient()]
        ears = [Ear(client) for client in clients]
        await asyncio.gather(*(client.start() for client in clients))
        for trial in range(6):
            await trained_by_one(clients, ears, folder, trial)
        await asyncio.gather(*(client.stop() for client in clients))

    run(test(), 120)
    assert not (folder.path / NAME).exists()


async def trained_by_one(
    clients: list[EngineClient], ears: list[Ear], folder: RunFolder, trial: int
) -> None:
    order = [0, 1] if trial % 2 else [1, 0]
    answers = await asyncio.gather(
        *(clients[i].request(m.ResumeTraining(run=str(folder.path))) for i in order),
        return_exceptions=True,
    )
    failed = [answer for answer in answers if isinstance(answer, CommandFailed)]
    [winner] = [
        i for i, answer in zip(order, answers, strict=True) if not isinstance(answer, Exception)
    ]
    [job] = [answer.result["job"] for answer in answers if not isinstance(answer, BaseException)]
    assert [error.info.message for error in failed] == [
        f"{folder.name} is being trained by process {clients[winner].state.pid}."
    ]
    await ears[winner].until(lambda: bool(ears[winner].of(m.Progress, job)))
    assert folder.status().pid == clients[winner].state.pid
    await clients[winner].request(m.Control(job=job, action="cancel"))
    await ears[winner].until(lambda: "cancelled" in ears[winner].job_states(job))


# When the folder is gone


@pytest.mark.parametrize("how", ["deleted", "moved", "emptied", "record"])
@pytest.mark.parametrize("at", [3, 39, 40])
def test_a_folder_that_is_gone_is_a_failure(folder: RunFolder, how: str, at: int) -> None:
    losses: list[int] = []

    def heard(event: object) -> None:
        if isinstance(event, m.Progress) and event.step >= at and not losses:
            losses.append(event.step)
            lose(folder, how)

    def stop() -> bool:
        if not losses and at < 40 and len(steps) >= at:
            losses.append(at)
            lose(folder, how)
        steps.append(1)
        return False

    steps: list[int] = []
    status = headless.run(folder.path, on_event=heard, stop=stop)
    assert losses
    assert (status.state, status.error is not None) == ("failed", True)
    assert status.error is not None
    assert str(folder.path) in status.error.message
    assert status.error.kind == "disk"
    assert not (folder.path / "run.toml").exists()
    if how in ("deleted", "moved"):
        assert not folder.path.exists()  # nothing makes it anew


def lose(folder: RunFolder, how: str) -> None:
    if how == "deleted":
        shutil.rmtree(folder.path)
    elif how == "moved":
        folder.path.rename(folder.path.with_name("0009-elsewhere"))
    elif how == "record":
        (folder.path / "run.toml").unlink()
    else:
        shutil.rmtree(folder.path)
        folder.path.mkdir()


def test_the_log_of_a_run_that_leads_elsewhere(
    folder: RunFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "precious").write_text("precious")
    folder.log_path.symlink_to(tmp_path / "precious")
    sink = MemorySink()
    RunLog(folder.log_path, sink, "job").write("info", "a line\nand another")
    assert [event.text for event in sink.events] == ["a line\\nand another"]
    assert "is a link to" in caplog.text
    caplog.clear()
    assert (tmp_path / "precious").read_text() == "precious"
    assert headless.run(folder.path).state == "failed"
    assert (tmp_path / "precious").read_text() == "precious"
    caplog.clear()


# What is no place, and no name


def commands(place: str, other: str) -> list[m.Command]:
    """All that name a folder or file, which is at this place; a second one is at the other."""
    edm = Pick(slug="edm")
    budget = m.Budget(kind="steps", amount=6)
    bounds = [0.0, 1.0, 0.0, 1.0]
    return [
        m.Validate(spec=spec(), project=place),
        m.PreviewData(dataset=edm, project=place),
        m.GetTarget(run=place),
        m.GetRows(run=place),
        m.GetAble(run=place),
        m.InspectData(files=[place]),
        m.ImportData(files=[other, place], project=other, name="n"),
        m.ImportData(files=[other], project=place, name="n"),
        m.MakeData(maker=Pick(slug="jets"), project=place, name="n"),
        m.StartTraining(spec=spec(), project=place),
        m.StartRace(specs=[spec(), spec()], budget=budget, project=place),
        m.ResumeRace(runs=[other, place]),
        m.ResumeTraining(run=place),
        m.BranchRun(run=place, step=1, name="n"),
        m.QueryLayer(run=place, layer="field", bounds=bounds),
        m.WalkStep(run=place),
        m.GetNearest(run=place, by="points", x=[]),
        m.GetNearest(run=other, encoder=place, x=[]),
        m.Operate(run=place, operator="generate"),
        m.Evaluate(run=place),
        m.Operate(run=place, operator="generate", file=other),
        m.Operate(run=other, operator="generate", file=place),
        m.ExportRows(run=place, what="data", file=other),
        m.ExportRows(run=other, what="data", file=place),
        m.ExportRows(run=other, what="samples", of=place, file=place),
        m.ExportWeights(run=place, file=other),
        m.ExportWeights(run=other, file=place),
        m.ShareFlow(runs=[other, place], file=other),
        m.ShareFlow(runs=[other], file=place),
        m.WriteReport(runs=[other, place], file=other),
        m.WriteReport(runs=[other], file=place),
        m.ListFiles(project=place),
        m.ReadFile(file=place, offset=0, n=1),
        m.HashFile(file=place),
        m.WriteFile(file=place, offset=0, data=b""),
        m.AddRun(project=place, record=b""),
        m.TrainRun(run=place),
        m.CheckRuns(runs=[other, place]),
    ]


@pytest.mark.parametrize("place", ["", ".", "here", "~/here", "/nul\0", "/" + 5000 * "n"])
def test_all_files_and_folders_are_named_by_whole_paths(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    desk, other = Desk(tmp_path), str(tmp_path / "other")
    for command in commands(place, other):
        if not place and isinstance(command, m.Validate | m.PreviewData):
            continue  # they need none
        if isinstance(command, m.Operate | m.GetNearest) and command.run == other and not place:
            continue  # the file of a result and an encoder are optional
        error = desk.refused(command)
        assert error.kind == "user"
        assert getattr(command, error.path) in (place, [place], [other, place])
        assert "must be an absolute path" in error.message
    assert not list((tmp_path / "here").iterdir())


def test_each_field_of_text_is_known_to_be_a_path_or_not() -> None:
    words = {
        "action",
        "by",
        "job",
        "layer",
        "name",
        "notes",
        "importer",
        "layers",
        "extras",
        "operator",
        "what",
    }
    found = {
        (type(command), field.name)
        for command in commands("", "")
        for field in msgspec.structs.fields(command)
        if field.name in PATHS
    }
    for kind in m.Command.__args__:
        for field in msgspec.structs.fields(kind):
            if field.type in (str, list[str], str | None):
                assert field.name in {*PATHS, *words}
                assert field.name in words or (kind, field.name) in found


def test_a_name_of_a_megabyte_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    long = msgspec.structs.replace(spec(), name="n" * 10**6)
    error = desk.refused(m.StartTraining(spec=long, project=desk.project))
    assert (error.kind, error.path) == ("user", "name")
    assert error.message == "The name has 1,000,000 characters; it may have 200."


# Signals


@needs_signals
def test_an_engine_leaves_ctrl_c_to_its_parent_and_saves_when_the_terminal_goes(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        client = EngineClient(auto_restart=False)
        ear = Ear(client)
        await client.start()
        config = small("edm")
        training = spec("edm", config, steps=10**6, evaluate_every=10**6)
        command = m.StartTraining(spec=training, project=str(tmp_path / "project"))
        answer = await client.request(command)
        job, folder = answer.result["job"], RunFolder(Path(answer.result["run"]))
        pid = client.state.pid
        assert pid is not None
        for number in (signal.SIGINT, signal.SIGINT):
            reached = len(ear.of(m.Progress, job))
            os.kill(pid, number)
            await ear.until(lambda reached=reached: len(ear.of(m.Progress, job)) > reached + 2)
        os.kill(pid, signal.SIGHUP)
        await ear.until(lambda: client.state.name == "lost")
        status = folder.status()
        assert status.state == "interrupted"
        assert folder.checkpoints.steps()[-1] == status.step > 0
        await client.stop()

    run(test())
