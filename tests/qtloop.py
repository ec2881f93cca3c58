"""One qasync loop for tests of the application: fixtures that its conftest files import."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.design.theme import theme
from tests.patience import Patience


def themed(qapp: QApplication) -> None:
    """Install the theme, and let no closed window end the loop."""
    qapp.setQuitOnLastWindowClosed(False)
    theme.install(qapp, "dark")


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that Qt and asyncio share; what a test leaves running is cancelled."""
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    async_tasks.use(made)
    errors: list[dict[str, Any]] = []
    made.set_exception_handler(lambda _, context: errors.append(context))
    yield made
    for widget in QApplication.topLevelWidgets():
        for timer in widget.findChildren(QTimer):
            timer.stop()  # it would start a task without a loop
    made.run_until_complete(async_tasks.cancel_all())
    left = asyncio.all_tasks(made)
    for task in left:
        task.cancel()
    if left:
        made.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    async_tasks.use(None)
    async_tasks.on_error(None)
    made.close()
    asyncio.set_event_loop(None)
    assert not errors, f"errors that nobody handled: {errors}"


def run_coroutine(
    pyfuncitem: pytest.Function,
    seconds: float,
    finish: Callable[[dict[str, Any]], Coroutine[Any, Any, None]],
) -> bool | None:
    """Run ``async def test_...`` on the loop that Qt shares; None for a plain function.

    ``finish`` is awaited with the test's arguments at its end, however it ended, while the loop
    still runs: Qt may paint at any time.
    """
    function = pyfuncitem.obj
    if not inspect.iscoroutinefunction(function):
        return None
    run = pyfuncitem.funcargs.get("loop") or pyfuncitem._request.getfixturevalue("loop")
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def whole() -> None:
        try:
            await asyncio.wait_for(function(**arguments), seconds)
        finally:
            await finish(arguments)

    run.run_until_complete(whole())
    return True


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until a condition holds, without blocking the loop; give up after `seconds` in which no
    child process computes. It is tested less often with time, since each test costs a timer.
    """
    patience = Patience(seconds)
    pause = 0.005
    while not condition():
        if patience.is_over():
            raise AssertionError(
                f"not within {seconds:g} s: {inspect.getsource(condition).strip()}"
            )
        await asyncio.sleep(pause)
        pause = min(1.2 * pause, 0.03)
