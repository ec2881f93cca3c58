"""A child process as byte streams: the same over asyncio and over Qt."""

import asyncio
import os
import sys
import textwrap
import time
from collections.abc import Callable, Coroutine
from typing import Any

import psutil
import pytest

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.transport import Handlers, ProcessExit, Transport, TransportError
from pushforward.studio.protocol.wire import Buffer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

Make = Callable[[str], Transport]


class Heard:
    """What came out of a child."""

    def __init__(self) -> None:
        self.chunks: list[Buffer] = []
        self.something = asyncio.Event()
        self.stderr = bytearray()
        self.exit: asyncio.Future[ProcessExit] = asyncio.get_running_loop().create_future()
        self.exits = 0

    def on_bytes(self, data: Buffer) -> None:
        self.chunks.append(data)
        if len(data):
            self.something.set()

    def on_exit(self, exit: ProcessExit) -> None:
        self.exits += 1
        self.exit.set_result(exit)

    @property
    def handlers(self) -> Handlers:
        return Handlers(self.on_bytes, self.stderr.extend, self.on_exit)

    @property
    def out(self) -> bytes:
        return b"".join(bytes(chunk) for chunk in self.chunks)


@pytest.fixture(params=["asyncio", "qt"])
def children(request: pytest.FixtureRequest) -> tuple[Make, Callable[..., None]]:
    """How to make a child that runs a program, and how to run an async test."""

    def command(program: str) -> list[str]:
        return [sys.executable, "-c", textwrap.dedent(program)]

    if request.param == "asyncio":
        return (
            lambda program: ChildProcess(command(program)),
            lambda test: asyncio.run(asyncio.wait_for(test, 30)),
        )
    request.getfixturevalue("qapp")
    import qasync
    from PySide6.QtWidgets import QApplication

    from pushforward.studio.app.engine.process_transport import EngineProcess

    def run(test: Coroutine[Any, Any, None]) -> None:
        loop = qasync.QEventLoop(QApplication.instance())
        try:
            loop.run_until_complete(asyncio.wait_for(test, 30))
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    return (lambda program: EngineProcess(command(program)), run)


def test_bytes_go_there_and_back_in_any_amount(children: Any) -> None:
    make, run = children
    data = bytes(range(256)) * 12_000  # 3 MB: many times a pipe's buffer

    async def test() -> None:
        child = make(
            """
            import os, sys
            while chunk := os.read(0, 1 << 16):
                sys.stdout.buffer.write(chunk)
            sys.stderr.write("done")
            """
        )
        heard = Heard()
        await child.start(heard.handlers)
        assert child.pid
        for start in range(0, len(data), 100_000):
            child.write([data[start : start + 50_000], memoryview(data)[start + 50_000 :][:50_000]])
        child.close_input()
        assert await heard.exit == ProcessExit(status=0)
        assert heard.out == data
        assert heard.stderr == b"done"
        assert heard.exits == 1

    run(test())


@pytest.mark.parametrize(
    ("program", "exit"),
    [
        ("raise SystemExit(7)", ProcessExit(status=7)),
        ("import os; os.kill(os.getpid(), 9)", ProcessExit(signal=9)),
        ("import os; os.kill(os.getpid(), 11)", ProcessExit(signal=11)),
    ],
    ids=["status", "killed", "crashed"],
)
def test_the_end_is_told_with_all_that_was_said(
    children: Any, program: str, exit: ProcessExit
) -> None:
    make, run = children

    async def test() -> None:
        child = make(f"print('last words', flush=True); {program}")
        heard = Heard()
        await child.start(heard.handlers)
        assert await heard.exit == exit
        assert heard.out.strip() == b"last words"

    run(test())


def test_kill_takes_the_whole_tree(children: Any) -> None:
    make, run = children

    async def test() -> None:
        child = make(
            """
            import subprocess, sys, time
            grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            print(grandchild.pid, flush=True)
            time.sleep(60)
            """
        )
        heard = Heard()
        await child.start(heard.handlers)
        await heard.something.wait()
        grandchild = psutil.Process(int(heard.out))
        child.kill()
        assert (await heard.exit).signal == 9
        deadline = time.monotonic() + 2
        while grandchild.is_running() and grandchild.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    run(test())


def test_terminate_asks_and_writing_to_the_dead_is_harmless(children: Any) -> None:
    make, run = children

    async def test() -> None:
        child = make("import time; print(1, flush=True); time.sleep(60)")
        heard = Heard()
        await child.start(heard.handlers)
        await heard.something.wait()
        child.terminate()
        assert (await heard.exit).signal == 15
        child.write([b"nobody listens"])
        child.close_input()
        child.terminate()
        child.kill()
        await asyncio.sleep(0.05)
        assert heard.exits == 1

    run(test())


def test_a_grandchild_that_holds_the_pipes_delays_the_news_only_shortly(children: Any) -> None:
    make, run = children

    async def test() -> None:
        child = make(
            """
            import subprocess, sys
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"])
            """
        )
        heard = Heard()
        await child.start(heard.handlers)
        began = time.monotonic()
        assert (await heard.exit).status == 0
        assert time.monotonic() - began < 4

    run(test())


def test_a_missing_program_is_an_error_with_its_name(children: Any) -> None:
    make, run = children

    async def test() -> None:
        child = make("")
        child._command[0] = "/no/such/program"
        with pytest.raises(TransportError, match="/no/such/program"):
            await child.start(Heard().handlers)

    run(test())
