"""The application on the fake engine: one qasync loop, coroutines as tests, a wired studio."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from studio.app import preferences, tasks
from studio.app.main import Studio
from studio.app.theme import theme
from studio.client.fake import FakeEngine

SECONDS = 20


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(autouse=True)
def _themed(qapp: QApplication) -> None:
    qapp.setQuitOnLastWindowClosed(False)
    theme.install(qapp, "dark")


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that Qt and asyncio share; what a test leaves running is cancelled."""
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    tasks.use(made)
    errors: list[dict[str, Any]] = []
    made.set_exception_handler(lambda _, context: errors.append(context))
    yield made
    made.run_until_complete(tasks.cancel_all())
    left = asyncio.all_tasks(made)
    for task in left:
        task.cancel()
    if left:
        made.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    tasks.use(None)
    tasks.on_error(None)
    made.close()
    asyncio.set_event_loop(None)
    assert not errors, f"errors that nobody handled: {errors}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run ``async def test_...`` on the loop that Qt shares."""
    function = pyfuncitem.obj
    if not inspect.iscoroutinefunction(function):
        return None
    run = pyfuncitem.funcargs.get("loop") or pyfuncitem._request.getfixturevalue("loop")
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    run.run_until_complete(_whole(function(**arguments), arguments.get("bench")))
    return True


async def _whole(test: Coroutine[Any, Any, None], bench: "Bench | None") -> None:
    """Run a test and take its studio down while the loop still runs: Qt may paint at any time."""
    try:
        await asyncio.wait_for(test, SECONDS)
    finally:
        if bench is not None:
            await bench.studio.shut()


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until something holds, without blocking the loop."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(
                f"not within {seconds:g} s: {inspect.getsource(condition).strip()}"
            )
        await asyncio.sleep(0.005)


@pytest.fixture
def wait() -> Callable[..., Coroutine[Any, Any, None]]:
    return until


class Bench:
    """A studio on fake engines; ``engines`` are the lives so far, newest last."""

    def __init__(self) -> None:
        self.engines: list[FakeEngine] = []
        self.script: dict[type, Callable[[Any], Any]] = {}
        self.studio = Studio(preferences.load(), self._engine)
        self.state = self.studio.state
        self.actions = self.studio.actions
        self.window = self.studio.window

    def _engine(self) -> FakeEngine:
        self.engines.append(FakeEngine(script=self.script))
        return self.engines[-1]

    @property
    def engine(self) -> FakeEngine:
        return self.engines[-1]

    async def start(self) -> None:
        """Bring the engine up and show the window with its lenses."""
        self.window.resize(1280, 800)
        self.studio.show()
        self.window.activateWindow()
        await until(self.window.isActiveWindow)
        await self.studio.link.start()
        await until(lambda: self.state.catalog is not None)
        self.window.load_lenses()


@pytest.fixture
def bench(loop: asyncio.AbstractEventLoop) -> Iterator[Bench]:
    yield Bench()
    QApplication.sendPostedEvents()
    QApplication.processEvents()
