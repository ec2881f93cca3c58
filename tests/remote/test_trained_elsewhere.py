"""Runs trained on another computer: sent there once, brought back whole, and the same bits."""

import hashlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.app.core import preferences
from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.launchers.computers import Computer
from pushforward.studio.launchers.local import LocalLauncher
from pushforward.studio.launchers.sending import send_dataset, send_file
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.remote.stopping import stop
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.lock import Busy
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.create import create
from pushforward.studio.workflows.executors.remote import RemoteExecutor
from tests.cli.conftest import sets
from tests.client.harness import run as run_async
from tests.engine.same import assert_same_run
from tests.remote.ssh_server import MISSING, remote_engine, ssh_server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")


@pytest.fixture
def there(tmp_path: Path) -> Any:
    folder = tmp_path / "there"
    yield folder
    stop(folder)


def spec(**training: Any) -> RunSpec:
    return RunSpec(
        name="Own",
        family=Pick(slug="edm", config={"net": {"slug": "mlp", "config": {"width": 16}}}),
        dataset=Pick(slug="project:own"),
        training={"steps": 60, "batch": 32, "particles": 64, "device": "cpu"} | training,
    )


def new_project(folder: Path) -> Project:
    discover()
    project = Project.create(folder, "Here")
    points = np.random.default_rng(0).normal(size=(400, 2))
    project.add_dataset("own", points, ["a", "b"])
    return project


def finished(executor: RemoteExecutor) -> list[RunFolder]:
    while not (ended := executor.take_ended()):
        time.sleep(0.05)
    return ended


def test_a_run_and_its_data_go_there_and_come_back_the_same(tmp_path: Path, there: Path) -> None:
    project = new_project(tmp_path / "here")
    run = create(spec(), project.path, elsewhere=True)
    assert run.record.device == ""
    executor = RemoteExecutor(LocalLauncher(there))
    executor.start(run)
    assert run.alive()
    with pytest.raises(Busy):  # another process would get the lock's own words
        _take_in_another_process(run)
    assert finished(executor) == [run]
    executor.close()
    assert run.status().state == "finished"
    assert not run.alive()
    [copy] = Project.open(there).runs()
    assert copy.record == run.record
    local = create(spec(), new_project(tmp_path / "alone").path)
    headless.run(local.path)
    assert_same_run(run, local)


def _take_in_another_process(run: RunFolder) -> None:
    import subprocess

    from pushforward.studio.launch import own_command, popen_options

    done = subprocess.run(
        own_command("run", str(run.path), "--resume"), capture_output=True, text=True,
        **popen_options(),
    )  # fmt: skip
    if "is being trained by process" in done.stderr:
        raise Busy(done.stderr, "", 0)


def test_a_stopped_run_comes_back_with_its_checkpoint_and_a_new_client_finds_the_other(
    tmp_path: Path, there: Path
) -> None:
    project = new_project(tmp_path / "here")
    run = create(spec(steps=1_000_000), project.path, elsewhere=True)
    first = RemoteExecutor(LocalLauncher(there))
    first.start(run)
    while run.status().step < 5:
        assert not first.take_ended()
        time.sleep(0.05)
    first.close()  # as if this computer were switched off: it is trained on
    second = RemoteExecutor(LocalLauncher(there))
    second.start(run)
    assert len(Project.open(there).runs()) == 1
    second.ask_to_stop()
    assert finished(second) == [run]
    second.close()
    assert run.status().state == "paused"
    assert run.checkpoints.steps()


def connected(work: Any) -> None:
    async def test() -> None:
        client = EngineClient(ChildProcess, auto_restart=False)
        await client.start()
        try:
            await work(client)
        finally:
            await client.stop()

    run_async(test())


