"""Run a coroutine on the loop that Qt and asyncio share, as the studio does."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import qasync
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core import async_tasks
from tests.qtloop import themed

T = TypeVar("T")


def in_studio(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work()`` to its end and return what it returns."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    themed(app)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    async_tasks.use(loop)
    try:
        return loop.run_until_complete(work())
    finally:
        loop.run_until_complete(async_tasks.cancel_all())
        async_tasks.use(None)
        loop.close()
