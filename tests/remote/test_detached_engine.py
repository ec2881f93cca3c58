"""An engine that outlives its connection: dropped links, killed processes, clients that return."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import EngineStartFailed
from pushforward.studio.launchers.local import LocalLauncher
from pushforward.studio.launchers.ssh import SshLauncher
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.remote.stopping import stop
from pushforward.studio.store.run import RunFolder
from tests.client.harness import Ear, run
from tests.engine.same import assert_same_run
from tests.remote.ssh_server import MISSING, SshServer, remote_engine, ssh_server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")
STEPS = 600


def spec(**training: Any) -> RunSpec:
    return RunSpec(
        name="Far",
        family=Pick(slug="edm", config={"ema": 0.99}),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": STEPS, "batch": 32, "particles": 64, "device": "cpu"} | training,
    )


def client_of(launcher: Any, reconnects: bool = False) -> EngineClient:
    return EngineClient(
        lambda: ChildProcess(launcher.command()),
        timeouts=launcher.timeouts,
        auto_restart=False,
        reconnects=reconnects,
    )


async def start(client: EngineClient, project: Path, **training: Any) -> tuple[str, RunFolder]:
    await client.start()
    command = m.StartTraining(spec=spec(**training), project=str(project))
    answer = await client.request(command)
    return answer.result["job"], RunFolder(Path(answer.result["run"]))


def hosts(folder: Path) -> list[psutil.Process]:
    """The hosts of a folder's engine."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        words = each.info["cmdline"] or []
        if "--serve" in words and str(folder) in words:
            found.append(each)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Any:
    folder = tmp_path / "project"
    yield folder
    if folder.exists():
        stop(folder)
    # A host lets go of its lock a moment before its process is gone.
    psutil.wait_procs(hosts(folder), timeout=20)
    assert not hosts(folder)


async def undisturbed(project: Path, **training: Any) -> RunFolder:
    client = EngineClient(ChildProcess, auto_restart=False)
    ear = Ear(client)
    job, folder = await start(client, project, **training)
    await ear.until(lambda: "finished" in ear.job_states(job))
    await client.stop()
    return folder


@pytest.mark.exhaustive
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "")
def test_a_training_whose_link_is_cut_ten_times_is_the_undisturbed_one(
    project: Path, tmp_path: Path
) -> None:
    async def test(server: SshServer) -> None:
        launcher = SshLauncher(
            server.host, str(project), remote_engine(tmp_path / "home"), server.options
        )
        client = client_of(launcher, reconnects=True)
        ear = Ear(client)
        job, folder = await start(client, project)
        await client.request(m.SetSpeed(job=job, delay=0.2))
        for cut in range(10):
            # In the middle of frames: it is watched, with more credits than records.
            await client.request(m.Watch(job=job, on=True, credits=1000))
            seen = len(ear.of(m.Progress, job))
            await ear.until(lambda seen=seen: len(ear.of(m.Progress, job)) > seen + 1)
            assert ear.last(job).step < STEPS, f"finished before cut {cut}"
            snapshots = len(ear.of(m.Snapshot))
            server.drop_connections()
            await ear.until(lambda n=snapshots: len(ear.of(m.Snapshot)) > n)
            [info] = ear.of(m.Snapshot)[-1].jobs
            assert (info.job, info.state) == (job, "running")
            await ear.until(lambda: client.state.name == "ready")
        assert [s.name for s in ear.states].count("restarting") >= 10
        await client.request(m.SetSpeed(job=job, delay=0.0))
        await ear.until(lambda: "finished" in ear.job_states(job))
        assert len(hosts(project)) == 1
        await client.stop()
        assert_same_run(folder, await undisturbed(tmp_path / "other"))

    (tmp_path / "server").mkdir()
    with ssh_server(tmp_path / "server") as server:
        run(test(server), 240)


@pytest.mark.exhaustive
def test_nothing_piles_up_after_twenty_clients(project: Path) -> None:
    async def test() -> None:
        launcher = LocalLauncher(project)
        client = client_of(launcher)
        await client.start()
        for _ in range(20):
            pid = client.state.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            client = client_of(launcher)
            await client.start()
        [host] = hosts(project)
        assert len(host.children(recursive=True)) == 1  # its engine
        await client.stop()

    run(test(), 120)


