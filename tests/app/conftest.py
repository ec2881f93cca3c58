"""The application on the fake engine: one qasync loop, coroutines as tests, a wired studio."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pushforward.studio.app.core import preferences
from pushforward.studio.app.shell.studio import Studio
from tests.client.fakes.engine import FakeEngine
from tests.qtloop import loop, run_coroutine, themed, until

__all__ = ["loop"]

SECONDS = 20


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(autouse=True)
def _themed(qapp: QApplication) -> None:
    themed(qapp)


@pytest.fixture(autouse=True)
def _keys_are_up(qapp: QApplication) -> Iterator[None]:
    """A key with Ctrl leaves Ctrl down, and the next test would select a line beside another."""
    yield
    if qapp.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        QTest.keyRelease(QWidget(), Qt.Key.Key_Control)


@pytest.fixture(scope="session", autouse=True)
def _clipboard(qapp: QApplication) -> Iterator[None]:
    """Data of Python's that are left in the clipboard crash the process at its end."""
    yield
    qapp.clipboard().clear()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    return run_coroutine(pyfuncitem, SECONDS, _shut)


async def _shut(arguments: dict[str, Any]) -> None:
    if "bench" in arguments:
        await arguments["bench"].studio.shut()


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

    def follow_notice(self) -> None:
        """Run the first action of the newest notice that has one.

        A request that ends at the same time may add a notice without an action behind it.
        """
        newest = next(each for each in reversed(self.state.notices.history) if each.actions)
        newest.actions[0].run()

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