def test_data_are_sent_once_and_other_data_of_the_name_are_not_replaced(tmp_path: Path) -> None:
    here, there = new_project(tmp_path / "here"), Project.create(tmp_path / "there", "There")
    other = Project.create(tmp_path / "other", "Other")
    other.add_dataset("own", np.ones((5, 2)), ["a", "b"])

    async def work(client: EngineClient) -> None:
        seen: list[tuple[int, int]] = []
        data = here.dataset("own")
        sent = await send_dataset(client, data, str(there.path), lambda *at: seen.append(at))
        assert sent
        assert seen[-1][0] == seen[-1][1] > 0
        assert there.dataset("own").record == data.record
        assert not await send_dataset(client, data, str(there.path))
        with pytest.raises(StoreError, match="other data with the name"):
            await send_dataset(client, data, str(other.path))

    connected(work)


def test_files_are_written_below_runs_and_data_alone(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "there", "There")
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.path / "data").mkdir()
    (project.path / "data" / "link").symlink_to(outside)
    source = tmp_path / "source"
    source.write_bytes(np.random.default_rng(0).bytes(2 * m.FILE_PIECE + 17))
    target = f"{project.path}/data/own/x.npy"

    async def work(client: EngineClient) -> None:
        assert await send_file(client, source, target)
        assert not await send_file(client, source, target)
        names = [
            "data/x", "data/link/x", "runs/0001-a/../../x", "runs/0001-a/.ssh/x", "project.toml",
            "trash/a/b", "data/own/..", "../outside/x",
        ]  # fmt: skip
        for name in names:
            with pytest.raises((CommandFailed, StoreError)):
                await send_file(client, source, f"{project.path}/{name}")
        for file in (f"{outside}/a/b/c", "/etc/runs/a/b"):
            with pytest.raises(CommandFailed):
                await client.request(m.WriteFile(file=file, offset=0, data=b"x"))
        wrong = hashlib.sha256(b"other").digest()
        with pytest.raises(CommandFailed, match="other bytes"):
            await client.request(m.WriteFile(file=target, offset=0, data=b"x", digest=wrong))
        with pytest.raises(CommandFailed):
            await client.request(m.AddRun(project=str(project.path), record=b"format = 'evil"))

    connected(work)
    assert Path(target).read_bytes() == source.read_bytes()
    assert list(outside.iterdir()) == []
    assert project.runs() == []
    assert not list(project.path.rglob(".*incoming"))


@pytest.mark.exhaustive
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "")
def test_a_sweep_and_a_run_are_trained_on_a_computer_of_the_preferences(
    tmp_path: Path, there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, alone = tmp_path / "here", tmp_path / "alone"
    (tmp_path / "server").mkdir()
    words = [
        "sweep",
        "edm@two-moons",
        *sets("lr=1e-4,1e-2"),
        "--set",
        "threads=1",
        "--at-once",
        "2",
    ]
    with ssh_server(tmp_path / "server") as server:
        computer = Computer(
            host=server.host,
            folder=str(there),
            command=remote_engine(tmp_path / "home"),
            options=list(server.options),
        )
        preferences.change(computers=[computer])
        assert main([*words, "--out", str(here), "--on", "loopback"]) == 0
        train = ["run", "edm@two-moons", *sets(), "--out", str(here), "--on", "loopback"]
        assert main(train) == 0
        assert "Finished after 60 steps" in capsys.readouterr().out
        assert main(["computer", "stop", f"{server.host}:{there}", "--command", computer.command,
                     *(f"--ssh-option={word}" for word in computer.options)]) == 0  # fmt: skip
    assert main([*words, "--out", str(alone)]) == 0
    far, near = Project.open(here).runs(), Project.open(alone).runs()
    assert len(far) == 3
    for one, other in zip(far, near, strict=False):
        assert one.record.trial == other.record.trial
        assert_same_run(one, other)


def test_an_unknown_place_is_refused_with_those_that_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preferences.change(computers=[Computer(host="gpu-server")])
    words = ["run", "edm@two-moons", *sets(), "--out", str(tmp_path / "p"), "--on"]
    assert main([*words, "gpu-serve"]) == 2
    assert "did you mean gpu-server" in capsys.readouterr().err
    assert main([*words, "nowhere.invalid:work"]) == 2
    assert "nowhere.invalid" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
