"""Start coroutines from slots: keep a reference and report errors. Views call an action or `spawn`
a coroutine and are notified by a signal. Unhandled errors go to one handler, which shows them.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["cancel_all", "on_error", "spawn", "use"]

log = logging.getLogger(__name__)

T = TypeVar("T")
_running: set[asyncio.Task[Any]] = set()
_loop: asyncio.AbstractEventLoop | None = None
_handler: Callable[[BaseException], None] | None = None


def use(loop: asyncio.AbstractEventLoop | None) -> None:
    """Say which loop carries tasks that are spawned while no loop is running."""
    global _loop
    _loop = loop


def on_error(handler: Callable[[BaseException], None] | None) -> None:
    """Set what is called, on the main thread, with an error that a task did not handle."""
    global _handler
    _handler = handler


def spawn(coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a coroutine from anywhere on the main thread."""
    try:
        loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        loop = _loop
    if loop is None:
        coro.close()
        raise RuntimeError("no event loop: call tasks.use(loop) before spawning")
    task = loop.create_task(coro)
    _running.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        return
    if _handler is None:
        log.error("a task failed", exc_info=error)
    else:
        _handler(error)


async def cancel_all() -> None:
    """Cancel what is still running, other than the caller, and wait for it."""
    mine = asyncio.current_task()
    left = [task for task in _running if task is not mine]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
