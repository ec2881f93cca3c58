"""Lives and deaths of an engine as the client sees them, with an engine in memory."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed, EngineLost, EngineStartFailed
from pushforward.studio.client.transport import Timeouts
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick
from tests.client.fakes.engine import FakeEngine
from tests.client.fakes.jobs import Refusal
from tests.client.harness import Ear, run

QUICK = Timeouts(
    hello=0.2,
    ready=0.3,
    ping_every=0.02,
    unresponsive=0.1,
    shutdown=0.2,
    close_input=0.1,
    terminate=0.1,
    kill=0.5,
)


class Fakes:
    """Makes engines and keeps them at hand."""

    def __init__(self, *makes: Callable[[], FakeEngine]) -> None:
        self.makes = list(makes)
        self.made: list[FakeEngine] = []

    def __call__(self) -> FakeEngine:
        make = self.makes.pop(0) if self.makes else FakeEngine
        self.made.append(make())
        return self.made[-1]


def client_of(fakes: Fakes, **more: Any) -> tuple[EngineClient, Ear]:
    client = EngineClient(fakes, timeouts=QUICK, **more)
    return client, Ear(client)


class Silent(FakeEngine):
    """Comes up as a process but says nothing."""

    async def _run(self) -> None:
        await asyncio.sleep(60)


class OnlyHello(FakeEngine):
    async def _run(self) -> None:
        self.emit(m.Hello(protocol=m.PROTOCOL, version="1", pid=1))
        await asyncio.sleep(60)


class Broken(FakeEngine):
    async def _run(self) -> None:
        self.end(status=1, stderr="Traceback (most recent call last):\nImportError: no libfoo.so")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (Silent, "did not say hello within 0.2 seconds"),
        (OnlyHello, "did not load its libraries within 0.3 seconds"),
        (Broken, "ended with status 1 (ImportError: no libfoo.so)"),
        (lambda: FakeEngine(protocol=99), f"protocol 99 and this studio {m.PROTOCOL}"),
    ],
    ids=["silent", "only-hello", "broken", "other-protocol"],
)
def test_a_failed_start_says_why_and_leaves_no_process(make: Any, sentence: str) -> None:
    async def test() -> None:
        fakes = Fakes(make)
        client, _ = client_of(fakes)
        with pytest.raises(EngineStartFailed) as failed:
            await client.start()
        assert sentence in failed.value.info.message
        assert failed.value.info.hint
        assert client.state.name == "lost"
        assert client.state.error == failed.value.info
        assert fakes.made[0].pid is None
        await client.start()  # the next attempt is a fresh one
        assert client.state.name == "ready"

    run(test())


def test_a_killed_engine_is_named_and_started_again() -> None:
    async def test() -> None:
        fakes = Fakes()
        client, ear = client_of(fakes)
        await client.start()
        never = asyncio.ensure_future(client.request(m.GetCatalog()))
        fakes.made[0].hang()
        await asyncio.sleep(0)
        fakes.made[0].end(signal=9)
        with pytest.raises(EngineLost, match="killed \\(SIGKILL\\)"):
            await never
        await ear.until(lambda: client.state.name == "ready" and len(fakes.made) == 2)
        assert [s.name for s in ear.states[1:]] == [
            "starting",
            "ready",
            "restarting",
            "restarting",
            "ready",
        ]
        assert client.state.error is not None
        assert "SIGKILL" in client.state.error.message
        assert (await client.request(m.GetCatalog())).result

    run(test())


def test_it_is_not_restarted_for_ever() -> None:
    async def test() -> None:
        fakes = Fakes()
        client, ear = client_of(fakes)
        await client.start()
        for life in range(4):
            await ear.until(lambda: client.state.name == "ready")
            fakes.made[life].end(signal=11)
            await asyncio.sleep(0.01)
        await ear.until(lambda: client.state.name == "lost")
        assert len(fakes.made) == 4
        assert client.state.error is not None
        assert "SIGSEGV" in client.state.error.message
        assert "3 times" in client.state.error.hint
        with pytest.raises(EngineLost):
            await client.request(m.GetCatalog())
        await client.restart()  # by hand it always may
        assert client.state.name == "ready"

    run(test())


def test_a_hanging_engine_is_noticed_and_may_come_back() -> None:
    async def test() -> None:
        fakes = Fakes()
        client, ear = client_of(fakes)
        await client.start()
        fakes.made[0].hang()
        await ear.until(lambda: client.state.name == "unresponsive")
        assert "not responded for 0.1 seconds" in client.state.message
        fakes.made[0].hang(False)
        await ear.until(lambda: client.state.name == "ready")
        assert len(fakes.made) == 1

    run(test())


def test_a_hanging_engine_can_be_restarted_by_force() -> None:
    async def test() -> None:
        fakes = Fakes()
        client, ear = client_of(fakes)
        await client.start()
        fakes.made[0].hang()
        waiting = asyncio.ensure_future(client.request(m.GetCatalog()))
        await ear.until(lambda: client.state.name == "unresponsive")
        await client.restart("it did not answer")
        with pytest.raises(EngineLost, match="stopped: it did not answer"):
            await waiting
        assert client.state.name == "ready"
        assert len(fakes.made) == 2

    run(test())


def test_leaving_goes_down_the_ladder(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        fakes = Fakes()
        client, _ = client_of(fakes)
        await client.start()
        fakes.made[0].hang()
        outcome = await client.stop()
        assert outcome is not None
        assert outcome.exit.signal == 9

    with caplog.at_level("INFO"):
        run(test())
    rungs = [r.getMessage().split(": ")[1] for r in caplog.records if "still there" in r.message]
    assert rungs == ["close input", "terminate", "kill"]


def test_garbage_ends_the_engine_and_says_so() -> None:
    async def test() -> None:
        fakes = Fakes()
        client, ear = client_of(fakes, auto_restart=False)
        await client.start()
        fakes.made[0].emit_bytes(b"hello from a stray print\n")
        await ear.until(lambda: client.state.name == "lost")
        assert client.state.message.startswith("The engine was stopped: it sent an invalid message")

    run(test())


def test_scripted_answers_and_refusals() -> None:
    def preview(command: Any) -> Any:
        if command.n > 100:
            raise Refusal("Too many points.", hint="Ask for at most 100.", path="n")
        return {"n": command.n}

    async def test() -> None:
        fakes = Fakes(lambda: FakeEngine(script={m.PreviewData: preview}))
        client, _ = client_of(fakes)
        await client.start()
        pick = Pick(slug="anything")
        assert (await client.request(m.PreviewData(dataset=pick, n=7))).result == {"n": 7}
        with pytest.raises(CommandFailed) as refused:
            await client.request(m.PreviewData(dataset=pick, n=101))
        assert refused.value.info.path == "n"
        sent = [c for c in fakes.made[0].received if isinstance(c, m.PreviewData)]
        assert len({c.id for c in sent}) == 2

    run(test())


def test_a_request_too_large_for_a_frame_is_refused_and_the_next_is_answered() -> None:
    async def test() -> None:
        client, _ = client_of(Fakes())
        await client.start()
        rows = [[0.0] * 1000] * 2000
        with pytest.raises(CommandFailed, match="too large to be sent"):
            await client.request(m.Operate(run="r", operator="likelihood", inputs={"rows": rows}))
        assert (await client.request(m.GetCatalog())).result is not None

    run(test())


def test_a_listener_that_fails_loses_no_message_for_the_others() -> None:
    reported: list[dict[str, Any]] = []

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, c: reported.append(c))
        client = EngineClient(Fakes(), timeouts=QUICK)
        client.subscribe(lambda event, arrays: 1 / 0)
        ear = Ear(client)
        await client.start()
        await ear.until(lambda: bool(ear.of(m.Snapshot)))
        await client.stop()

    run(test())
    assert len(reported) == 4
    assert isinstance(reported[0]["exception"], ZeroDivisionError)


def test_a_cancelled_request_does_not_disturb_the_next() -> None:
    async def test() -> None:
        client, _ = client_of(Fakes())
        await client.start()
        first = asyncio.ensure_future(client.request(m.GetCatalog()))
        await asyncio.sleep(0)
        first.cancel()
        assert (await client.request(m.GetCatalog())).result

    run(test())


def close_the_lid(seconds: float) -> None:
    time.sleep(seconds)


def test_a_studio_that_was_away_itself_does_not_blame_the_engine() -> None:
    async def test() -> None:
        client, ear = client_of(Fakes())
        await client.start()
        await asyncio.sleep(0.03)
        close_the_lid(0.3)  # three times the patience
        await asyncio.sleep(0.1)
        assert [s.name for s in ear.states] == ["stopped", "starting", "ready"]
        await client.stop()

    run(test())


def test_stopping_during_a_restart_leaves_nothing_behind() -> None:
    async def test() -> None:
        fakes = Fakes(FakeEngine, OnlyHello)
        client, ear = client_of(fakes)
        await client.start()
        fakes.made[0].end(signal=9)
        await ear.until(lambda: len(fakes.made) == 2)
        await asyncio.sleep(0.02)
        await client.stop()
        await asyncio.sleep(0.3)
        assert client.state.name == "stopped"
        assert fakes.made[1].pid is None
        assert len(fakes.made) == 2

    run(test())


def test_a_restart_by_hand_during_an_automatic_one_wins() -> None:
    async def test() -> None:
        fakes = Fakes(FakeEngine, OnlyHello)
        client, ear = client_of(fakes)
        await client.start()
        fakes.made[0].end(signal=9)
        await ear.until(lambda: len(fakes.made) == 2)
        await asyncio.sleep(0.02)
        await client.restart()
        await asyncio.sleep(0.5)
        assert client.state.name == "ready"
        assert fakes.made[1].pid is None
        assert (await client.request(m.GetCatalog())).result

    run(test())
