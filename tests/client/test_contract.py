"""What a client may rely on: the same for the engine in memory and for the real process."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.client.transport import Timeouts
from pushforward.studio.launchers.local import LocalLauncher
from pushforward.studio.launchers.ssh import SshLauncher
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec
from tests.client.fakes.engine import FakeEngine
from tests.client.harness import Ear, run
from tests.remote.ssh_server import MISSING, remote_engine, ssh_server

Test = Callable[[EngineClient, Ear], Coroutine[Any, Any, None]]


TRANSPORTS = ("fake", "real", "detached", "ssh")


@pytest.fixture(scope="module", params=TRANSPORTS)
def transport(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Any]]:
    """What makes an engine of each kind: in memory, a child, one that outlives its connection, and
    one that is reached through ssh.
    """
    folder = tmp_path_factory.mktemp("engine")
    if request.param == "fake":
        yield lambda: FakeEngine(speed=3000)
    elif request.param == "real":
        yield ChildProcess
    elif MISSING and request.param == "ssh":
        pytest.skip(MISSING)
    elif request.param == "detached":
        if sys.platform == "win32":
            pytest.skip("an engine that outlives its connection needs Unix sockets")
        yield lambda: ChildProcess(LocalLauncher(folder / "project").command())
    else:
        with ssh_server(folder) as server:
            launcher = SshLauncher(
                server.host,
                str(folder / "project"),
                remote_engine(folder / "home"),
                options=server.options,
            )
            yield lambda: ChildProcess(launcher.command())


@pytest.fixture(scope="module")
def engine(transport: Callable[[], Any]) -> Iterator[tuple[asyncio.Runner, EngineClient]]:
    """One engine of each kind for all tests: a real one takes seconds to import torch."""
    client = EngineClient(transport, timeouts=Timeouts(hello=60.0), auto_restart=False)
    with asyncio.Runner() as runner:
        runner.run(client.start())
        yield runner, client
        outcome = runner.run(client.stop())
    assert outcome is not None
    assert outcome.sentence == "The engine shut down."


@pytest.fixture
def with_engine(engine: tuple[asyncio.Runner, EngineClient]) -> Callable[[Test], None]:
    """Run an async test on a started engine; it leaves no job behind."""
    runner, client = engine

    async def tidy(test: Test) -> None:
        ear = Ear(client)
        try:
            await asyncio.wait_for(test(client, ear), 60)
        finally:
            jobs = {e.info.job: e.info.state for e in ear.of(m.JobChanged)}
            for job, state in jobs.items():
                if state in ("queued", "running", "paused"):
                    await client.request(m.Control(job=job, action="cancel"))

    return lambda test: runner.run(tidy(test))


def spec(steps: int = 60, **training: Any) -> RunSpec:
    return RunSpec(
        name="Contract",
        family=Pick(slug="edm", config={"ema": 0.99}),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": steps, "batch": 32, "particles": 64, "device": "cpu"} | training,
    )


async def start(client: EngineClient, project: Path, **spec_of: Any) -> tuple[str, str]:
    answer = await client.request(m.StartTraining(spec=spec(**spec_of), project=str(project)))
    return answer.result["job"], answer.result["run"]


def test_it_comes_up_in_order_and_leaves_as_asked(transport: Any) -> None:
    async def test() -> None:
        client = EngineClient(transport, timeouts=Timeouts(hello=60.0))
        ear = Ear(client)
        await client.start()
        await ear.until(lambda: bool(ear.of(m.Snapshot)))
        kinds = [type(e) for e, _ in ear.events if not isinstance(e, m.Log)]
        assert kinds[:4] == [m.Hello, m.Ready, m.CatalogEvent, m.Snapshot]
        assert [s.name for s in ear.states] == ["stopped", "starting", "ready"]
        asked = msgspec.convert((await client.request(m.GetCatalog())).result, Catalog)
        assert asked == ear.of(m.CatalogEvent)[0].catalog
        outcome = await client.stop()
        assert outcome is not None
        assert outcome.sentence == "The engine shut down."
        assert client.state.name == "stopped"

    run(test())


def test_the_catalogue_offers_what_a_form_needs(with_engine: Any) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        offered = msgspec.convert((await client.request(m.GetCatalog())).result, Catalog)
        for kind, slug in [("family", "edm"), ("family", "gan"), ("training", "training")]:
            entry = offered.get(kind, slug)
            assert entry is not None
            assert entry.fields
        assert any(device.available for device in offered.devices)

    with_engine(test)


def test_a_spec_is_checked_and_completed(with_engine: Any) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        answer = await client.request(m.Validate(spec=spec()))
        assert answer.result["problems"] == []
        resolved = msgspec.convert(answer.result["resolved"], RunSpec)
        assert resolved.training["steps"] == 60
        assert resolved.family.config["ema"] == 0.99
        assert len(resolved.family.config) > 1
        bad = msgspec.structs.replace(spec(), family=Pick(slug="edm", config={"colour": 1}))
        problems = (await client.request(m.Validate(spec=bad))).result["problems"]
        assert "colour" in problems[0]["message"] + problems[0]["path"]

    with_engine(test)


def test_data_can_be_previewed(with_engine: Any) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        answer = await client.request(m.PreviewData(dataset=Pick(slug="eight-gaussians"), n=500))
        assert answer.arrays["x"].shape == (500, 2)
        assert answer.result["n"] == 500
        np.testing.assert_allclose(answer.arrays["x"].mean(0), answer.result["mean"], atol=0.2)

    with_engine(test)


def test_a_training_runs_to_its_end(with_engine: Any, tmp_path: Path) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        job, path = await start(client, tmp_path, steps=60)
        assert Path(path).is_absolute()
        await ear.until(lambda: "finished" in ear.job_states(job))
        states = ear.job_states(job)
        assert [s for i, s in enumerate(states) if s not in states[:i]] == [
            "queued",
            "running",
            "finished",
        ]
        final = ear.of(m.JobChanged, job)[-1].info
        assert (final.step, final.total, final.kind, final.run) == (60, 60, "training", path)
        losses = [
            row
            for e in ear.of(m.Metrics, job)
            for row in zip(*e.columns.get("loss", ([], [])), strict=True)
        ]
        assert losses
        steps = [s for s, _ in losses]
        assert steps == sorted(set(steps))
        assert steps[-1] <= 60
        assert np.isfinite([v for _, v in losses]).all()
        assert 60 in ear.of(m.Kept, job)[-1].steps
        assert ear.of(m.CheckpointWritten, job)[-1].step == 60

    with_engine(test)


def test_pause_step_and_resume(with_engine: Any, tmp_path: Path) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        job, _ = await start(client, tmp_path, steps=1_000_000)
        await ear.until(lambda: bool(ear.of(m.Progress, job)))
        await client.request(m.Control(job=job, action="pause"))
        await ear.until(lambda: ear.job_states(job)[-1] == "paused")
        paused_at = ear.of(m.JobChanged, job)[-1].info.step
        await asyncio.sleep(0.3)
        assert ear.of(m.JobChanged, job)[-1].info.step == paused_at
        await client.request(m.Control(job=job, action="step", n=3))
        await ear.until(lambda: ear.job_states(job)[-2:] == ["running", "paused"])
        assert ear.of(m.JobChanged, job)[-1].info.step == paused_at + 3
        await client.request(m.Control(job=job, action="resume"))
        seen = len(ear.of(m.Progress, job))
        await ear.until(lambda: len(ear.of(m.Progress, job)) > seen + 1)
        assert ear.of(m.Progress, job)[-1].step > paused_at + 3

    with_engine(test)


def test_edits_and_branches(with_engine: Any, tmp_path: Path) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        job, path = await start(client, tmp_path, steps=1_000_000)
        await ear.until(lambda: bool(ear.of(m.Progress, job)) and ear.last(job).step > 20)
        edit = ChangeSetting(step=0, path="optimizer.lr", value=1e-4)
        answer = await client.request(m.ApplyEdit(job=job, edit=edit))
        step = answer.result["step"]
        [told] = ear.of(m.Edited, job)
        assert told.edit == ChangeSetting(step=step, path="optimizer.lr", value=1e-4)
        target = await client.request(m.GetTarget(run=path, n=50))
        assert target.arrays["x"].shape == (50, 2)
        assert target.result["n"] >= 50

        branch = m.BranchRun(run=path, step=10, name="Branch", changes=[edit])
        answer = await client.request(branch)
        assert answer.result["from_step"] <= 10
        await client.request(m.Control(job=job, action="cancel"))
        child = answer.result["job"]
        await ear.until(lambda: bool(ear.of(m.Progress, child)) and ear.last(child).step > 10)
        info = ear.of(m.JobChanged, child)[-1].info
        assert (info.parent, info.branch_step) == (Path(path).name, 10)
        assert info.spec is not None
        assert [change.step for change in info.spec.edits] == [10]
        await client.request(m.Control(job=child, action="cancel"))
        with pytest.raises(CommandFailed, match="ended"):
            await client.request(m.ApplyEdit(job=child, edit=edit))

    with_engine(test)


def test_a_cancelled_run_is_kept_and_resumes_where_it_was(with_engine: Any, tmp_path: Path) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        job, path = await start(client, tmp_path, steps=300)
        await client.request(m.SetSpeed(job=job, delay=0.01))
        await ear.until(lambda: bool(ear.of(m.Progress, job)) and ear.last(job).step > 0)
        await client.request(m.Control(job=job, action="cancel"))
        await ear.until(lambda: ear.job_states(job)[-1] == "cancelled")
        stopped = ear.of(m.JobChanged, job)[-1].info.step
        assert 0 < stopped < 300
        assert ear.of(m.CheckpointWritten, job)[-1].step == stopped
        answer = await client.request(m.ResumeTraining(run=path, steps=320))
        assert answer.result["step"] == stopped
        assert answer.result["run"] == path
        again = answer.result["job"]
        await ear.until(lambda: ear.job_states(again)[-1] == "finished")
        assert ear.of(m.JobChanged, again)[-1].info.step == 320

    with_engine(test)


def test_records_come_while_watched_and_never_beyond_the_credits(
    with_engine: Any, tmp_path: Path
) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        job, _ = await start(client, tmp_path, steps=1_000_000)
        await client.request(m.Watch(job=job, on=True, layers=["velocity"], resolution=8))
        client.send(m.Credit(job=job, n=2))
        await ear.until(lambda: len(ear.of(m.Record, job)) == 2)
        seen = len(ear.of(m.Progress, job))
        await ear.until(lambda: len(ear.of(m.Progress, job)) > seen + 3)
        assert len(ear.of(m.Record, job)) == 2
        first, (record, arrays) = ((e, a) for e, a in ear.events if isinstance(e, m.Record))
        assert first[1]["x"].shape[1] <= 64, "the first picture may have fewer particles"
        frames = len(arrays["t"])
        assert arrays["x"].shape == (frames, 64, 2)
        assert arrays["t"][-1] == 1.0
        assert arrays["layer:velocity"].shape[-3:] == (8, 8, 2)
        assert len(record.bounds) == 4
        client.send(m.Credit(job=job, n=1))
        await ear.until(lambda: len(ear.of(m.Record, job)) == 3)

    with_engine(test)


def test_the_queue_waits_and_lets_go(with_engine: Any, tmp_path: Path) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        first, _ = await start(client, tmp_path, steps=1_000_000)
        second, _ = await start(client, tmp_path, steps=10)
        third, _ = await start(client, tmp_path, steps=10)
        await ear.until(lambda: "running" in ear.job_states(first))
        await client.request(m.MoveJob(job=third, place=0))
        await ear.until(lambda: ear.of(m.JobChanged, third)[-1].place == 0)
        await client.request(m.MoveJob(job=second, place=-1))
        await ear.until(lambda: ear.job_states(second)[-1] == "cancelled")
        await client.request(m.Control(job=first, action="cancel"))
        await ear.until(lambda: ear.job_states(third)[-1] == "finished")
        assert "running" not in ear.job_states(second)

    with_engine(test)


@pytest.mark.parametrize(
    "command",
    [
        m.StartTraining(
            spec=msgspec.structs.replace(spec(), family=Pick(slug="edn")), project="PROJECT"
        ),
        m.Control(job="nobody", action="pause"),
        m.ResumeTraining(run="/nowhere/runs/0001-x"),
        m.PreviewData(dataset=Pick(slug="nine-gaussians")),
    ],
    ids=lambda c: type(c).__name__,
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    with_engine: Any, command: Any, tmp_path: Path
) -> None:
    if isinstance(command, m.StartTraining):
        command = msgspec.structs.replace(command, project=str(tmp_path))

    async def test(client: EngineClient, ear: Ear) -> None:
        with pytest.raises(CommandFailed) as refused:
            await client.request(command)
        assert len(refused.value.info.message) > 10
        assert not ear.of(m.JobChanged)
        assert (await client.request(m.GetCatalog())).result is not None

    with_engine(test)


def test_answers_find_their_requests(with_engine: Any) -> None:
    async def test(client: EngineClient, ear: Ear) -> None:
        pick = Pick(slug="ring-of-five")
        sizes = [10, 700, 20, 300]
        answers = await asyncio.gather(
            *(client.request(m.PreviewData(dataset=pick, n=n)) for n in sizes)
        )
        assert [len(a.arrays["x"]) for a in answers] == sizes

    with_engine(test)