def test_a_new_client_takes_over_from_one_that_hangs(project: Path) -> None:
    async def test() -> None:
        old, new = client_of(LocalLauncher(project)), client_of(LocalLauncher(project))
        dropped = Ear(old)
        job, _ = await start(old, project, steps=1_000_000)
        pid = old.state.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            ear = Ear(new)
            await new.start()
            await ear.until(lambda: len(ear.of(m.Progress, job)) > 2)
            await new.request(m.Control(job=job, action="cancel"))
            await ear.until(lambda: "cancelled" in ear.job_states(job))
        finally:
            os.kill(pid, signal.SIGCONT)
        await dropped.until(lambda: old.state.name == "lost")
        await new.stop()

    run(test(), 90)


@pytest.mark.exhaustive
def test_a_killed_engine_is_reported_and_its_run_resumes(project: Path, tmp_path: Path) -> None:
    async def test() -> None:
        client = client_of(LocalLauncher(project))
        ear = Ear(client)
        job, folder = await start(client, project, checkpoint_steps=50)
        await client.request(m.SetSpeed(job=job, delay=0.01))
        await ear.until(lambda: bool(ear.of(m.CheckpointWritten, job)))
        [host] = hosts(project)
        [engine] = host.children()
        engine.kill()
        await ear.until(lambda: client.state.name == "lost")
        host.wait(10)
        client = client_of(LocalLauncher(project))
        ear = Ear(client)
        await client.start()
        answer = await client.request(m.ResumeTraining(run=str(folder.path)))
        await ear.until(lambda: "finished" in ear.job_states(answer.result["job"]))
        await client.stop()
        same = await undisturbed(tmp_path / "other", checkpoint_steps=50)
        assert_same_run(folder, same)

    run(test(), 120)


@pytest.mark.exhaustive
def test_a_killed_host_leaves_a_saved_run(project: Path) -> None:
    async def test() -> None:
        client = client_of(LocalLauncher(project))
        ear = Ear(client)
        job, folder = await start(client, project, steps=1_000_000)
        await ear.until(lambda: bool(ear.of(m.Progress, job)) and ear.last(job).step > 10)
        [host] = hosts(project)
        [engine] = host.children()
        host.kill()
        psutil.wait_procs([engine], 20)
        assert folder.status().state == "interrupted"
        assert folder.checkpoints.newest() is not None
        client = client_of(LocalLauncher(project))
        await client.start()
        await client.stop()

    run(test(), 90)


def test_stop_saves_and_ends_it(project: Path) -> None:
    async def test() -> None:
        client = client_of(LocalLauncher(project))
        ear = Ear(client)
        job, folder = await start(client, project, steps=1_000_000)
        await ear.until(lambda: bool(ear.of(m.Progress, job)))
        await client.detach()
        assert len(hosts(project)) == 1
        assert await asyncio.to_thread(stop, project)
        assert not hosts(project)
        assert folder.status().state == "paused"
        assert folder.checkpoints.newest() is not None
        assert not await asyncio.to_thread(stop, project)

    run(test(), 90)


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "")
def test_an_unknown_computer_is_refused_in_the_words_of_ssh(tmp_path: Path) -> None:
    async def test(server: SshServer) -> None:
        (server.folder / "known").write_text("")
        launcher = SshLauncher(server.host, "~/project", options=server.options)
        with pytest.raises(EngineStartFailed) as refused:
            await client_of(launcher).start()
        assert "Host key verification failed" in refused.value.info.details

    with ssh_server(tmp_path) as server:
        run(test(server))


@pytest.mark.parametrize("host", ["", "-oProxyCommand=evil", "two words"])
def test_a_name_that_ssh_would_read_as_an_option_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="name of a computer"):
        SshLauncher(host, "~/project")


def test_folders_are_quoted_for_the_shell_there() -> None:
    assert SshLauncher("h", "~/it's; rm").command()[-1].endswith("--detached ~/'it'\"'\"'s; rm'")
